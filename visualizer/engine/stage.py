"""One simulation and the pictures of it: what the window and the export both drive."""

from __future__ import annotations

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
    """

    def __init__(self, scene: Scene, device: str = "auto", budget: int | None = None) -> None:
        self.simulation = Simulation(scene, device) if budget is None else Simulation(scene, device, budget)
        self._painter = self._make_painter()

    def _make_painter(self) -> PlaneStage | LineStage:
        return LineStage(self.simulation) if self.simulation.scene.target.d == 1 else PlaneStage(self.simulation)

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
            self._painter = self._make_painter()
        return stale

    def refresh(self) -> bool:
        """Takes over the newest state of a network that is being trained; says whether there was one."""
        return self.simulation.refresh()

    def picture(self, view: Viewport, *, dragging: bool = False) -> Picture:
        """The present moment, for a canvas showing `view`."""
        return self._painter.picture(view, dragging=dragging)
