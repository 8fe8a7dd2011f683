"""The run."""

from __future__ import annotations

from visualizer.gui.commands.base import Group


class RunCommands(Group):
    """The run."""

    def toggle_play(self) -> None:
        self._w.transport.toggle()

    def step_on(self) -> None:
        self._w.player.step_by(1)

    def step_back(self) -> None:
        self._w.player.step_by(-1)

    def restart(self) -> None:
        self._w._restarted = True
        self._w.player.restart()

    def new_seed(self) -> None:
        scene = self._w.store.scene
        self._w.store.edit(scene.with_(seed=scene.seed + 1), "take another seed")

    def faster(self) -> None:
        self._w.transport.change_speed(1)

    def slower(self) -> None:
        self._w.transport.change_speed(-1)

    def start_at(self, point: tuple[float, ...]) -> None:
        """All particles start at a point."""
        scene = self._w.store.scene
        particles = scene.particles.with_(start={"kind": "point", "at": point})
        self._w.store.edit(scene.with_(particles=particles), "start at a point")
