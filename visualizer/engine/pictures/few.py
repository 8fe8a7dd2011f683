"""One chain told well: what is drawn of a run with so few particles that each can be followed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from visualizer.engine.drawings import Floats
from visualizer.engine.run.simulation import Simulation
from visualizer.samplers import Proposing

#: Up to this many particles are told one by one.
FEW = 12
#: Steps of the way behind a chain.
_BEHIND = 400
#: Corners of a ring.
_CORNERS = 64
#: Steps over which a histogram over time counts, at most: all that are kept.
_ALL = 1_000_000


def is_few(sim: Simulation) -> bool:
    """Whether the particles are told one by one."""
    return sim.state.x.shape[1] <= FEW


@dataclass(frozen=True)
class Told:
    """The last step of a few particles.

    Attributes:
        before, proposal: where each was and where it would go, (N, d).
        accepted: whether it went there, (N,).
        mean, spread: of the Gaussian N(mean, spread² I) the proposal was drawn from, (N, d); None where it was none.
        dots: the places on the way to the proposal, (S, d); empty where there are none.
    """

    before: Floats
    proposal: Floats
    accepted: np.ndarray
    mean: Floats | None
    spread: float
    dots: Floats

    def rings(self) -> list[Floats]:
        """Around the mean of each proposal the circle in which 39 % of all proposals in the plane fall, |ε| = 1."""
        if self.mean is None:
            return []
        turn = np.linspace(0.0, 2 * math.pi, _CORNERS + 1, dtype=np.float32)
        circle = self.spread * np.stack([np.cos(turn), np.sin(turn)], 1)
        return [(place + circle).astype(np.float32) for place in self.mean]


@torch.no_grad()
def told(sim: Simulation) -> Told | None:
    """The last step, for few particles; None before the first one and where there are more."""
    info, state = sim.info, sim.state
    if info is None or not is_few(sim):
        return None
    steps, _, places = sim.paths.upto(state.step, 2)
    if len(steps) < 2 or steps[1] - steps[0] != 1:
        return None
    before = places[0].T.copy()
    after = _rows(state.x)
    proposal = after if info.proposal is None or info.doublings is not None else _rows(info.proposal)
    taken = np.ones(len(after), bool) if info.accepted is None else info.accepted.cpu().numpy().astype(bool)
    law = _law(sim, before)
    mean, spread = (None, 0.0) if law is None else law
    dots = np.empty((0, before.shape[1]), np.float32)
    if info.path is not None and info.doublings is None:
        dots = info.path.to("cpu", torch.float32).permute(0, 2, 1).reshape(-1, before.shape[1]).contiguous().numpy()
    return Told(before, proposal, taken, mean, spread, dots[np.isfinite(dots).all(1)])


def _law(sim: Simulation, before: Floats) -> tuple[Floats, float] | None:
    """Mean and spread of the Gaussian that the step was drawn from."""
    if not isinstance(sim.sampler, Proposing):
        return None
    mean, spread = sim.sampler.proposal(torch.from_numpy(before.T.copy()).to(sim.state.x))
    return _rows(mean), spread


def _rows(x: Tensor) -> Floats:
    found: Floats = x.T.to("cpu", torch.float32).contiguous().numpy()
    return found


def way_behind(sim: Simulation) -> Floats:
    """Where each of few particles came from, (S, d, N)."""
    return sim.paths.upto(sim.state.step, _BEHIND)[2]


def over_time(sim: Simulation) -> Floats | None:
    """All places (n, d) where few particles of a run that stays at one noise level have been; None of other runs."""
    if not sim.endless or not is_few(sim):
        return None
    places = sim.paths.upto(sim.state.step, _ALL)[2]
    return places.transpose(0, 2, 1).reshape(-1, places.shape[1])
