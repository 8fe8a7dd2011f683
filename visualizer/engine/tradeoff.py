"""Walk–jump over a range of σ: how fast the walk mixes against how good its jumps are (Saremi & Hyvärinen 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.densities import GaussianMixture, MixtureKernel
from visualizer.diagnostics.convergence import convergence
from visualizer.diagnostics.distances import Reference
from visualizer.diagnostics.hops import HopCounter
from visualizer.engine.build import build_process, draw_start, overall_std, the_mixture
from visualizer.samplers import State, WalkJump
from visualizer.scene.model import Scene
from visualizer.scene.sampler import WalkJumpSampler

#: Chains from the scene's start whose jumps are judged, and chains from exact samples whose mixing is.
JUMPERS, MIXERS = 1_000, 100
#: Exact clouds behind the bias of the jump, and steps between two looks at the chains.
_CLOUDS, _EVERY = 5, 5


@dataclass(frozen=True)
class TradeoffPoint:
    """What walk–jump does at one σ. Numbers are NaN where its step is unstable.

    Attributes:
        sigma: σ.
        hops: changes of mode of a chain in 1,000 steps, begun from exact samples of p_σ.
        ess: bulk effective sample size of such a chain in 1,000 steps, the worst over coordinates.
        w2: (sliced) W₂ of the jumps to p after all steps from the scene's start.
        exact_w2: the same for jumps from exact samples of p_σ, as many: what is left when mixing is perfect.
        floor: the same for exact samples of p, as many as there are jumps.
    """

    sigma: float
    hops: float
    ess: float
    w2: float
    exact_w2: float
    floor: float


@dataclass(frozen=True)
class Tradeoff:
    """The points so far, and the share of the work that is done."""

    points: tuple[TradeoffPoint, ...]
    done: float


def default_range(scene: Scene) -> tuple[float, float]:
    """σ from a tenth of the target's standard deviation to all of it."""
    spread = overall_std(the_mixture(scene))
    return 0.1 * spread, spread


@torch.no_grad()
def tradeoff(scene: Scene, sigmas: tuple[float, ...], steps: int) -> Iterator[Tradeoff]:
    """Runs walk–jump on the target of `scene` with each σ, and yields after every few steps.

    Args:
        scene: its target, start and seed; its step h if its sampler is walk–jump, else that kind's default.
        sigmas: in any order.
        steps: of each run.
    """
    mixture = the_mixture(scene)
    points: list[TradeoffPoint] = []
    for i, sigma in enumerate(sigmas):
        run = _Run(scene, mixture, sigma, steps)
        for taken in run.walk() if run.stable else ():
            yield Tradeoff(tuple(points), (i + taken / steps) / len(sigmas))
        points.append(run.point())
    yield Tradeoff(tuple(points), 1.0)


class _Run:
    """One σ."""

    def __init__(self, scene: Scene, mixture: GaussianMixture, sigma: float, steps: int) -> None:
        s = scene.sampler if isinstance(scene.sampler, WalkJumpSampler) else WalkJumpSampler()
        self.mixture, self.sigma, self.steps = mixture, sigma, steps
        self.noised = mixture.noised(1.0, sigma)
        self.sampler = WalkJump(MixtureKernel(mixture, 1.0, sigma, dtype=torch.float32), s.step, sigma)
        self._generator = torch.Generator().manual_seed(scene.seed)
        few = scene.with_(sampler=s.with_(sigma=sigma), panels=(), particles=scene.particles.with_(count=JUMPERS))
        start = draw_start(few, mixture, build_process(few), self._generator)
        exact = self.noised.to(dtype=torch.float32).sample(MIXERS, generator=self._generator).T
        self.state: State = self.sampler.init(torch.cat([start, exact], 1).contiguous(), self._generator)
        self._hops = HopCounter(self.noised)
        #: Euler's limit on the narrowest axis of the smoothed target
        self.stable = s.step < 2 * float(self.noised.variances.min())
        self._draws: list[NDArray[np.float64]] = []

    def walk(self) -> Iterator[int]:
        """The steps, a few at a time; ends early where they diverge."""
        for step in range(1, self.steps + 1):
            self.state, _ = self.sampler.step(self.state, self._generator)
            mixers = self.state.x[:, -MIXERS:].double().numpy()
            self._draws.append(mixers)
            if step % _EVERY == 0:
                self._hops.look(mixers, step)
                yield step
            if not np.isfinite(mixers).all():
                return

    def point(self) -> TradeoffPoint:
        """What came of it."""
        jumps = self.sampler.jump(self.state)[:, :JUMPERS].double().numpy()
        reference = Reference(self.mixture, JUMPERS)
        bias = float(np.mean([reference.w2(self._exact_jumps(seed)) for seed in range(_CLOUDS)]))
        found = TradeoffPoint(self.sigma, np.nan, np.nan, np.nan, bias, reference.floors["w2"])
        if not self.stable:
            return found
        draws = np.stack(self._draws).transpose(2, 0, 1)
        if not (np.isfinite(jumps).all() and np.isfinite(draws).all()):
            return found
        c = convergence(draws)
        scale = 1000 / self.steps
        ess = np.nan if c is None else c.ess_bulk / MIXERS * scale
        return replace(found, hops=self._hops.hops / MIXERS * scale, ess=ess, w2=reference.w2(jumps))

    def _exact_jumps(self, seed: int) -> NDArray[np.float64]:
        y = self.noised.sample(JUMPERS, generator=torch.Generator().manual_seed(seed)).T.contiguous()
        return self.sampler.jump(self.sampler.init(y.float(), self._generator)).double().numpy()
