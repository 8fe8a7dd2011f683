"""One simulation and the pictures of it: what the window and the export both drive."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Self

from visualizer import fused
from visualizer.engine.drawings import Plot
from visualizer.engine.frame import Picture, Viewport
from visualizer.engine.layers import LAYERS, Layer, Seen
from visualizer.engine.layers.base import Drawings
from visualizer.engine.pictures.common import Cache, mode_occupancy, moment
from visualizer.engine.pictures.fields import DensityCache
from visualizer.engine.pictures.fitted import Fitter
from visualizer.engine.pictures.river import river_name, river_now
from visualizer.engine.pictures.spectrum import Spectrum
from visualizer.engine.ranges import line_ranges, plane_ranges
from visualizer.engine.run.history import DEFAULT_BUDGET
from visualizer.engine.run.levels import noise_of, shown_level
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.run.simulation import Simulation
from visualizer.scene.across import walks_across
from visualizer.scene.changes import Change, changes
from visualizer.scene.model import Scene

#: Particles that the occupancy of modes is told by, in 1-D and 2-D.
_OCCUPANCY = {1: 20_000, 2: 10_000}


class Stage:
    """A simulation of one panel of a scene, and its pictures.

    Args:
        scene: a scene without panels (see `Scene.resolved_panels`).
        device: auto, cpu, cuda or mps.
        budget: bytes of history.
        background: where what takes long is done while the last of it is shown; without it pictures wait for it.
        shelf: the nets of a session that the scene may name.
    """

    def __init__(
        self,
        scene: Scene,
        device: str = "auto",
        budget: int = DEFAULT_BUDGET,
        background: Executor | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self._background = background
        self.simulation = Simulation(scene, device, budget, shelf)
        if background is None:
            fused.need()  # with them or without, but all pictures of a run alike
        self._begin()

    @classmethod
    def around(cls, simulation: Simulation) -> Self:
        """The stage of a simulation that is there."""
        made = cls.__new__(cls)
        made._background, made.simulation = None, simulation
        made._begin()
        return made

    def _begin(self) -> None:
        """Nothing is remembered of earlier pictures."""
        self._cache = Cache()
        self._kept = DensityCache()
        self._layers: dict[str, Layer] = {}
        self.fitter = Fitter(self.simulation, self._background)

    def edit(self, scene: Scene) -> Change:
        """Takes a new version of the scene, doing again only what it makes stale; says what that was."""
        old, device = self.simulation.scene, self.simulation.device
        stale = changes(old, scene)
        if stale & Change.RESTART:
            self.simulation.restart(scene)
        elif stale & Change.DYNAMICS:
            self.simulation.edit(scene)
        elif stale:
            self.simulation.scene = scene
        if old.target.d != scene.target.d or device != self.simulation.device:
            self.fitter.stop()
            self._begin()
        return stale

    def refresh(self) -> bool:
        """Takes over the newest state of a network that is being trained; says whether there is something to see."""
        return self.simulation.refresh() or self.fitter.arrived

    @property
    def moving(self) -> bool:
        """Whether pictures of a run that stands still go on moving."""
        scene = self.simulation.scene
        drawn = scene.layers.of(scene.target.d)
        if any(name in drawn and layer.behind for name, layer in self._layers.items()):
            return True
        return scene.target.d == 2 and any(LAYERS[name].moving for name in drawn)

    @property
    def busy(self) -> bool:
        """Whether something is being done in the background that will be seen."""
        return self.fitter.pending

    def stop(self) -> None:
        """What is under way in the background is not wanted any more."""
        self.fitter.stop()

    def portrait(self, view: Viewport, theme: str) -> Picture:
        """The present moment in a theme's colours, whatever the scene's own are."""
        scene = self.simulation.scene
        self.simulation.scene = scene.with_(view=scene.view.with_(theme=theme))
        try:
            return self.picture(view)
        finally:
            self.simulation.scene = scene

    def picture(self, view: Viewport, *, dragging: bool = False) -> Picture:
        """The present moment, for a canvas showing `view`. `dragging` draws fields coarse.

        Every picture moves the tracers of the flow on by a frame.
        """
        sim = self.simulation
        level = shown_level(sim.scene, sim.process, sim.state.t)
        seen = Seen(sim, level, view, dragging, self._cache, self._kept, self.fitter)
        flat = sim.scene.target.d == 2
        layers = {name: self._drawn(name, seen, flat) for name in drawn_layers(sim.scene)}
        river = not flat and sim.scene.view.picture == "river"
        names: dict[Plot, str] = {"river": river_name(sim)} if river else {}
        return Picture(
            d=sim.scene.target.d,
            viewport=view,
            moment=moment(sim, level),
            layers={name: drawings for name, drawings in layers.items() if drawings},
            ranges=plane_ranges(layers) if flat else line_ranges(seen, layers),
            names=names,
            now=river_now(sim) if river else None,
            fitting=self.fitter.pending,
            noise=self._cache.get("noise", sim.scene.process, lambda: noise_of(sim.process)),
            occupancy=mode_occupancy(sim, _OCCUPANCY[sim.scene.target.d], dragging),
            fourier=Spectrum(sim, self._cache).fourier(level),
        )

    def _drawn(self, name: str, seen: Seen, flat: bool) -> Drawings:
        if name not in self._layers:
            self._layers[name] = LAYERS[name]()
        layer = self._layers[name]
        return layer.plane(seen) if flat else layer.line(seen)


def drawn_layers(scene: Scene) -> tuple[str, ...]:
    """The layers of a scene's pictures from the bottom up, with those that other parts of the scene ask for."""
    if scene.target.d == 1:
        return ("river", *scene.layers.line, "fit", "band")
    if walks_across(scene):
        return ("across",)
    plane = scene.layers.plane
    beside = ("marginals",) if scene.view.cut is not None and "marginals" not in plane else ()
    return ("band", *plane, *beside, "cut", "fit")
