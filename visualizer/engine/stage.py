"""One simulation and the pictures of it: what the window and the export both drive."""

from __future__ import annotations

from concurrent.futures import Executor

from visualizer.engine.frame import Picture, Viewport
from visualizer.engine.line import LineStage
from visualizer.engine.plane import PlaneStage
from visualizer.engine.simulation import Simulation
from visualizer.scene.changes import Change, changes
from visualizer.scene.model import Scene


class Stage:
    """A simulation of one panel of a scene, and its pictures.

    Args:
        scene: a scene without panels (see `Scene.resolved_panels`).
        device: auto, cpu, cuda or mps.
        budget: bytes of history.
        background: where what takes long is done while the last of it is shown; without it pictures wait for it.
    """

    def __init__(
        self, scene: Scene, device: str = "auto", budget: int | None = None, background: Executor | None = None
    ) -> None:
        self._background = background
        self.simulation = Simulation(scene, device) if budget is None else Simulation(scene, device, budget)
        self._painter = self._make_painter()

    def _make_painter(self) -> PlaneStage | LineStage:
        kind = LineStage if self.simulation.scene.target.d == 1 else PlaneStage
        return kind(self.simulation, self._background)

    def edit(self, scene: Scene) -> Change:
        """Takes a new version of the scene, doing again only what it makes stale; says what that was."""
        old = self.simulation.scene
        stale = changes(old, scene)
        if stale & Change.RESTART:
            self.simulation.restart(scene)
        elif stale & Change.DYNAMICS:
            self.simulation.edit(scene)
        elif stale:
            self.simulation.scene = scene
        if old.target.d != scene.target.d:
            self._painter.fitter.stop()
            self._painter = self._make_painter()
        return stale

    def refresh(self) -> bool:
        """Takes over the newest state of a network that is being trained; says whether there is something to see."""
        return self.simulation.refresh() or self._painter.fitter.arrived

    @property
    def busy(self) -> bool:
        """Whether something is being done in the background that will be seen."""
        return self._painter.fitter.pending

    def stop(self) -> None:
        """What is under way in the background is not wanted any more."""
        self._painter.fitter.stop()

    def picture(self, view: Viewport, *, dragging: bool = False) -> Picture:
        """The present moment, for a canvas showing `view`."""
        return self._painter.picture(view, dragging=dragging)
