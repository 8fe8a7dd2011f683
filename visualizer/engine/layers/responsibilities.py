"""Particles in the colours of their modes."""

from __future__ import annotations

from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.palette import THEMES
from visualizer.engine.pictures.step_view import coloured
from visualizer.engine.run.levels import run_level


@LAYERS.add
class ResponsibilitiesLayer(Layer):
    """Each particle in the colour of the mode it most likely belongs to."""

    kind = "responsibilities"

    def plane(self, seen: Seen) -> Drawings:
        sim = seen.sim
        modes = sim.modes(seen.dragging)
        if modes is None:
            return ()
        colours = THEMES[seen.theme].components
        at = run_level(sim.scene, sim.process, sim.state.t)
        which = modes.nearest(sim.state.x, at.alpha, at.sigma) % len(colours)
        return (seen.image(coloured(sim.state.x, which, list(colours), seen.view)),)
