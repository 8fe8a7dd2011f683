"""The score as animated flow."""

from __future__ import annotations

from torch import Tensor

from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.pictures.flow import Flow, flow_velocity

#: Cells along the longer side that the velocity is known on.
_FLOW_GRID = 72


@LAYERS.add
class FlowLayer(Layer):
    """Tracers that drift along the score. Every picture moves them on by a frame."""

    kind = "flow"
    moving = True

    def __init__(self) -> None:
        self._flow: Flow | None = None

    def plane(self, seen: Seen) -> Drawings:
        if self._flow is None or self._flow.view != seen.view:
            self._flow = Flow(seen.view, seen.scene.seed)

        def make() -> Tensor:
            return flow_velocity(seen.score_grid(_FLOW_GRID, seen.sim.field)[0]).nan_to_num_(0.0)

        velocity = seen.once("velocity", (seen.sim.density, seen.sim.field), make)
        self._flow.advance(velocity)
        exact = seen.sim.field is seen.sim.truth
        return (seen.image(self._flow.image(seen.theme, "score" if exact else "learned")),)
