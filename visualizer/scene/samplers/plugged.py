"""Samplers that plug-ins bring."""

from __future__ import annotations

from functools import lru_cache

from visualizer.plugins import Plugin
from visualizer.scene.plugged import PluggedPart, part_of
from visualizer.scene.samplers.base import AlphaSigma, LevelSampler, num


class PluggedSampler(PluggedPart, LevelSampler):
    """A sampler that stays at one noise level."""

    family = "Plug-ins"

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        return self.plugin.manifest.equation or (rf"\text{{{self.title}}}",)

    def diverged(self, narrowest: float | None) -> str:
        return f"the plug-in {self.kind} returned what is no finite number. Look at its step, or take other numbers."

    def numbers(self) -> str:
        return ",  ".join(f"{name} = {num(value)}" for name, value in self.numbers_of_plugin().items())


@lru_cache(maxsize=64)
def made(plugin: Plugin) -> type[PluggedSampler]:
    """The kind of a plug-in."""
    kind = part_of(plugin, PluggedSampler)
    kind.needs_log_prob = "log_prob" in plugin.text
    return kind
