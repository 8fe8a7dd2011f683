"""The nine processes, one short class each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from visualizer.processes.base import Process, Time, exp, expm1, sin, sqrt, tan


@dataclass(frozen=True)
class _UnitInterval(Process):
    """A process whose time runs over 0…1 by definition."""

    def __post_init__(self) -> None:
        if self.t_max != 1.0:
            raise ValueError(f"the process {self.kind!r} runs over 0…1: t_max must be 1")


@dataclass(frozen=True)
class _VarianceExploding(Process):
    """α = 1: noise is added and the signal keeps its size, so f = 0."""

    def alpha(self, t: Time) -> Time:
        return t * 0.0 + 1.0

    def drift(self, t: Time) -> Time:
        return t * 0.0


@dataclass(frozen=True)
class VELinear(_VarianceExploding):
    """α = 1, σ = t (Karras et al. 2022)."""

    t_max: float = 10.0
    kind: ClassVar[str] = "ve"
    label: ClassVar[str] = "Variance exploding (linear)"
    formula: ClassVar[str] = "α = 1, σ = t"

    def sigma(self, t: Time) -> Time:
        return t * 1.0

    def diffusion2(self, t: Time) -> Time:
        return 2.0 * t


@dataclass(frozen=True)
class Brownian(_VarianceExploding):
    """α = 1, σ = δ√t: x_t is a Brownian motion started at x_0."""

    t_max: float = 10.0
    delta: float = 1.0
    kind: ClassVar[str] = "brownian"
    label: ClassVar[str] = "Variance exploding (Brownian)"
    formula: ClassVar[str] = "α = 1, σ = δ√t"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delta > 0:
            raise ValueError("delta must be positive")

    def sigma(self, t: Time) -> Time:
        return self.delta * sqrt(t)

    def diffusion2(self, t: Time) -> Time:
        return t * 0.0 + self.delta**2


@dataclass(frozen=True)
class VEGeometric(_VarianceExploding, _UnitInterval):
    """α = 1, σ = σ_min (σ_max/σ_min)^t (Song et al. 2021)."""

    t_max: float = 1.0
    sigma_min: float = 0.01
    sigma_max: float = 10.0
    kind: ClassVar[str] = "ve-geometric"
    label: ClassVar[str] = "Variance exploding (geometric)"
    formula: ClassVar[str] = "α = 1, σ = σ_min (σ_max/σ_min)^t"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.sigma_min < self.sigma_max:
            raise ValueError("sigma_min must be positive and below sigma_max")

    def sigma(self, t: Time) -> Time:
        return self.sigma_min * exp(t * math.log(self.sigma_max / self.sigma_min))

    def diffusion2(self, t: Time) -> Time:
        return 2.0 * math.log(self.sigma_max / self.sigma_min) * self.sigma(t) ** 2


@dataclass(frozen=True)
class VPTrigonometric(_UnitInterval):
    """α = √(1−t²), σ = t."""

    kind: ClassVar[str] = "vp-trigonometric"
    label: ClassVar[str] = "Variance preserving (trigonometric)"
    formula: ClassVar[str] = "α = √(1−t²), σ = t"

    def alpha(self, t: Time) -> Time:
        return sqrt((1.0 - t) * (1.0 + t))

    def sigma(self, t: Time) -> Time:
        return t * 1.0

    def drift(self, t: Time) -> Time:
        return -t / ((1.0 - t) * (1.0 + t))

    def diffusion2(self, t: Time) -> Time:
        return 2.0 * t / ((1.0 - t) * (1.0 + t))


@dataclass(frozen=True)
class _LinearBeta(_UnitInterval):
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


@dataclass(frozen=True)
class VPLinear(_LinearBeta):
    """Linear β, σ = √(1−α²) (Ho et al. 2020; Song et al. 2021)."""

    kind: ClassVar[str] = "vp-linear"
    label: ClassVar[str] = "Variance preserving (linear β)"
    formula: ClassVar[str] = "α = exp(−½∫β), σ = √(1−α²)"

    def sigma(self, t: Time) -> Time:
        return sqrt(-expm1(-self.integral(t)))

    def diffusion2(self, t: Time) -> Time:
        return self.beta(t)


@dataclass(frozen=True)
class SubVP(_LinearBeta):
    """Linear β, σ = 1−α² (Song et al. 2021)."""

    kind: ClassVar[str] = "sub-vp"
    label: ClassVar[str] = "Sub-variance preserving"
    formula: ClassVar[str] = "α = exp(−½∫β), σ = 1−α²"

    def sigma(self, t: Time) -> Time:
        return -expm1(-self.integral(t))

    def diffusion2(self, t: Time) -> Time:
        return -self.beta(t) * expm1(-2.0 * self.integral(t))


@dataclass(frozen=True)
class VPCosine(_UnitInterval):
    """α = cos(π/2 · (t+s)/(1+s)) / cos(π/2 · s/(1+s)), σ = √(1−α²) (Nichol & Dhariwal 2021)."""

    s: float = 0.008
    kind: ClassVar[str] = "vp-cosine"
    label: ClassVar[str] = "Variance preserving (cosine)"
    formula: ClassVar[str] = "α ∝ cos(π/2 · (t+s)/(1+s)), σ = √(1−α²)"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.s < 1:
            raise ValueError("s must lie in 0…1")

    def _rest(self, t: Time) -> Time:
        # π/2 minus the angle: its sine is the cosine wanted, and exactly 0 at t = 1.
        return (1.0 - t) * (math.pi / 2 / (1.0 + self.s))

    def alpha(self, t: Time) -> Time:
        return sin(self._rest(t)) / math.sin(math.pi / 2 / (1.0 + self.s))

    def sigma(self, t: Time) -> Time:
        # 1 − α² = sin(a+b) sin(a−b) / sin²(a): no cancellation at small t.
        a = math.pi / 2 / (1.0 + self.s)
        b = self._rest(t)
        return sqrt(sin(a + b) * sin(t * a)) / math.sin(a)

    def drift(self, t: Time) -> Time:
        return -(math.pi / 2 / (1.0 + self.s)) / tan(self._rest(t))

    def diffusion2(self, t: Time) -> Time:
        return -2.0 * self.drift(t)


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Process):
    """α = e^{−t}, σ = √(1−e^{−2t}): dx = −x dt + √2 dw."""

    t_max: float = 3.0
    kind: ClassVar[str] = "ou"
    label: ClassVar[str] = "Ornstein–Uhlenbeck"
    formula: ClassVar[str] = "α = e^{−t}, σ = √(1−e^{−2t})"

    def alpha(self, t: Time) -> Time:
        return exp(-t)

    def sigma(self, t: Time) -> Time:
        return sqrt(-expm1(-2.0 * t))

    def drift(self, t: Time) -> Time:
        return t * 0.0 - 1.0

    def diffusion2(self, t: Time) -> Time:
        return t * 0.0 + 2.0


@dataclass(frozen=True)
class LinearInterpolant(_UnitInterval):
    """α = 1−t, σ = t (flow matching, Lipman et al. 2023)."""

    kind: ClassVar[str] = "linear"
    label: ClassVar[str] = "Linear interpolant (flow matching)"
    formula: ClassVar[str] = "α = 1−t, σ = t"

    def alpha(self, t: Time) -> Time:
        return 1.0 - t

    def sigma(self, t: Time) -> Time:
        return t * 1.0

    def drift(self, t: Time) -> Time:
        return -1.0 / (1.0 - t)

    def diffusion2(self, t: Time) -> Time:
        return 2.0 * t / (1.0 - t)


_ALL: tuple[type[Process], ...] = (
    VELinear, Brownian, VEGeometric, VPTrigonometric, VPLinear, VPCosine, SubVP, OrnsteinUhlenbeck, LinearInterpolant,
)  # fmt: skip
KINDS: dict[str, type[Process]] = {cls.kind: cls for cls in _ALL}


def process(kind: str, **parameters: float) -> Process:
    """The process of that name, for example `process("vp-cosine")`.

    Args:
        kind: one of `KINDS`.
        parameters: what the process has: t_max (ve, brownian, ou), delta, sigma_min, sigma_max,
            beta_min, beta_max, s.

    Raises:
        ValueError: an unknown name, a parameter the process does not have, a value out of range.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown process {kind!r}: expected one of {', '.join(KINDS)}")
    try:
        return KINDS[kind](**parameters)
    except TypeError:
        known = ", ".join(KINDS[kind].__dataclass_fields__)
        raise ValueError(f"the process {kind!r} has the parameters {known}, not {', '.join(parameters)}") from None
