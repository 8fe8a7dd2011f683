"""Targets that plug-ins bring."""

from __future__ import annotations

from functools import lru_cache

from visualizer.plugins import Plugin
from visualizer.scene.plugged import PluggedPart, part_of
from visualizer.scene.start import GaussianStart, StartPart
from visualizer.scene.support import Box
from visualizer.scene.targets.base import TargetPart

#: The standard deviation of a start, beside the shorter side of the box.
_NARROW = 1 / 40


class PluggedTarget(PluggedPart, TargetPart):
    """A log-density up to a constant, in a box. Where it is high only the engine knows, which runs the plug-in."""

    about_dimension = "A plug-in says itself how many dimensions it has."

    @property
    def d(self) -> int:
        """As the manifest says."""
        return self.plugin.manifest.dimension

    @property
    def box(self) -> Box:
        """As the manifest says."""
        return self.plugin.manifest.box

    def extent(self, spread: float = 3.0) -> Box:
        """The box."""
        return self.box

    def suited(self, start: StartPart) -> StartPart:
        """In the place of a mode a narrow Gaussian around the place that the manifest names, or the middle."""
        if start.kind != "mode":
            return start
        middle = tuple(0.5 * (a + b) for a, b in self.box)
        return GaussianStart(mean=self.plugin.manifest.start or middle, std=_NARROW * min(b - a for a, b in self.box))

    def differs_in_numbers(self, old: TargetPart) -> bool:
        """Whether it is the same plug-in."""
        return True


@lru_cache(maxsize=64)
def made(plugin: Plugin) -> type[PluggedTarget]:
    """The kind of a plug-in."""
    return part_of(plugin, PluggedTarget)
