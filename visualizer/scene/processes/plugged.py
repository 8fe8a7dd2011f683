"""Processes that plug-ins bring."""

from __future__ import annotations

from functools import lru_cache

from visualizer.plugins import Plugin
from visualizer.scene.plugged import PluggedPart, part_of
from visualizer.scene.processes.base import ProcessPart


class PluggedProcess(PluggedPart, ProcessPart):
    """A process over 0…t_max."""

    @property
    def last_time(self) -> float:
        """t_max of the manifest."""
        return self.plugin.manifest.t_max


@lru_cache(maxsize=64)
def made(plugin: Plugin) -> type[PluggedProcess]:
    """The kind of a plug-in."""
    kind = part_of(plugin, PluggedProcess)
    kind.formula = plugin.manifest.formula or plugin.manifest.called
    return kind
