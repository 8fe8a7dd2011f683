"""Walk–jump over a range of σ: how fast the walk mixes against how good its jumps are (Saremi & Hyvärinen 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.densities import Density, exact_field
from visualizer.diagnostics.convergence import convergence
from visualizer.diagnostics.distances import Reference
from visualizer.diagnostics.hops import HopCounter, told_apart
from visualizer.engine.findings.tradeoff import Tradeoff, TradeoffPoint
from visualizer.engine.run.build import build_process, draw_start
from visualizer.engine.run.modes import find_modes
from visualizer.engine.targets import build_density
from visualizer.samplers import State, WalkJump
from visualizer.scene.model import Scene
from visualizer.scene.samplers.walk_jump import WalkJumpSampler

#: Chains from the scene's start, whose jumps are judged.
JUMPERS = 1_000
#: Chains from exact samples, whose mixing is judged.
MIXERS = 100
#: Exact clouds behind the bias of the jump.
_CLOUDS = 5
#: Steps between two looks at the chains.
_EVERY = 5
#: Places at which a density without components is asked how much it bends.
_PROBES = 2_000


def default_range(scene: Scene) -> tuple[float, float]:
    """σ from a tenth of the target's standard deviation to all of it."""
    spread = build_density(scene.target).standard_deviation
    return 0.1 * spread, spread


@torch.no_grad()
def tradeoff(scene: Scene, sigmas: tuple[float, ...], steps: int) -> Iterator[Tradeoff]:
    """Runs walk–jump on the target of `scene` with each σ, and yields after every few steps.

    Args:
        scene: its target, start and seed; its step h if its sampler is walk–jump, else that kind's default.
        sigmas: in any order.
        steps: of each run.
    """
    density = build_density(scene.target)
    points: list[TradeoffPoint] = []
    for i, sigma in enumerate(sigmas):
        run = _Run(scene, density, sigma, steps)
        for taken in run.walk() if run.stable else ():
            yield Tradeoff(tuple(points), (i + taken / steps) / len(sigmas))
        points.append(run.point())
    yield Tradeoff(tuple(points), 1.0)


def _stiffness(p: Density) -> float:
    """The largest curvature of −log p: of the narrowest component, or where exact samples are, by differences."""
    if p.least_variance is not None:
        return 1 / p.least_variance
    x = p.sample(_PROBES, generator=torch.Generator().manual_seed(0))
    delta = 1e-3 * float(p.covariance.diagonal().min().sqrt())
    rows = [(p.score(x - delta * e) - p.score(x + delta * e)) / (2 * delta) for e in torch.eye(p.d, dtype=x.dtype)]
    bends = torch.stack(rows, 1)
    return float(torch.linalg.eigvalsh(0.5 * (bends + bends.mT)).max())


class _Run:
    """One σ."""

    def __init__(self, scene: Scene, density: Density, sigma: float, steps: int) -> None:
        # The trade-off is of walk–jump alone; another sampler lends it nothing.
        s = scene.sampler if isinstance(scene.sampler, WalkJumpSampler) else WalkJumpSampler()
        self.density, self.sigma, self.steps = density, sigma, steps
        self.noised = density.noised(1.0, sigma)
        field = exact_field(density)
        self.sampler = WalkJump(field.at(1.0, sigma), s.step, sigma)
        self._generator = torch.Generator().manual_seed(scene.seed)
        few = scene.with_(sampler=s.with_(sigma=sigma), panels=(), particles=scene.particles.with_(count=JUMPERS))
        start = draw_start(few, density, build_process(few), self._generator)
        exact = self.noised.to(dtype=torch.float32).sample(MIXERS, generator=self._generator).T
        self.state: State = self.sampler.init(torch.cat([start, exact], 1).contiguous(), self._generator)
        self._hops = HopCounter()
        modes = find_modes(scene.target, density)
        apart = modes is not None and told_apart(modes, lambda y: field.denoise(y, 1.0, sigma), 1.0, sigma)
        self._modes = modes if apart else None
        #: Euler's limit where the smoothed target bends most
        self.stable = s.step * _stiffness(self.noised) < 2
        self._draws: list[NDArray[np.float64]] = []

    def walk(self) -> Iterator[int]:
        """The steps, a few at a time; ends early where they diverge."""
        for step in range(1, self.steps + 1):
            self.state, _ = self.sampler.step(self.state, self._generator)
            mixers = self.state.x[:, -MIXERS:].double().numpy()
            self._draws.append(mixers)
            if step % _EVERY == 0:
                if self._modes is not None:
                    jumps = self.sampler.jump(self.state)[:, -MIXERS:].double().numpy()
                    self._hops.look(self._modes.cores(jumps), step)
                yield step
            if not np.isfinite(mixers).all():
                return

    def point(self) -> TradeoffPoint:
        """What came of it."""
        jumps = self.sampler.jump(self.state)[:, :JUMPERS].double().numpy()
        reference = Reference(self.density, JUMPERS)
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
        hops = np.nan if self._modes is None else self._hops.hops / MIXERS * scale
        return replace(found, hops=hops, ess=ess, w2=reference.w2(jumps))

    def _exact_jumps(self, seed: int) -> NDArray[np.float64]:
        y = self.noised.sample(JUMPERS, generator=torch.Generator().manual_seed(seed)).T.contiguous()
        return self.sampler.jump(self.sampler.init(y.float(), self._generator)).double().numpy()
