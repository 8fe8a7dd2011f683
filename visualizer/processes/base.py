"""What every noise process has: α, σ and the coefficients of its forward SDE."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import torch
from torch import Tensor

from visualizer.register import Register

#: A time is a number or a tensor; results are of the same sort.
Time = TypeVar("Time", float, Tensor)


def exp(t: Time) -> Time:
    """e^t of a number or a tensor."""
    return torch.exp(t) if isinstance(t, Tensor) else math.exp(t)


def expm1(t: Time) -> Time:
    """e^t − 1 without cancellation."""
    return torch.expm1(t) if isinstance(t, Tensor) else math.expm1(t)


def sqrt(t: Time) -> Time:
    """√t."""
    return torch.sqrt(t) if isinstance(t, Tensor) else math.sqrt(t)


def sin(t: Time) -> Time:
    """sin t."""
    return torch.sin(t) if isinstance(t, Tensor) else math.sin(t)


def tan(t: Time) -> Time:
    """tan t."""
    return torch.tan(t) if isinstance(t, Tensor) else math.tan(t)


@dataclass(frozen=True)
class Process:
    """x_t = α(t) x_0 + σ(t) ε with ε ~ N(0, I), for 0 ≤ t ≤ t_max.

    Its forward SDE is dx = f(t) x dt + g(t) dw with f = α̇/α and g² = d(σ²)/dt − 2 f σ²
    (Song et al. 2021). Where α(t_max) = 0, f and g² are infinite there.
    """

    t_max: float = 1.0

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.t_max) and self.t_max > 0):
            raise ValueError("t_max must be positive and finite")

    def alpha(self, t: Time) -> Time:
        """α(t), the factor on the signal."""
        raise NotImplementedError

    def sigma(self, t: Time) -> Time:
        """σ(t), the standard deviation of the noise."""
        raise NotImplementedError

    def drift(self, t: Time) -> Time:
        """f(t) = α̇(t)/α(t)."""
        raise NotImplementedError

    def diffusion2(self, t: Time) -> Time:
        """g²(t) = d(σ²)/dt − 2 f σ²."""
        raise NotImplementedError

    def prior_std(self) -> float:
        """Standard deviation of the Gaussian a reverse run starts from: σ(t_max)."""
        return float(self.sigma(float(self.t_max)))


#: The class of each kind of process.
PROCESSES: Register[type[Process]] = Register("visualizer.processes", "process")


@dataclass(frozen=True)
class UnitInterval(Process):
    """A process whose time runs over 0…1 by definition."""

    def __post_init__(self) -> None:
        if self.t_max != 1.0:
            raise ValueError(f"the process {self.kind!r} runs over 0…1: t_max must be 1")


@dataclass(frozen=True)
class VarianceExploding(Process):
    """α = 1: noise is added and the signal keeps its size, so f = 0."""

    def alpha(self, t: Time) -> Time:
        return t * 0.0 + 1.0

    def drift(self, t: Time) -> Time:
        return t * 0.0


@dataclass(frozen=True)
class LinearBeta(UnitInterval):
    """α = exp(−½ ∫β) with β(t) = β_min + (β_max − β_min) t, so f = −β/2."""

    beta_min: float = 0.1
    beta_max: float = 20.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.beta_min <= self.beta_max:
            raise ValueError("beta_min must be positive and not above beta_max")

    def beta(self, t: Time) -> Time:
        """β(t)."""
        return self.beta_min + (self.beta_max - self.beta_min) * t

    def integral(self, t: Time) -> Time:
        """∫_0^t β."""
        return self.beta_min * t + 0.5 * (self.beta_max - self.beta_min) * t * t

    def alpha(self, t: Time) -> Time:
        return exp(-0.5 * self.integral(t))

    def drift(self, t: Time) -> Time:
        return -0.5 * self.beta(t)
