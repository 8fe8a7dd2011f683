"""Densities known on a grid, at one noise level: score, samples and marginals."""

from __future__ import annotations

import math
from functools import cached_property

import torch
from torch import Tensor

from visualizer import fused
from visualizer.densities.grid_source import FLOOR, GridSource, LogDensity
from visualizer.densities.precision import widest
from visualizer.densities.pyramid import Table

#: The weight of the wide Gaussian that takes over where p is below `FLOOR`.
_REST = 1e-11
#: Noise beyond so many standard deviations of the data leaves a Gaussian: what else there is has shrunk to 1e-12.
_DROWNED = 1e4
#: Points that are asked at once; four times as many on a GPU.
_PIECE = 1 << 20
#: Entries of a table of waves, frequencies times nodes.
_WAVES = 1 << 21


class GridDensity:
    """p_t of x_t = α x_0 + σ ε for an x_0 known on a grid, in the public (N, d) layout.

    log p is bicubic (Hermite) between the nodes of log p_τ, τ = σ/α, with slopes of fourth order; the score is its
    gradient, so that both fit each other. Beyond about 30 nats below the peak, where an FFT knows nothing, and outside
    the box, p is that of a Gaussian with twice the standard deviation and the weight 1e-11. At σ = 0 the log-density
    itself is used where there is one, its score by automatic differentiation; where p = 0 the score is the Gaussian's.
    """

    #: so many components: none
    K = 0

    def __init__(
        self,
        source: GridSource,
        alpha: float = 1.0,
        sigma: float = 0.0,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        if alpha == 0.0 and sigma == 0.0:
            raise ValueError("alpha = sigma = 0 leaves a point mass, which has no density")
        self.source, self.alpha, self.sigma = source, alpha, sigma
        self.d, self.dtype, self.device = source.d, dtype, torch.device(device)
        self._kept: dict[str, Tensor] = source.kept(alpha, sigma)

    @property
    def mean(self) -> Tensor:
        """E[x_t], (d,)."""
        return self._moments[0].to(self.device, self.dtype)

    @property
    def covariance(self) -> Tensor:
        """Cov[x_t], (d, d)."""
        return self._moments[1].to(self.device, self.dtype)

    def __eq__(self, other: object) -> bool:
        """The same source at the same noise level, with results of the same sort."""
        # What is compared may be anything.
        return isinstance(other, GridDensity) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[object, ...]:
        return id(self.source), self.alpha, self.sigma, self.dtype, str(self.device)

    @property
    def mixture(self) -> None:
        """It is not in closed form."""
        return None

    @property
    def grid(self) -> GridDensity:
        """Itself."""
        return self

    @property
    def standard_deviation(self) -> float:
        """The root mean square of the standard deviations along the axes."""
        return float((self.covariance.diagonal().mean()).sqrt())

    @property
    def least_variance(self) -> None:
        """Not known of a density on a grid."""
        return None

    @property
    def bandwidth(self) -> float:
        """That of the noise."""
        return self.sigma

    @cached_property
    def _moments(self) -> tuple[Tensor, Tensor]:
        """Mean and covariance in float64 on the CPU: what is made of them is shared by all dtypes and devices."""
        noise = self.sigma**2 * torch.eye(self.d, dtype=torch.float64)
        return self.alpha * self.source.mean, self.alpha**2 * self.source.covariance + noise

    @cached_property
    def _inverse(self) -> tuple[Tensor, float]:
        """The inverse of the covariance, and the logarithm of its determinant."""
        covariance = self._moments[1]
        return torch.linalg.inv(covariance), float(torch.logdet(covariance))

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> GridDensity:
        """The same density with its results on `device` in `dtype`."""
        return GridDensity(self.source, self.alpha, self.sigma, dtype=dtype or self.dtype, device=device or self.device)

    def noised(self, alpha: float, sigma: float) -> GridDensity:
        """The law of α x + σ ε."""
        sigma = math.sqrt((alpha * self.sigma) ** 2 + sigma**2)
        return GridDensity(self.source, alpha * self.alpha, sigma, dtype=self.dtype, device=self.device)

    # evaluation

    @property
    def _exact(self) -> LogDensity | None:
        return self.source.exact if self.sigma == 0.0 else None

    def _tau(self) -> float:
        return self.sigma / self.alpha

    @cached_property
    def drowned(self) -> bool:
        """Whether there is so much noise that p_t is the Gaussian with its mean and covariance."""
        return self.sigma > abs(self.alpha) * _DROWNED * math.sqrt(float(self.source.covariance.diagonal().max()))

    def _gaussian(self, x: Tensor, spread: float) -> tuple[Tensor, Tensor, Tensor]:
        """log N(x; E x_t, spread² Cov x_t), its gradient and the inverse covariance; of (N, d)."""
        wide, (inverse, log_det) = widest(x), self._inverse
        name = f"{wide.dtype} {wide.device}"  # a GPU gets them once
        if f"mean {name}" not in self._kept:
            self._kept[f"mean {name}"] = self._moments[0].to(wide)
        if f"precision {spread} {name}" not in self._kept:
            self._kept[f"precision {spread} {name}"] = (inverse / spread**2).to(wide)
        precision = self._kept[f"precision {spread} {name}"]
        off = wide - self._kept[f"mean {name}"]
        pull = -off @ precision
        constant = -0.5 * (self.d * math.log(2 * math.pi * spread**2) + log_det)
        return constant + 0.5 * (off * pull).sum(1), pull, precision

    @property
    def least(self) -> float:
        """No larger a value of p_t is told from 0; 0 where p_t is a formula."""
        if self._exact is not None or self.drowned:
            return 0.0
        rest = _REST / math.sqrt(float(torch.linalg.det(8 * math.pi * self._moments[1])))
        return float(FLOOR * self.table().density.max()) / self.alpha**self.d + rest

    def table(self) -> Table:
        """p_τ, τ = σ/α, of y = x/α."""
        return self.source.smoothed(self._tau())

    def _nodes(self) -> tuple[Tensor, Table]:
        """log p_t at the nodes, with the rest that is never 0."""
        table = self.table()
        if "log" not in self._kept:
            p = table.density / self.alpha**self.d
            p = (p - FLOOR * p.max()).clamp_min_(0.0)
            self._kept["log"] = torch.logaddexp(torch.log(p), self._rest_at_nodes(table))
        return self._kept["log"], table

    def _rest_at_nodes(self, table: Table) -> Tensor:
        """log of the rest at all nodes: a quadratic form of the axes."""
        mean, covariance = self._moments[0], 4.0 * self._moments[1]
        precision = torch.linalg.inv(covariance)
        off = [self.alpha * table.axis(i) - float(mean[i]) for i in range(self.d)]
        constant = math.log(_REST) - 0.5 * (self.d * math.log(2 * math.pi) + float(torch.logdet(covariance)))
        if self.d == 1:
            return torch.add(constant, off[0].square(), alpha=-0.5 * float(precision[0, 0]))
        rows = constant - 0.5 * precision[0, 0] * off[0].square()
        columns = -0.5 * precision[1, 1] * off[1].square()
        return torch.addmm(
            rows[:, None] + columns[None, :], off[0][:, None], off[1][None, :], alpha=-float(precision[0, 1])
        )

    def _hermite(self) -> Tensor:
        """Rows (nodes, 2^d): log p_t with ∂₀, ∂₁, ∂₀∂₁ of it, in cells."""
        name = f"rows {self.dtype} {self.device}"
        if name not in self._kept:
            log_p, _ = self._nodes()
            rows = fused.sloped(log_p) if self.dtype == torch.float32 else None
            if rows is None:
                slopes = [_slope(log_p, i) for i in range(self.d)]
                values = [log_p, *slopes, *([_slope(slopes[0], 1)] if self.d == 2 else [])]
                rows = torch.stack([v.flatten().to(self.dtype) for v in values], 1)
            self._kept[name] = rows.to(self.device)
        return self._kept[name]

    def _curvature(self) -> Tensor:
        """The divergence of the score at the nodes, (nodes,)."""
        name = f"divergence {self.dtype} {self.device}"
        if name not in self._kept:
            log_p, table = self._nodes()
            curves = [_slope(_slope(log_p, i), i) / (self.alpha * c) ** 2 for i, c in enumerate(table.cell)]
            self._kept[name] = sum(curves[1:], curves[0]).flatten().to(self.device, self.dtype)
        return self._kept[name]

    def _cells(self, x: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Of x (N, d): along each axis the node before it and how far it is to the next; whether x is in the box."""
        table = self.table()
        nodes, shares = [], []
        inside = torch.ones(x.shape[0], dtype=torch.bool, device=x.device)
        for i in range(self.d):
            last = table.density.shape[i] - 5
            u = (x[:, i] - self.alpha * table.origin[i]) / (self.alpha * table.cell[i])
            inside &= (u >= 4) & (u <= last)
            u = torch.nan_to_num(u, 4.0).clamp(4, last - 1e-3)
            before = u.floor()
            nodes.append(before.long())
            shares.append((u - before).to(self.dtype))
        return nodes, shares, inside

    def _interpolated(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """log p_t (N,) and its gradient (N, d): bicubic within the box, the Gaussian's outside."""
        rows, table = self._hermite(), self.table()
        if fused.suits(x.T) or fused.launches(x.T):
            scaled = [[self.alpha * v for v in values] for values in (table.origin, table.cell)]
            interpolated = fused.interpolated if x.device.type == "cpu" else fused.interpolated_on_gpu
            value, slope, inside = interpolated(x.T, rows, table.density.shape, *scaled)
            return self._with_outside(x, value, slope.T, inside)
        nodes, shares, inside = self._cells(x)
        n = table.density.shape[-1]
        bases = [_basis(t) for t in shares]
        value = torch.zeros_like(shares[0])
        gradient = [torch.zeros_like(value) for _ in range(self.d)]
        for corner in range(2**self.d):
            at = [corner >> i & 1 for i in range(self.d)]
            index = nodes[0] + at[0] if self.d == 1 else (nodes[0] + at[0]) * n + nodes[1] + at[1]
            f = rows.index_select(0, index).unbind(1)
            h, g, dh, dg = zip(*(bases[i][at[i]] for i in range(self.d)), strict=True)
            if self.d == 1:
                value += f[0] * h[0] + f[1] * g[0]
                gradient[0] += f[0] * dh[0] + f[1] * dg[0]
                continue
            along0, along1 = f[0] * h[0] + f[1] * g[0], f[2] * h[0] + f[3] * g[0]
            value += along0 * h[1] + along1 * g[1]
            gradient[0] += (f[0] * dh[0] + f[1] * dg[0]) * h[1] + (f[2] * dh[0] + f[3] * dg[0]) * g[1]
            gradient[1] += along0 * dh[1] + along1 * dg[1]
        score = torch.stack([v / (self.alpha * c) for v, c in zip(gradient, table.cell, strict=True)], 1)
        return self._with_outside(x, value, score, inside)

    def _with_outside(self, x: Tensor, value: Tensor, score: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
        """The same, with the Gaussian's where x is not in the box."""
        if x.device.type != "cpu" or not bool(inside.all()):  # a GPU would have to be waited for
            rest, pull, _ = self._gaussian(x, 2.0)
            value = torch.where(inside, value, (math.log(_REST) + rest).to(value.dtype))
            score = torch.where(inside[:, None], score, pull.to(score.dtype))
        return value.to(x.dtype), score.to(x.dtype)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p_t(x) in nats: (N, d) → (N,)."""
        if (exact := self._exact) is not None:
            return exact(self._checked(x) / self.alpha) - self.d * math.log(self.alpha)
        return self.log_prob_and_score(x)[0]

    def score(self, x: Tensor) -> Tensor:
        """∇ log p_t(x): (N, d) → (N, d)."""
        return self.log_prob_and_score(x)[1]

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log p_t, ∇ log p_t): (N, d) → (N,), (N, d)."""
        size = _PIECE if x.device.type == "cpu" else 4 * _PIECE
        pieces = [self._both(piece) for piece in torch.split(self._checked(x), size)]
        return pieces[0] if len(pieces) == 1 else (torch.cat([p for p, _ in pieces]), torch.cat([s for _, s in pieces]))

    def _both(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if self.drowned:
            log_p, score, _ = self._gaussian(x, 1.0)
            return log_p.to(x.dtype), score.to(x.dtype)
        exact = self._exact
        if exact is None:
            return self._interpolated(x)
        with torch.enable_grad():
            y = (x.detach() / self.alpha).requires_grad_()
            log_p = exact(y)
            (gradient,) = torch.autograd.grad(log_p.sum(), y)
        # Where the derivative does not exist (the root at 0), a zero does no harm and a NaN would.
        score = torch.nan_to_num(gradient, nan=0.0) / self.alpha
        nowhere = torch.isinf(log_p.detach())
        if bool(nowhere.any()):  # p = 0 there: whoever has stepped out is pulled back
            score = torch.where(nowhere[:, None], self._gaussian(x, 2.0)[1].to(x.dtype), score)
        return log_p.detach() - self.d * math.log(self.alpha), score

    def divergence(self, x: Tensor) -> Tensor:
        """∇·∇ log p_t(x), (bi)linear between nodes: (N, d) → (N,)."""
        if self.drowned:
            return -torch.trace(self._gaussian(x[:1], 1.0)[2]).to(x.dtype).expand(x.shape[0])
        divergence = self._curvature()
        nodes, shares, inside = self._cells(self._checked(x))
        n = self.table().density.shape[-1]
        value = torch.zeros_like(shares[0])
        for corner in range(2**self.d):
            at = [corner >> i & 1 for i in range(self.d)]
            index = nodes[0] + at[0] if self.d == 1 else (nodes[0] + at[0]) * n + nodes[1] + at[1]
            weight = math.prod([t if k else 1 - t for t, k in zip(shares, at, strict=True)], start=torch.ones(()))
            value += weight * divergence[index]
        outside = -torch.trace(self._gaussian(x[:1], 2.0)[2])
        return torch.where(inside, value, outside.to(value.dtype)).to(x.dtype)

    def _checked(self, x: Tensor) -> Tensor:
        if x.ndim != 2 or x.shape[1] != self.d:
            raise ValueError(f"x must have shape (N, {self.d}), not {tuple(x.shape)}")
        return x

    def characteristic(self, omega: Tensor) -> Tensor:
        """φ(ω) = E exp(i ωᵀx): (M, d) → (M,) complex, by summing over the cells of p_0."""
        return torch.cat(
            [self._characteristic(part) for part in torch.split(omega, max(1, _WAVES // len(self._mass())))]
        )

    def _characteristic(self, omega: Tensor) -> Tensor:
        p = self._mass()
        waves = [self._wave(i, omega[:, i]) for i in range(self.d)]
        return waves[0] @ p if self.d == 1 else ((waves[0] @ p) * waves[1]).sum(1)

    def characteristic_on(self, first: Tensor, second: Tensor) -> Tensor:
        """φ at all (ω₁, ω₂) of two axes in the plane: (A,), (B,) → (A, B) complex."""
        return self._wave(0, first) @ self._mass() @ self._wave(1, second).mT

    def _mass(self) -> Tensor:
        """Of the cells of p_0, complex."""
        if "mass" not in self._kept:
            self._kept["mass"] = (self.source.summed.density * self.source.summed.volume).to(torch.complex128)
        return self._kept["mass"]

    def _wave(self, axis: int, omega: Tensor) -> Tensor:
        """exp(iαωy) at the nodes y of an axis, with what noise leaves of it, (M,) → (M, nodes)."""
        table, omega = self.source.table, omega.double().cpu()
        size = torch.exp(-0.5 * (self.sigma * omega).square())
        if self.source.points is not None:  # the splines that hold the points smear them
            size = size / torch.sinc(self.alpha * omega * table.cell[axis] / (2 * math.pi)).pow(4)
        return torch.polar(size[:, None], self.alpha * omega[:, None] * table.axis(axis))

    def squared_norm(self) -> float:
        """∫ p_t(x)² dx, by summing over the cells of p_τ."""
        if self.drowned:
            return 1 / math.sqrt(float(torch.linalg.det(4 * math.pi * self.covariance.double())))
        table = self.table()
        return float(table.density.square().sum()) * table.volume / abs(self.alpha) ** self.d

    @property
    def nyquist(self) -> float:
        """The highest frequency that the cells of p_0 hold, in x_t."""
        return math.pi / (max(self.source.table.cell) * max(abs(self.alpha), 1e-12))

    # where it is, draws and marginals

    def bounds(self, spread: float = 5.0) -> tuple[tuple[float, float], ...]:
        """For each axis the box of x_0, scaled, and `spread` σ more."""
        more = spread * self.sigma
        box = zip(self.source.low, self.source.high, strict=True)
        return tuple((min(self.alpha * a, self.alpha * b) - more, self.alpha * b + more) for a, b in box)

    @property
    def peak(self) -> tuple[float, ...]:
        """Where p_0 is highest, scaled as x_t is."""
        table = self.source.table
        at = torch.unravel_index(table.density.argmax(), table.density.shape)
        return tuple(float(self.alpha * table.axis(i)[k]) for i, k in enumerate(at))

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """n independent draws, (n, d): exactly from the (bi)linear interpolant of p_0's cells, noised."""
        table, d = self.source.table, self.d
        if self.source.draw is not None:
            return self._noisy(self.source.draw(n, generator), generator)
        if self.source.points is not None:
            chosen = torch.randint(len(self.source.points), (n,), generator=generator)
            return self._noisy(self.source.points[chosen], generator)
        which = torch.multinomial((table.density * table.volume).flatten(), n, replacement=True, generator=generator)
        index = torch.stack(torch.unravel_index(which, table.density.shape), 1).double()
        # The sum of two uniform numbers has the triangular density that linear interpolation weighs a node with.
        jitter = torch.rand(2, n, d, dtype=torch.float64, generator=generator).sum(0) - 1
        y = torch.tensor(table.origin) + torch.tensor(table.cell) * (index + jitter)
        if self.source.edges:  # what has stepped over an edge comes from as far on this side
            low, high = torch.tensor(self.source.low), torch.tensor(self.source.high)
            y = high - (high - (low + (y - low).abs())).abs()
        return self._noisy(y, generator)

    def _noisy(self, y: Tensor, generator: torch.Generator | None) -> Tensor:
        noise = torch.randn(y.shape, dtype=torch.float64, generator=generator) if self.sigma else 0.0
        return (self.alpha * y + self.sigma * noise).to(self.device, self.dtype)

    def sample_with_components(self, n: int, *, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """n independent draws, (n, d), all of one component: 0."""
        return self.sample(n, generator=generator), torch.zeros(n, dtype=torch.long, device=self.device)

    def along(self, axis: int) -> tuple[Tensor, Tensor]:
        """Nodes and the density of coordinate `axis` of x_t there; not for what is `drowned`."""
        if self.sigma == 0.0 and self.source.laws:
            at, p = self.source.laws[axis]
            return self.alpha * at, p / self.alpha
        table = self.table()
        other = 1 - axis
        p = table.density if self.d == 1 else table.density.sum(other) * table.cell[other]
        return self.alpha * table.axis(axis), p / self.alpha


def _slope(f: Tensor, axis: int) -> Tensor:
    """∂f/∂i in cells, by central differences of fourth order; the four outermost nodes are not to be used."""
    n = f.shape[axis] - 4
    near, far = f.narrow(axis, 3, n) - f.narrow(axis, 1, n), f.narrow(axis, 4, n) - f.narrow(axis, 0, n)
    out = torch.zeros_like(f)
    out.narrow(axis, 2, n).copy_(near.mul_(8).sub_(far).div_(12))
    return out


def _basis(t: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Cubic Hermite weights of the nodes at 0 and 1: of value and slope, and the derivatives of both."""
    t2 = t * t
    t3 = t2 * t
    rise, drise = 3 * t2 - 2 * t3, 6 * (t - t2)
    near = (1 - rise, t - 2 * t2 + t3, -drise, 1 - 4 * t + 3 * t2)
    far = (rise, t3 - t2, drise, 3 * t2 - 2 * t)
    return near, far
