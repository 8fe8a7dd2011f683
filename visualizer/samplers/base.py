"""State, Info and the shape every sampler has. Particles are columns, (d, N)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer import fused
from visualizer.densities import Field, MixtureKernel
from visualizer.processes import Process
from visualizer.register import Register
from visualizer.samplers.grid import time_grid

#: Below this α the forward SDE's coefficients, which grow like 1/α², are taken as infinite.
SINGULAR_ALPHA = 1e-6


@dataclass(frozen=True)
class State:
    """Where a run is: particles x (d, N), the number of steps taken, and the time t it has reached.

    `memory` has what a sampler carries from step to step besides: momenta, replicas, the last score.
    """

    x: Tensor
    step: int
    t: float
    memory: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Info:
    """What a step did, as far as a picture or a diagnostic wants to know.

    Attributes:
        evaluations: evaluations of the score (or the log-density) for each particle.
        proposal: where the particles would have gone, (d, N); the true proposal, accepted or not.
        accepted: which proposals were taken, (N,) bool.
        energy_error: H(proposal) − H(state), (N,), of samplers with a Hamiltonian.
        path: positions on the way to the proposal, (S, d, M), of the first M particles.
        doublings: of a path that doubles, which doubling reached each position, (S,); 0 where it began.
        jumps: estimates of x_0 made on the side, (d, N); they never feed back.
        swapped: of each pair of neighbouring temperatures, the share of swaps accepted (NaN: not tried).
        beta: the inverse temperature the step was taken at.
    """

    evaluations: float
    proposal: Tensor | None = None
    accepted: Tensor | None = None
    energy_error: Tensor | None = None
    path: Tensor | None = None
    doublings: Tensor | None = None
    jumps: Tensor | None = None
    swapped: Tensor | None = None
    beta: float | None = None


class UnnormalisedDensity(Protocol):
    """An unnormalised density at one noise level. Columns x are (d, N)."""

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x), (d, N) → (d, N)."""
        ...

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log p up to a constant, ∇ log p): (d, N) → (N,), (d, N)."""
        ...


class Drawer(Protocol):
    """What takes noise to samples in a fixed number of strokes. Particles are columns (d, N)."""

    @property
    def strokes(self) -> int:
        """How many strokes there are."""
        ...

    def begin(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """As many particles as x has, before the first stroke."""
        ...

    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """Where stroke k = 0, 1, … takes them."""
        ...


@dataclass(frozen=True)
class Setting:
    """What a scene has a sampler follow.

    Attributes:
        field: the field, at every noise level.
        process: what is moved along.
        alpha, sigma, t: the noise level, for samplers that stay at one, and its time.
        drawer: draws in strokes, where what is followed has strokes of its own.
    """

    field: Field
    process: Process
    alpha: float = 1.0
    sigma: float = 0.0
    t: float = 0.0
    drawer: Drawer | None = None

    @property
    def density(self) -> UnnormalisedDensity:
        """The field at the one level."""
        return self.field.at(self.alpha, self.sigma)

    def times(self, grid: str, steps: int, least: float = 0.0) -> NDArray[np.float64]:
        """Times of a run along the process, ascending."""
        return time_grid(grid, steps, self.process.t_max, least)


@dataclass(frozen=True)
class Aside:
    """What a sampler has beside its particles, to be drawn.

    Attributes:
        jumps: estimates of x_0, (d, N).
        replicas: particles at other temperatures, the colder first, (d, R, N).
        log_prob: the log-density of the flow at the particles, (N,).
    """

    jumps: Tensor | None = None
    replicas: Tensor | None = None
    log_prob: Tensor | None = None


class Sampler(Protocol):
    """`init` makes the first state from particles; `step` makes the next one.

    `steps` is the length of a run with an end, or None where a run can go on for ever.
    """

    @property
    def steps(self) -> int | None:
        """Length of the run."""
        ...

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state before the first step."""
        ...

    def adopt(self, state: State) -> State:
        """The same particles under these dynamics: what was remembered of other ones is worked out again."""
        ...

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """The state after one more step. Pure but for drawing from `generator`."""
        ...

    def aside(self, state: State) -> Aside:
        """What there is beside the particles."""
        ...

    def clock(self, step: int) -> float:
        """The time of the run after so many steps, where it depends on nothing else."""
        ...


@runtime_checkable
class Proposing(Protocol):
    """A sampler whose step draws from one Gaussian."""

    def proposal(self, x: Tensor) -> tuple[Tensor, float]:
        """Mean (d, N) and spread of N(mean, spread² I), from which a step at x (d, N) draws."""
        ...


