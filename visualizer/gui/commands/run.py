"""The run."""

from __future__ import annotations

from visualizer.gui.commands.base import Group


class RunCommands(Group):
    """The run."""

    def toggle_play(self) -> None:
        self._desk.transport.toggle()

    def step_on(self) -> None:
        self._desk.player.step_by(1)

    def step_back(self) -> None:
        self._desk.player.step_by(-1)

    def restart(self) -> None:
        self._desk.restarted = True
        self._desk.player.restart()

    def new_seed(self) -> None:
        scene = self._desk.scene
        self._desk.store.edit(scene.with_(seed=scene.seed + 1), "take another seed")

    def faster(self) -> None:
        self._desk.transport.change_speed(1)

    def slower(self) -> None:
        self._desk.transport.change_speed(-1)

    def start_at(self, point: tuple[float, ...]) -> None:
        """All particles start at a point."""
        scene = self._desk.scene
        particles = scene.particles.with_(start={"kind": "point", "at": point})
        self._desk.store.edit(scene.with_(particles=particles), "start at a point")
