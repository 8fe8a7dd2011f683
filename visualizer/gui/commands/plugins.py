"""Plug-ins: let in, used, renewed when their files change."""

from __future__ import annotations

from PySide6.QtCore import Qt

from visualizer.gui.commands.base import Group
from visualizer.gui.desk import Desk
from visualizer.gui.document.asking import ask_to_open
from visualizer.gui.document.consent import PluginsDialog
from visualizer.gui.presenting.presenter import Presenter
from visualizer.plugins import Plugin
from visualizer.scene.admitting import renewed


class PluginCommands(Group):
    """Plug-ins."""

    def __init__(self, desk: Desk, presenter: Presenter) -> None:
        super().__init__(desk, presenter)
        desk.plugins.problem.connect(desk.banner.problem)
        desk.plugins.news.connect(desk.banner.news)
        desk.plugins.came.connect(self._came)
        desk.plugins.went.connect(self._kinds_changed)

    def show_plugins(self) -> None:
        dialog = PluginsDialog(self._desk.host)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.add_wanted.connect(self._add)
        dialog.forgotten.connect(self._desk.plugins.forget)
        self._desk.plugins.came.connect(dialog.fill)
        dialog.open()

    def _add(self) -> None:
        if path := ask_to_open(self._desk.host, "Add a plug-in", "Plug-ins (*.py)"):
            self._desk.plugins.take(path)

    def _kinds_changed(self) -> None:
        for card in self._desk.cards:
            card.show_kinds()
        self._desk.show_cards()

    def _came(self, plugin: Plugin, again: bool) -> None:
        """It is in the lists; a scene that has it goes on with its new version."""
        self._kinds_changed()
        desk, called = self._desk, plugin.manifest.called
        scene = renewed(desk.scene)
        if scene is not desk.scene:
            desk.edit(scene, f"take the new version of {called}")
            desk.banner.news(f"{called} was changed: the run goes on with the new version.")
        elif again:
            desk.banner.news(f"{called} was changed.")
        else:
            cards = desk.cards
            choose = {"target": cards.target.choose, "sampler": cards.sampler.choose, "process": cards.noise.choose}
            text = f"The {plugin.kind} {called} is let in."
            desk.banner.offer(text, "Use it", lambda: choose[plugin.kind](plugin.name))