@dataclass(frozen=True)
class Builder:
    """Makes a sampler of one kind.

    Attributes:
        kind: the scene's name of it.
        build: from a `Setting` and, by name, the keys of the scene's table, of which it takes its own.
    """

    kind: str
    build: Callable[..., Sampler]


#: What makes the sampler of each kind.
SAMPLERS: Register[Builder] = Register("visualizer.samplers", "sampler")
B = TypeVar("B", bound=Callable[..., Sampler])


def builds(kind: str) -> Callable[[B], B]:
    """A decorator for the function that makes samplers of that kind; it is annotated with the class that it returns."""

    def added(build: B) -> B:
        SAMPLERS.add(Builder(kind, build))
        return build

    return added


@dataclass(frozen=True)
class Staying:
    """What samplers that stay at one noise level share: they can go on for ever.

    Args:
        density: at that level; some ask only for its score.
        t: the time of the process it belongs to, carried along in the state.
    """

    density: UnnormalisedDensity
    t: float = field(default=0.0, kw_only=True)

    @property
    def steps(self) -> int | None:
        """A run has no end."""
        return None

    def aside(self, state: State) -> Aside:
        """Nothing."""
        return Aside()

    def clock(self, step: int) -> float:
        """A run stays where it is."""
        return self.t

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state before the first step."""
        return State(x, 0, self.t, {**self.fresh(x, generator), **self.known(x)})

    def adopt(self, state: State) -> State:
        """The same particles and momenta; what is known of the density is worked out again."""
        return replace(state, t=self.t, memory={**state.memory, **self.known(state.x)})

    def fresh(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """What is drawn once, at the start."""
        return {}

    def known(self, x: Tensor) -> dict[str, Tensor]:
        """What is remembered of the density at the particles."""
        return {}


@dataclass(frozen=True)
class AtLevel(Staying):
    """Those of them that have a step.

    Args:
        step_size: h.
    """

    step_size: float


@dataclass(frozen=True)
class AlongTime:
    """What samplers that move along the process share.

    Args:
        field: the fields at every noise level.
        process: what it moves along.
        grid: times, ascending from 0 to t_max; a run goes down them, but for forward diffusion.
    """

    field: Field
    process: Process
    grid: NDArray[np.float64]

    def aside(self, state: State) -> Aside:
        """Nothing."""
        return Aside()

    def clock(self, step: int) -> float:
        """The time of the grid."""
        return float(self.grid[-1 - step])

    @property
    def steps(self) -> int | None:
        """One for each interval of the grid."""
        return len(self.grid) - 1

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state at the last time of the process."""
        return State(x, 0, float(self.grid[-1]))

    def adopt(self, state: State) -> State:
        """The same particles at the same time; what was remembered of another density is forgotten."""
        return replace(state, memory={}) if state.memory else state


def ran(sampler: Sampler, x: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Where a sampler takes particles (d, N) in so many steps."""
    state = sampler.init(x, generator)
    for _ in range(steps):
        state, _ = sampler.step(state, generator)
    return state.x


def noise(like: Tensor, generator: torch.Generator, std: float = 1.0) -> Tensor:
    """Normal numbers of the shape of `like`, scaled while they are drawn."""
    if fused.suits(like):
        return fused.gaussians(like, std, generator)
    return torch.empty_like(like, memory_format=torch.contiguous_format).normal_(0.0, std, generator=generator)


def moved(
    level: UnnormalisedDensity,
    x: Tensor,
    generator: torch.Generator,
    *,
    keep: float = 1.0,
    pull: float,
    spread: float = 0.0,
) -> Tensor:
    """keep x + pull ∇log p(x) + spread ε, the step of most samplers: (d, N) → (d, N), in one pass where it can be."""
    if isinstance(level, MixtureKernel) and level.moves_at_once(x):
        return level.moved(x, (keep, pull, spread), generator)
    return _added(level.score(x), x, generator, keep, pull, spread)


def denoised(
    field: Field,
    x: Tensor,
    level: tuple[float, float],
    generator: torch.Generator,
    *,
    keep: float,
    pull: float,
    spread: float = 0.0,
) -> Tensor:
    """keep x + pull E[x_0 | x_t = x] + spread ε at a level (α, σ), the step of DDIM: (d, N) → (d, N)."""
    at = field.at(*level)
    if isinstance(at, MixtureKernel) and at.moves_at_once(x):
        return at.denoised(x, (keep, pull, spread), generator)
    return _added(field.denoise(x, *level), x, generator, keep, pull, spread)


def _added(towards: Tensor, x: Tensor, generator: torch.Generator, keep: float, pull: float, spread: float) -> Tensor:
    """keep x + pull towards + spread ε."""
    if not spread:
        return torch.mul(towards, pull).add_(x, alpha=keep)
    return noise(x, generator, spread).add_(x, alpha=keep).add_(towards, alpha=pull)
