"""A run without a scene: of a density and a sampler of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import ExactField, Field, GaussianMixture, GridDensity, MixtureField, exact_field
from visualizer.engine.frame import Diverged, Frame
from visualizer.engine.run.simulation import stream
from visualizer.processes import Process, process
from visualizer.samplers import Sampler
from visualizer.samplers.base import SAMPLERS, Info, Setting, State, Staying, UnnormalisedDensity
from visualizer.scene.samplers import SAMPLERS as PARTS

LogDensity = Callable[[Tensor], Tensor]
#: step(x, density, generator) → the next x; columns (d, N)
Step = Callable[[Tensor, UnnormalisedDensity, torch.Generator], Tensor]


def simulate(
    density: LogDensity | GaussianMixture | GridDensity,
    sampler: str | Mapping[str, Any] | Step | Sampler = "mala",
    *,
    start: Tensor,
    steps: int | None = None,
    seed: int = 0,
    along: Process | str = "ve",
) -> Iterator[Frame]:
    """A run of a density and a sampler of one's own, frame by frame, from its start on.

    Args:
        density: log p up to a constant of points (N, d) → (N,), in torch, of which autograd takes the slope; or a
            density of `visualizer.densities`, which is known at every noise level, too.
        sampler: the name of a kind, or a table as in a scene, `{"kind": "mala", "step": 0.1}`; a function
            step(x, density, generator) → x of columns (d, N), where density has `score` and `log_prob_and_score`; or an
            object with `init` and `step` (`visualizer.samplers.Sampler`).
        start: the particles, (N, d); the run is in their dtype.
        steps: of the run; left out, those of the sampler, or 1,000.
        seed: of all that is drawn.
        along: the noise process, or its name, for samplers that move along one.

    Raises:
        ValueError: an unknown sampler, numbers it does not take, or one that asks for noise levels of a function.
        Diverged: the particles are no longer finite.

    >>> import torch
    >>> from visualizer import simulate
    >>> x = torch.zeros(2000, 2)
    >>> *_, last = simulate(lambda x: -0.5 * (x**2).sum(1), {"kind": "mala", "step": 0.5}, start=x, steps=100)
    >>> last.step, last.x.shape, bool(abs(last.x.var() - 1) < 0.1)
    (100, (2000, 2), True)
    """
    q = process(along) if isinstance(along, str) else along
    run, length = _sampler(density, sampler, q, start.dtype)
    return _frames(run, start, steps or run.steps or length, seed)


def _frames(run: Sampler, start: Tensor, last: int, seed: int) -> Iterator[Frame]:
    def draws(step: int) -> torch.Generator:
        return torch.Generator().manual_seed(stream(seed, step))

    with torch.no_grad():
        state = run.init(start.T.contiguous(), draws(0))
    yield _frame(state)
    for step in range(1, last + 1):
        with torch.no_grad():
            state, _ = run.step(state, draws(step))
        if not bool(torch.isfinite(state.x).all()):
            raise Diverged(step, "the particles left the finite numbers: make the step smaller")
        yield _frame(state)


def _frame(state: State) -> Frame:
    return Frame(np.ascontiguousarray(state.x.T.float().numpy()), state.t, state.step)


def _sampler(density: Any, sampler: Any, q: Process, dtype: torch.dtype) -> tuple[Sampler, int]:
    """The sampler, and how many steps it takes if nothing is said."""
    known = isinstance(density, GaussianMixture | GridDensity)
    field = _field(density, dtype) if known else None
    at = field.at(1.0, 0.0) if field is not None else OwnDensity(density)
    if isinstance(sampler, str | Mapping):
        table = {"kind": sampler} if isinstance(sampler, str) else dict(sampler)
        part = PARTS.read(table)
        if not known and (part.clock != "level" or part.level != (0.0, None) or part.needs_mixture):
            raise ValueError(f"{part.kind} asks for the density under noise: hand over one of visualizer.densities")
        setting = Setting(field if field is not None else cast(Field, _AtOneLevel(at)), q)
        numbers = {name: getattr(part, name) for name in type(part).model_fields}
        return SAMPLERS[part.kind].build(setting, **numbers), part.steps
    if callable(sampler):
        return _ByFunction(at, sampler), 1000
    return sampler, sampler.steps or 1000


def _field(density: GaussianMixture | GridDensity, dtype: torch.dtype) -> ExactField:
    return exact_field(density) if density.mixture is None else MixtureField(density.mixture, dtype=dtype)


class OwnDensity:
    """A function as samplers see it: columns (d, N), the slope by autograd."""

    def __init__(self, log_prob: LogDensity) -> None:
        self._log_prob = log_prob

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x), (d, N) → (d, N)."""
        return self.log_prob_and_score(x)[1]

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log p up to a constant, ∇ log p): (d, N) → (N,), (d, N)."""
        with torch.enable_grad():
            y = x.T.detach().requires_grad_()
            value = self._log_prob(y)
            if value.shape != y.shape[:1]:
                raise ValueError(
                    f"the log-density has to return shape {tuple(y.shape[:1])}, and returned {tuple(value.shape)}"
                )
            (slope,) = torch.autograd.grad(value.sum(), y)
        return value.detach(), slope.T


class _AtOneLevel:
    """A field of which samplers that stay without noise ask nothing but the density there."""

    guided = False
    has_log_prob = normalised = True

    def __init__(self, density: Any) -> None:
        self._density = density

    def at(self, alpha: float, sigma: float) -> Any:
        return self._density


@dataclass(frozen=True)
class _ByFunction(Staying):
    """A sampler by a function of one's own."""

    function: Step

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step of the function's; the evaluations it makes are not known."""
        x = self.function(state.x, self.density, generator)
        if x.shape != state.x.shape:
            raise ValueError(f"the step has to return shape {tuple(state.x.shape)}, and returned {tuple(x.shape)}")
        return State(x, state.step + 1, self.t), Info(float("nan"))
