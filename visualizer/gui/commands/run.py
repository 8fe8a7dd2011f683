"""The run."""

from __future__ import annotations

from visualizer.gui.commands.base import Group

#: Particles of a chain, of a few hundred and of a cloud, and the speed that suits them.
_CHAIN, _HUNDREDS, _CLOUD = (1, 0.1), (300, 0.5), (20_000, 1.0)


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

    def one_chain(self) -> None:
        """One particle, slowly, a step at a time."""
        self._so_many(*_CHAIN, "one chain")

    def few_hundred(self) -> None:
        self._so_many(*_HUNDREDS, "a few hundred particles")

    def cloud(self) -> None:
        self._so_many(*_CLOUD, "a cloud")

    def _so_many(self, count: int, speed: float, label: str) -> None:
        shown = self._desk.shown
        sampler = shown.sampler.with_(steps_per_frame=1) if count == 1 else shown.sampler
        particles = shown.particles.with_(count=min(count, sampler.max_count))
        self._desk.edit_picture(shown.with_(particles=particles, sampler=sampler), label)
        self._desk.transport.choose_speed(speed)

    def start_at(self, point: tuple[float, ...]) -> None:
        """All particles start at a point."""
        scene = self._desk.scene
        particles = scene.particles.with_(start={"kind": "point", "at": point})
        self._desk.store.edit(scene.with_(particles=particles), "start at a point")
