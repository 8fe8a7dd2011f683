"""What every density whose truth is known has, and the field of one."""

from __future__ import annotations

from typing import Protocol, Self

import torch
from torch import Tensor

from visualizer.densities.field import MixtureField
from visualizer.densities.gaussian_mixture import GaussianMixture
from visualizer.densities.grid_density import GridDensity
from visualizer.densities.grid_field import GridField
from visualizer.densities.kernel import Workspace

ExactField = MixtureField | GridField


class Density(Protocol):
    """A normalised density in one or two dimensions. Points are rows (N, d).

    It is in closed form, a `mixture`, or known on a `grid`; whoever can use the one or the other asks for it.
    """

    #: components, 0 on a grid; dimensions
    K: int
    d: int
    dtype: torch.dtype
    device: torch.device

    def __hash__(self) -> int: ...

    @property
    def mixture(self) -> GaussianMixture | None:
        """Itself as a mixture, where it is one."""
        ...

    @property
    def grid(self) -> GridDensity | None:
        """Itself on a grid, where it is known on one."""
        ...

    @property
    def mean(self) -> Tensor:
        """E x, (d,)."""
        ...

    @property
    def covariance(self) -> Tensor:
        """Cov x, (d, d)."""
        ...

    @property
    def standard_deviation(self) -> float:
        """The root mean square of the standard deviations along the axes."""
        ...

    @property
    def least_variance(self) -> float | None:
        """The variance of the narrowest axis of all components, where there are any."""
        ...

    @property
    def bandwidth(self) -> float:
        """h, where the density is known to be some law smoothed by N(0, h² I); else 0. Nothing in it is narrower."""
        ...

    @property
    def peak(self) -> tuple[float, ...]:
        """About where it is highest."""
        ...

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Self:
        """The same density with its results on `device` in `dtype`."""
        ...

    def noised(self, alpha: float, sigma: float) -> Self:
        """The law of α x + σ ε."""
        ...

    def bounds(self, spread: float = 5.0) -> tuple[tuple[float, float], ...]:
        """For each axis an interval that holds it out to `spread` standard deviations."""
        ...

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats: (N, d) → (N,)."""
        ...

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x): (N, d) → (N, d)."""
        ...

    def characteristic(self, omega: Tensor) -> Tensor:
        """φ(ω) = E exp(i ωᵀx): (M, d) → (M,) complex."""
        ...

    def characteristic_on(self, first: Tensor, second: Tensor) -> Tensor:
        """φ at all (ω₁, ω₂) of two axes in the plane: (A,), (B,) → (A, B) complex."""
        ...

    def squared_norm(self) -> float:
        """∫ p(x)² dx."""
        ...

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """n independent draws, (n, d)."""
        ...

    def sample_with_components(self, n: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """n independent draws, (n, d), and the component each is from, (n,)."""
        ...


def exact_field(
    density: Density, *, device: torch.device | str = "cpu", workspace: Workspace | None = None
) -> ExactField:
    """The exact field of a density in float32."""
    if density.grid is not None:
        return GridField(density.grid, device=device)
    assert density.mixture is not None  # a density is the one or the other
    return MixtureField(density.mixture, device=device, workspace=workspace)
