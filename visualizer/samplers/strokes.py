"""A model draws: from noise to data in so many strokes, each shown as a way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from visualizer.densities import Field
from visualizer.processes import Process
from visualizer.samplers.base import Aside, Drawer, Info, Setting, State, builds
from visualizer.samplers.ddim import ddim_step
from visualizer.samplers.grid import time_grid


@dataclass(frozen=True)
class DenoisingDrawer:
    """The deterministic denoising iteration (DDIM, η = 0) as strokes: each a jump to the next noise level.

    Args:
        field: the fields at every noise level.
        process: what is gone back along.
        strokes: jumps, at times that are denser near 0.
    """

    field: Field
    process: Process
    strokes: int

    def begin(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """The particles given."""
        return x

    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """x' = α' D + σ' ε̂."""
        times = time_grid("quadratic", self.strokes, self.process.t_max)
        return ddim_step(self.field, self.process, x, float(times[-1 - k]), float(times[-2 - k]), 0.0, generator)


def eased(u: float) -> float:
    """How far a particle is on its way at a share u of the time of a stroke: it sets off and arrives slowly."""
    return u * u * (3 - 2 * u)


@dataclass(frozen=True)
class Strokes:
    """The strokes of a drawer, each shown in so many frames: between two strokes a particle goes straight.

    Args:
        drawer: what draws.
        frames: steps of the run for one stroke; the network is asked in the first of them.
    """

    drawer: Drawer
    frames: int

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ValueError("a stroke takes one frame or more")

    @property
    def steps(self) -> int:
        """Frames of all strokes."""
        return self.drawer.strokes * self.frames

    def aside(self, state: State) -> Aside:
        """Nothing."""
        return Aside()

    def clock(self, step: int) -> float:
        """A run is about the data alone."""
        return 0.0

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """What the drawer begins with."""
        begun = self.drawer.begin(x, generator)
        return State(begun, 0, 0.0, {"from": begun, "to": begun})

    def adopt(self, state: State) -> State:
        """The same particles; a stroke that is under way is finished as it was begun."""
        return state

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """A frame of a stroke; one evaluation in the first frame of each."""
        k, frame = divmod(state.step, self.frames)
        memory: Mapping[str, Tensor] = state.memory
        if frame == 0:
            memory = {"from": state.x, "to": self.drawer.stroke(state.x, k, generator)}
        u = (frame + 1) / self.frames
        x = memory["to"] if u == 1.0 else torch.lerp(memory["from"], memory["to"], eased(u))
        return replace(state, x=x, step=state.step + 1, memory=memory), Info(evaluations=1 if frame == 0 else 0)


@builds("strokes")
def build(run: Setting, *, strokes: int, frames: int, **_: object) -> Strokes:
    """The sampler of a scene: a model that has strokes of its own draws, else the field that is followed."""
    return Strokes(run.drawer or DenoisingDrawer(run.field, run.process, strokes), frames)
