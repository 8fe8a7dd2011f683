"""The probability-flow ODE by adaptive Dormand–Prince, with the log-likelihood it carries along."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from visualizer.samplers.base import SINGULAR_ALPHA, AlongTime, Aside, Info, State

#: Stages of Dormand & Prince (1980), fifth order, and its weights less those of the fourth.
_NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
#: The next step is this share of what the error allows.
_SAFETY = 0.9
#: A step becomes no smaller than by this factor at a time.
_SHRINK = 0.2
#: And no larger than by this one.
_GROW = 5.0
#: Steps below this share of an interval are taken whatever their error.
_SMALLEST = 1e-6


@dataclass(frozen=True)
class DormandPrince(AlongTime):
    """The probability-flow ODE from t_max to 0, and the log-density of the flow at the particles.

    With φ = atan2(σ, α) and y = x/√(α² + σ²) the flow of every process is one and the same,
    dy/dφ = −sin φ D(y) + cos φ ε̂(y), D and ε̂ taken at the noise level (cos φ, sin φ). It has no singularity, neither
    where α = 0 nor where σ = 0, so this is what is integrated. Along it
    d log p/dφ = tan φ (d + ∇·s), the instantaneous change of variables (Chen et al. 2018; Song et al. 2021), begun
    as the log-density of p_T and remembered as `log_prob`.
    A step of the run is one interval of the grid; inside it steps adapt so that no particle's error, estimated
    by the embedded fourth-order formula (Dormand & Prince 1980), exceeds `tolerance` · (1 + |y|).

    Args:
        field, process, grid: as of `Reverse`.
        tolerance: relative and absolute.
        prior_std: for a field without a normalised log-density, particles at t_max are taken as drawn from
            N(0, prior_std² I).
    """

    tolerance: float = 1e-5
    prior_std: float | None = None

    def aside(self, state: State) -> Aside:
        """What the flow carries along."""
        return Aside(log_prob=state.memory["log_prob"])

    def __post_init__(self) -> None:
        if not self.tolerance > 0:
            raise ValueError("the tolerance must be positive")

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The particles at t_max, taken as drawn from p_T: its log-density is where `log_prob` begins."""
        return self.adopt(State(x, 0, float(self.grid[-1])))

    def adopt(self, state: State) -> State:
        """The same particles, taken as drawn from p_t: the log-density begins anew as that of p_t.

        A field without one goes on with what was carried along.
        """
        if self.prior_std is not None:
            if "log_prob" in state.memory:
                return state
            d, variance = state.x.shape[0], self.prior_std**2
            gaussian = -0.5 * state.x.square().sum(0) / variance - 0.5 * d * math.log(2 * math.pi * variance)
            return replace(state, memory={"log_prob": gaussian})
        alpha, sigma = self.process.alpha(state.t), self.process.sigma(state.t)
        return replace(state, memory={"log_prob": self.field.log_prob_and_score(state.x, alpha, sigma)[0]})

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One interval of the grid, in as many steps as it needs; six evaluations for each and one more."""
        end = float(self.grid[-2 - state.step])
        (radius, angle), (end_radius, end_angle) = self._polar(state.t), self._polar(end)
        y = torch.cat([state.x / radius, state.memory["log_prob"][None]])
        y, evaluations = self._integrate(y, angle, end_angle)
        # log p_x = log p_y − d log r
        log_prob = y[-1] - state.x.shape[0] * math.log(end_radius / radius)
        return State(y[:-1] * end_radius, state.step + 1, end, {"log_prob": log_prob}), Info(evaluations)

    def log_likelihood(self, x: Tensor) -> Tensor:
        """log p(x) at t = 0 by the flow, up to t_max and what it gives there, (d, N) → (N,).

        There it is N(0, prior_std² I), or where that is not given the field's own p_T.
        """
        end = float(self.grid[-1])
        (radius, angle), (end_radius, end_angle) = self._polar(0.0), self._polar(end)
        y, _ = self._integrate(torch.cat([x / radius, torch.zeros_like(x[:1])]), angle, end_angle)
        at_end = self.adopt(State(y[:-1] * end_radius, 0, end)).memory["log_prob"]
        # log p_y(0) = log p_y(T) − ∫ d log p_y, and log p_x = log p_y − d log r at both ends.
        return at_end - y[-1] + x.shape[0] * math.log(end_radius / radius)

    def _polar(self, t: float) -> tuple[float, float]:
        alpha, sigma = self.process.alpha(t), self.process.sigma(t)
        return math.hypot(alpha, sigma), math.atan2(sigma, alpha)

    def slope(self, y: Tensor, angle: float) -> Tensor:
        """d/dφ of particles and log-density together, (d + 1, N) → (d + 1, N)."""
        alpha, sigma = math.cos(angle), math.sin(angle)
        score, divergence = self.field.score_and_divergence(y[:-1], alpha, sigma)
        clean = self.field.denoise(y[:-1], alpha, sigma)
        velocity = score.mul_(-alpha * sigma).sub_(clean, alpha=sigma)
        # ∇·s → −d as α → 0, faster than α: the product is 0 there.
        change = (divergence + (y.shape[0] - 1)) * (sigma / alpha if alpha > SINGULAR_ALPHA else 0.0)
        return torch.cat([velocity, change[None]])

    def _integrate(self, y: Tensor, t: float, end: float) -> tuple[Tensor, int]:
        whole = end - t
        dt, evaluations = whole, 1
        first = self.slope(y, t)
        while t != end:
            slopes = [first]
            for node, row in zip(_NODES[1:], _STAGES[1:], strict=True):
                at = y + dt * _weighted(row, slopes)
                slopes.append(self.slope(at, t + node * dt))
            evaluations += 6
            error = dt * _weighted(_ERROR, slopes)
            scale = self.tolerance * (1 + torch.maximum(y.abs(), at.abs()))
            worst = float((error.abs() / scale).amax())
            small = abs(dt) <= _SMALLEST * abs(whole)
            if worst <= 1 or small:
                last = abs(end - t - dt) <= 1e-12 * abs(whole)
                y, t, first = at, end if last else t + dt, slopes[-1]
            factor = _SAFETY * worst**-0.2 if worst > 0 else _GROW
            dt *= min(_GROW, max(_SHRINK, factor)) if math.isfinite(factor) else _SHRINK
            if abs(dt) > abs(end - t):
                dt = end - t
        return y, evaluations


def _weighted(weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    total = torch.zeros_like(slopes[0])
    for w, k in zip(weights, slopes, strict=True):
        if w:
            total.add_(k, alpha=w)
    return total
