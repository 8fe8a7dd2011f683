"""Gaussian mixtures in the public (N, d) layout, differentiable, on any device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: Largest number of entries of an (N, K, d) intermediate before rows are taken in pieces.
_PIECE = 1 << 22


class GaussianMixture:
    """p(x) = Σ_k π_k N(x; μ_k, Σ_k).

    Args:
        weights: (K,), non-negative with a positive sum; normalised here.
        means: (K, d).
        covariances: (K, d, d), symmetric positive definite.

    The dtype and device of `means` decide those of every result. Each covariance is kept by its
    eigenvectors and eigenvalues in float64, so that noising it (α²Σ + σ²I) never loses
    definiteness and costs no factorisation.

    Attributes:
        K, d: how many components, in how many dimensions.
        weights64: π, (K,), float64.
        means64: μ, (K, d), float64.
        variances: eigenvalues of each covariance in ascending order, (K, d), float64.
        axes: eigenvectors of each covariance as columns, (K, d, d), float64.
        whitening: A_k with A_kᵀ A_k = Σ_k⁻¹, (K, d, d), float64.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, weights that are negative
            or sum to 0, a covariance that is not symmetric positive definite.

    >>> import torch
    >>> narrow = torch.tensor([[[0.25]], [[0.25]]])
    >>> p = GaussianMixture(torch.tensor([0.5, 0.5]), torch.tensor([[-1.0], [1.0]]), narrow)
    >>> float(p.score(torch.zeros(1, 1)))
    0.0
    >>> p.noised(0.6, 0.8).covariances.flatten()
    tensor([0.7300, 0.7300])
    """

    def __init__(self, weights: Tensor, means: Tensor, covariances: Tensor) -> None:
        _check_shapes(weights, means, covariances)
        total = weights.sum()
        if not bool(torch.isfinite(weights).all()) or bool((weights < 0).any()) or not float(total) > 0:
            raise ValueError("weights must be finite, non-negative and have a positive sum")
        if not bool(torch.isfinite(means).all() and torch.isfinite(covariances).all()):
            raise ValueError("means and covariances must be finite")
        wide = covariances.double()
        scale = wide.abs().amax(dim=(1, 2))
        if bool(((wide - wide.mT).abs().amax(dim=(1, 2)) > 1e-6 * scale).any()):
            raise ValueError("covariances must be symmetric")
        variances, axes = torch.linalg.eigh((wide + wide.mT) / 2)
        if not bool((variances > 0).all()):
            raise ValueError("covariances must be positive definite")
        self._set((weights.double() / total.double()), means.double(), variances, axes, means.dtype)

    def _set(self, weights: Tensor, means: Tensor, variances: Tensor, axes: Tensor, dtype: torch.dtype) -> None:
        self.weights64, self.means64, self.variances, self.axes = weights, means, variances, axes
        self.dtype = dtype
        self.device = means.device
        self.d = means.shape[1]
        self.K = means.shape[0]
        log_norm = -0.5 * (torch.log(variances).sum(1) + self.d * math.log(2 * math.pi))
        self._log_coef = torch.log(weights) + log_norm
        # Row i of A_k is eigenvector i over its standard deviation: A_kᵀ A_k = C_k⁻¹.
        self.whitening = axes.mT / variances.sqrt()[:, :, None]

    @property
    def weights(self) -> Tensor:
        """π, (K,), summing to 1."""
        return self.weights64.to(self.dtype)

    @property
    def means(self) -> Tensor:
        """μ, (K, d)."""
        return self.means64.to(self.dtype)

    @property
    def covariances(self) -> Tensor:
        """Σ, (K, d, d)."""
        return self.covariances64.to(self.dtype)

    @property
    def covariances64(self) -> Tensor:
        """Σ, (K, d, d), float64."""
        return (self.axes * self.variances[:, None, :]) @ self.axes.mT

    @property
    def mixture(self) -> GaussianMixture:
        """Itself."""
        return self

    @property
    def grid(self) -> None:
        """It is in closed form."""
        return None

    @property
    def mean(self) -> Tensor:
        """E x, (d,)."""
        return self.weights @ self.means

    @property
    def covariance(self) -> Tensor:
        """Cov x = Σ_k π_k (Σ_k + (μ_k − μ)(μ_k − μ)ᵀ), (d, d)."""
        off = self.means64 - self.weights64 @ self.means64
        outer = off[:, :, None] * off[:, None, :]
        return torch.einsum("k,kij->ij", self.weights64, self.covariances64 + outer).to(self.dtype)

    @property
    def standard_deviation(self) -> float:
        """The root mean square of the standard deviations along the axes."""
        off = self.means64 - self.weights64 @ self.means64
        return float((self.weights64 @ (off.square().sum(1) / self.d + self.variances.mean(1))).sqrt())

    @property
    def peak(self) -> tuple[float, ...]:
        """About where p is highest: the mean of the heaviest component."""
        return tuple(self.means64[int(self.weights64.argmax())].tolist())

    @property
    def least_variance(self) -> float:
        """The variance of the narrowest axis of all components."""
        return float(self.variances.min())

    @property
    def bandwidth(self) -> float:
        """The standard deviation of the narrowest axis of all components."""
        return math.sqrt(self.least_variance)

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> GaussianMixture:
        """The same mixture with its results on `device` in `dtype`."""
        new = object.__new__(GaussianMixture)
        w, m, v, a = (p.to(device or self.device) for p in (self.weights64, self.means64, self.variances, self.axes))
        new._set(w, m, v, a, dtype or self.dtype)
        return new

    def noised(self, alpha: float, sigma: float) -> GaussianMixture:
        """The law of α x_0 + σ ε: means α μ_k, covariances α² Σ_k + σ² I.

        Raises:
            ValueError: α = σ = 0, a point mass, which has no density.
        """
        alpha, sigma = float(alpha), float(sigma)
        if alpha == 0.0 and sigma == 0.0:
            raise ValueError("alpha = sigma = 0 leaves a point mass, which has no density")
        new = object.__new__(GaussianMixture)
        new._set(self.weights64, alpha * self.means64, alpha**2 * self.variances + sigma**2, self.axes, self.dtype)
        return new

    def bounds(self, spread: float = 5.0) -> tuple[tuple[float, float], ...]:
        """For each axis from `spread` standard deviations along it below the means to as many above."""
        std = spread * self.covariances.diagonal(dim1=1, dim2=2).to(self.means64).sqrt()
        low, high = (self.means64 - std).amin(0).tolist(), (self.means64 + std).amax(0).tolist()
        return tuple(zip(low, high, strict=True))

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats: (N, d) → (N,)."""
        return torch.cat([torch.logsumexp(self._logits(self._whitened(p)), dim=1) for p in self._pieces(x)])

    def responsibilities(self, x: Tensor) -> Tensor:
        """r_k(x) = π_k N(x; μ_k, Σ_k) / p(x): (N, d) → (N, K), rows sum to 1."""
        return torch.cat([torch.softmax(self._logits(self._whitened(p)), dim=1) for p in self._pieces(x)])

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x) = Σ_k r_k(x) Σ_k⁻¹ (μ_k − x): (N, d) → (N, d)."""
        pull = -self.whitening.to(self.dtype)
        out = []
        for piece in self._pieces(x):
            z = self._whitened(piece)
            r = torch.softmax(self._logits(z), dim=1)
            out.append(torch.einsum("nk,nki,kij->nj", r, z, pull))
        return torch.cat(out)

    def denoise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[x_0 | α x_0 + σ ε = x] = Σ_k r_k (μ_k + α Σ_k C_k⁻¹ (x − α μ_k)): (N, d) → (N, d).

        With r and C_k = α²Σ_k + σ²I of the noised mixture; holds at α = 0 and at σ = 0 too
        (Robbins 1956; Miyasawa 1961; Efron 2011).
        """
        noised = self.noised(alpha, sigma)
        gain = float(alpha) * self.variances / noised.variances
        matrices = ((self.axes * gain[:, None, :]) @ self.axes.mT).to(self.dtype)
        out = []
        for piece in self._pieces(x):
            r = torch.softmax(noised._logits(noised._whitened(piece)), dim=1)
            offset = piece[:, None, :] - noised.means
            out.append(r @ self.means + torch.einsum("nk,kij,nkj->ni", r, matrices, offset))
        return torch.cat(out)

    def characteristic(self, omega: Tensor) -> Tensor:
        """φ(ω) = E exp(i ωᵀx) = Σ_k π_k exp(i ωᵀμ_k − ½ ωᵀΣ_k ω): (M, d) → (M,) complex."""
        phase = omega @ self.means.T
        along = torch.einsum("md,kde->mke", omega, self.axes.to(self.dtype))
        decay = -0.5 * (along**2 * self.variances.to(self.dtype)).sum(2)
        return (torch.polar(torch.exp(decay), phase) * self.weights).sum(1)

    def characteristic_on(self, first: Tensor, second: Tensor) -> Tensor:
        """φ at all (ω₁, ω₂) of two axes in the plane: (A,), (B,) → (A, B) complex."""
        if bool((self.variances[:, 0] == self.variances[:, 1]).all()):  # round components: a product of two waves
            waves = [
                torch.polar(
                    torch.exp(-0.5 * omega.double().square()[:, None] * self.variances[:, 0]),
                    omega.double()[:, None] * self.means64[:, i],
                )
                for i, omega in enumerate((first, second))
            ]
            return (waves[0] * self.weights64) @ waves[1].mT
        omega = torch.cartesian_prod(first, second)
        parts = [self.characteristic(piece) for piece in torch.split(omega, max(1, _PIECE // self.K))]
        return torch.cat(parts).view(len(first), len(second))

    def squared_norm(self) -> float:
        """∫ p(x)² dx = Σ_jk π_j π_k N(μ_j − μ_k; 0, Σ_j + Σ_k)."""
        total = 0.0
        covariances = self.covariances64
        for j in range(self.K):
            both = covariances[j] + covariances
            off = self.means64[j] - self.means64
            far = (off * torch.linalg.solve(both, off)).sum(1)
            log_n = -0.5 * (far + torch.logdet(both) + self.d * math.log(2 * math.pi))
            total += float(self.weights64[j] * (self.weights64 @ torch.exp(log_n)))
        return total

    def conditional(self, axis: int, value: float) -> GaussianMixture:
        """The law of the other coordinate, given that x_axis = value, of a mixture in the plane; 1-D.

        Weights r_k ∝ π_k N(value; μ_ka, Σ_kaa), means μ_kb + Σ_kab/Σ_kaa (value − μ_ka), variances Σ_kbb − Σ_kab²/Σ_kaa
        (Bishop 2006, 2.3.1).

        Raises:
            ValueError: the mixture is not in the plane, or there is no such axis.
        """
        if self.d != 2 or axis not in (0, 1):
            raise ValueError(f"expected axis 0 or 1 of a mixture in 2 dimensions, not axis {axis} in {self.d}")
        cov = self.covariances64
        a, b = axis, 1 - axis
        off = value - self.means64[:, a]
        log_r = torch.log(self.weights64) - 0.5 * (off.square() / cov[:, a, a] + torch.log(cov[:, a, a]))
        slope = cov[:, a, b] / cov[:, a, a]
        # The determinant over Σ_aa: the difference above would cancel for thin, tilted components.
        means, variances = self.means64[:, b] + slope * off, self.variances.prod(1) / cov[:, a, a]
        parts = (torch.softmax(log_r, 0), means[:, None], variances[:, None, None])
        return GaussianMixture(*(v.to(self.dtype) for v in parts))

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """n independent draws, (n, d), from `generator` (which must live on the mixture's device)."""
        return self.sample_with_components(n, generator=generator)[0]

    def sample_with_components(self, n: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """n independent draws, (n, d), and the component each is from, (n,)."""
        which = torch.multinomial(self.weights64, n, replacement=True, generator=generator)
        z = torch.randn(n, self.d, generator=generator, dtype=self.dtype, device=self.device)
        z = z * self.variances.sqrt().to(self.dtype)[which]
        if self.d == 1:  # the only eigenvector is ±1 and a Gaussian is symmetric
            return self.means[which] + z, which
        return self.means[which] + torch.einsum("nij,nj->ni", self.axes.to(self.dtype)[which], z), which

    def _pieces(self, x: Tensor) -> tuple[Tensor, ...]:
        if x.ndim != 2 or x.shape[1] != self.d:
            raise ValueError(f"x must have shape (N, {self.d}), not {tuple(x.shape)}")
        return torch.split(x, max(1, _PIECE // (self.K * self.d)))

    def _whitened(self, x: Tensor) -> Tensor:
        """z_k = A_k (x − μ_k), (N, K, d). Subtracting first keeps small components exact in float32."""
        return torch.einsum("kij,nkj->nki", self.whitening.to(self.dtype), x[:, None, :] - self.means)

    def _logits(self, z: Tensor) -> Tensor:
        return self._log_coef.to(self.dtype) - 0.5 * (z * z).sum(2)


def _check_shapes(weights: Tensor, means: Tensor, covariances: Tensor) -> None:
    if weights.ndim != 1 or weights.shape[0] == 0:
        raise ValueError(f"weights must have shape (K,) with K ≥ 1, not {tuple(weights.shape)}")
    k = weights.shape[0]
    if means.ndim != 2 or means.shape[0] != k or means.shape[1] == 0:
        raise ValueError(f"means must have shape ({k}, d), not {tuple(means.shape)}")
    d = means.shape[1]
    if covariances.shape != (k, d, d):
        raise ValueError(f"covariances must have shape ({k}, {d}, {d}), not {tuple(covariances.shape)}")
