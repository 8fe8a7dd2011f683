"""The mixture as the engine runs it: particles in columns, preallocated buffers, no autograd.

One pass over a chunk of columns computes, for every component k, the whitened offset
A_k (x − μ_k), its square and hence the responsibilities in base 2. Score and denoiser are then both
responsibility-weighted affine maps, Σ_k r_k (b_k + M_k (x − μ_k)): one small matrix product gives the
weighted constants and matrices. Offsets are taken before they are whitened, so the responsibilities
stay accurate in float32 for tight components far from the origin; the affine part loses no more
than the rounding of x itself does, ε |x| ‖C_k⁻¹‖. From 20,000 columns on compiled kernels do the same,
and on a GPU one launch (`visualizer.fused`). Where neither is, many well-conditioned components are
attention, which torch does several times faster (`attention.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer import fused
from visualizer.densities.attention import ATTENTION_MIN_K, AttentionTable
from visualizer.densities.gaussian_mixture import GaussianMixture

_LOG2E = math.log2(math.e)
#: Components up to which one launch of a GPU does them one after the other.
_LAUNCHED_K = 256
#: Sums of densities below this may have lost terms that matter to underflow (float32 ends at 1e-38).
_FAINT = 1e-25


class MixtureKernel:
    """Density, score and denoiser of `mixture` noised by (α, σ), for columns x of shape (d, N).

    Args:
        mixture: p_0.
        alpha, sigma: noise level; the default is p_0 itself.
        dtype, device: of the columns; by default the mixture's.
    """

    def __init__(
        self,
        mixture: GaussianMixture,
        alpha: float = 1.0,
        sigma: float = 0.0,
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.dtype = dtype or mixture.dtype
        self.device = torch.device(device or mixture.device)
        self.d, self.K = mixture.d, mixture.K
        if self.d not in (1, 2):
            raise ValueError("the kernel works in one or two dimensions")
        noised = mixture.noised(alpha, sigma)
        weights, means = noised.weights64, noised.means64
        inverse = (noised.axes / noised.variances[:, None, :]) @ noised.axes.mT
        self._mixture, self._noised, self._alpha, self._precision = mixture, noised, float(alpha), inverse
        #: of logarithms of terms, to one nat: a CPU is quicker with powers of 2, a GPU has softmax
        self._unit = _LOG2E if self.device.type == "cpu" else 1.0
        self._table(noised, inverse)
        self._workspace = workspace or Workspace()
        self._attention = None
        if AttentionTable.suits(noised, self.dtype):
            self._attention = AttentionTable(weights, means, inverse, noised._log_coef, self.dtype, self.device)

    def _table(self, noised: GaussianMixture, inverse: Tensor) -> None:
        # Cholesky-like whitening with half a unit folded in: log r_k = c_k − |z_k|² in units.
        half = math.sqrt(self._unit / 2)
        rows = [*noised.means64.T, noised._log_coef * self._unit]
        if self.d == 1:
            rows += [inverse[:, 0, 0].sqrt() * half]
        else:  # C⁻¹ = Lᵀ L with L lower: z_1 = l11 dx + l12 dy, z_2 = l22 dy
            l11 = inverse[:, 0, 0].sqrt()
            l12 = inverse[:, 0, 1] / l11
            # det(C⁻¹)/C⁻¹_11 from the eigenvalues: no cancellation when the ellipse is thin
            l22 = (1.0 / noised.variances.prod(1)).sqrt() / l11
            rows += [v * half for v in (l11, l12, l22)]
        table = self._cast(torch.stack(rows))[:, :, None]  # one copy for a GPU
        self._rows = table[:, :, 0]
        self._mu = table[: self.d]  # (d, K, 1)
        self._c, self._a = table[self.d], table[self.d + 1]
        if self.d == 2:
            self._b, self._e = table[self.d + 2], table[self.d + 3]

    # What only some ask for is made when they do: kernels are made anew with every frame of a drag.

    @cached_property
    def _score_map(self) -> Tensor:
        return self._affine(torch.zeros_like(self._noised.means64.T), -self._precision)

    @cached_property
    def _denoise_map(self) -> Tensor:
        p = self._mixture
        gain = self._alpha * p.variances / self._noised.variances
        return self._affine(p.means64.T, (p.axes * gain[:, None, :]) @ p.axes.mT)

    @cached_property
    def _inverse(self) -> tuple[Tensor, Tensor]:
        """C_k⁻¹ (K, d, d) and their traces (K, 1)."""
        return self._cast(self._precision), self._cast((1.0 / self._noised.variances).sum(1)[:, None])

    @cached_property
    def _columns(self) -> tuple[NDArray[np.float32], ...]:
        """Means and whitening, a column for each component."""
        rows = (self._a, self._c) if self.d == 1 else (self._a, self._b, self._e, self._c)
        parts = self._mu[:, :, 0], torch.cat([row.T for row in rows])
        return tuple(part.contiguous().numpy() for part in parts)

    def _affine(self, offset: Tensor, matrices: Tensor) -> Tensor:
        """Rows (b − M μ, upper triangle of M, 1) over components: what Σ_k r_k (b_k + M_k (x − μ_k)) needs."""
        mu = self._noised.means64.T
        constant = offset - torch.einsum("kij,jk->ik", matrices, mu)
        upper = [matrices[:, i, j] for i in range(self.d) for j in range(i, self.d)]
        ones = torch.ones(self.K, dtype=torch.float64, device=matrices.device)
        return self._cast(torch.stack([*constant, *upper, ones]))

    def _cast(self, values: Tensor) -> Tensor:
        ready = values.to(dtype=self.dtype).contiguous()
        if self.device.type == "cuda" and ready.device.type == "cpu":  # so that nobody waits for the copy
            ready = ready.pin_memory()
        return ready.to(self.device, non_blocking=True)

    def in_one_pass(self, x: Tensor) -> bool:
        """Whether there are compiled kernels for so many columns; a thread of them is twice as fast as attention."""
        return self.dtype == torch.float32 and fused.suits(x)

    def _summed_in_one_pass(self, x: Tensor) -> bool:
        """The same for what draws no numbers: many components are as much work as many columns."""
        return self.dtype == torch.float32 and fused.suits(x, self.K)

    def in_one_launch(self, x: Tensor) -> bool:
        """Whether there are kernels for columns on a GPU."""
        return self.K <= _LAUNCHED_K and self.dtype == torch.float32 and fused.launches(x)

    def moves_at_once(self, x: Tensor) -> bool:
        """Whether columns are `moved` and `denoised` in one pass, or one launch."""
        return self.in_one_pass(x) or self.in_one_launch(x)

    def _tables(self, table: Tensor) -> tuple[NDArray[np.float32], ...]:
        """Means, whitening and an affine map, as the compiled kernels take them."""
        return (*self._columns, table.numpy())

    # What follows is for columns that are done `in_one_pass`; `moved` and `denoised` are for all that `moves_at_once`.

    def moved(self, x: Tensor, weights: tuple[float, float, float], generator: torch.Generator) -> Tensor:
        """keep x + pull ∇log p(x) + spread ε: (d, N) → (d, N); weights are keep, pull and spread."""
        return self._moved(x, self._score_map, weights, generator)

    def denoised(self, x: Tensor, weights: tuple[float, float, float], generator: torch.Generator) -> Tensor:
        """keep x + pull E[x_0 | x_t = x] + spread ε: (d, N) → (d, N)."""
        return self._moved(x, self._denoise_map, weights, generator)

    def _moved(
        self, x: Tensor, table: Tensor, weights: tuple[float, float, float], generator: torch.Generator
    ) -> Tensor:
        if x.device.type == "cpu":
            return fused.moved(x, self._tables(table), weights, generator)
        return fused.launched(x, (self._rows, table), weights, generator)

    def underdamped(
        self, x: Tensor, p: Tensor, score: Tensor, weights: tuple[float, float, float], generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """A step B A O A B; see `fused.underdamped`."""
        return fused.underdamped(x, p, score, self._tables(self._score_map), weights, generator)

    def hamiltonian(
        self,
        x: Tensor,
        log_prob: Tensor,
        score: Tensor,
        kinds: Sequence[tuple[float, float, float]],
        path: tuple[int, int],
        generator: torch.Generator,
    ) -> tuple[fused.Tried, Tensor, Tensor]:
        """Leapfrog steps and their test; see `fused.hamiltonian`."""
        return fused.hamiltonian(x, log_prob, score, self._tables(self._score_map), kinds, path, generator)

    def walked(
        self, x: Tensor, log_prob: Tensor, spread: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """A step of a random walk and its test; see `fused.walked`."""
        return fused.walked(x, log_prob, self._tables(self._score_map), spread, generator)

    @torch.no_grad()
    def score(self, x: Tensor) -> Tensor:
        """∇ log p: (d, N) → (d, N)."""
        if self._attention is not None and not (self._summed_in_one_pass(x) or self.in_one_launch(x)):
            return self._attention.score(x)
        return self._run(x, self._score_map, None)

    @torch.no_grad()
    def denoise(self, x: Tensor) -> Tensor:
        """E[x_0 | x_t = x]: (d, N) → (d, N)."""
        return self._run(x, self._denoise_map, None)

    @torch.no_grad()
    def log_prob(self, x: Tensor) -> Tensor:
        """log p in nats: (d, N) → (N,)."""
        return self.log_prob_and_score(x)[0]

    @torch.no_grad()
    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log p, ∇ log p) in one pass: (d, N) → (N,), (d, N)."""
        if self._summed_in_one_pass(x):
            log_prob = fused.ROOM.empty((x.shape[1],))
        else:
            log_prob = torch.empty(x.shape[1], dtype=self.dtype, device=self.device)
        score = self._run(x, self._score_map, log_prob)
        return log_prob, score

    @torch.no_grad()
    def score_and_divergence(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(∇ log p, ∇·∇ log p): (d, N) → (d, N), (N,).

        With u_k = C_k⁻¹ (x − α μ_k): ∇ log p = −Σ r_k u_k and Δ log p = Σ r_k (|u_k|² − tr C_k⁻¹) − |∇ log p|².
        """
        score = torch.empty(self.d, x.shape[1], dtype=self.dtype, device=self.device)
        divergence = torch.empty(x.shape[1], dtype=self.dtype, device=self.device)
        inverse, trace = self._inverse
        for part in self._chunks(x.shape[1]):
            blocks = self._workspace.blocks(self.d, self.K, part.stop - part.start, self.dtype, self.device)
            self._log_terms(x[:, part], blocks)
            r = torch.softmax(blocks.logits.mul_(1.0 / self._unit), 0)
            u = torch.einsum("kij,jkn->ikn", inverse, x[:, None, part] - self._mu)
            mean = (r * u).sum(1)
            score[:, part] = -mean
            square = (r * u.square().sum(0)).sum(0)
            divergence[part] = square - mean.square().sum(0) - (r * trace).sum(0)
        return score, divergence

    @torch.no_grad()
    def nearest(self, x: Tensor) -> Tensor:
        """Index of the component with the largest responsibility: (d, N) → (N,) int64."""
        out = torch.empty(x.shape[1], dtype=torch.int32, device=self.device)
        index = torch.arange(self.K, dtype=torch.int32, device=self.device)[:, None]
        for part in self._chunks(x.shape[1]):
            blocks = self._workspace.blocks(self.d, self.K, part.stop - part.start, self.dtype, self.device)
            peak = self._log_terms(x[:, part], blocks, want_peak=True)
            # argmax along the first axis is not vectorised; comparing with the maximum is.
            torch.amax(blocks.logits.eq(peak).mul(index), 0, out=out[part])
        return out.to(torch.int64)

    @torch.no_grad()
    def mean_responsibilities(self, x: Tensor) -> Tensor:
        """The mean over columns of P(component k | x): (d, N) → (K,) float64, on the CPU; π for exact samples."""
        sums = torch.stack([r.sum(1) for r in self.responsibilities(x)])
        return sums.cpu().double().sum(0) / x.shape[1]

    @torch.no_grad()
    def responsibilities(self, x: Tensor) -> Iterator[Tensor]:
        """P(component k | x), (K, n), of one piece of the columns after another, each in the place of the last."""
        for part in self._chunks(x.shape[1]):
            blocks = self._workspace.blocks(self.d, self.K, part.stop - part.start, self.dtype, self.device)
            if self.device.type != "cpu":
                self._log_terms(x[:, part], blocks)
                yield torch.softmax(blocks.logits, 0)
                continue
            peak = self._log_terms(x[:, part], blocks, want_peak=True)
            terms = blocks.logits.sub_(peak).exp2_()
            yield terms.div_(terms.sum(0))

    def _chunks(self, n: int) -> list[slice]:
        # On the CPU a chunk's buffers should stay in the cache; a GPU wants many at once.
        entries = 1 << 18 if self.device.type == "cpu" else 1 << 24
        size = max(256, entries // self.K)
        if n <= 1.5 * size:  # a small second chunk costs more than a first that is a little too large
            return [slice(0, n)]
        return [slice(i, min(i + size, n)) for i in range(0, n, size)]

    def _run(self, x: Tensor, table: Tensor, log_prob: Tensor | None) -> Tensor:
        if self._summed_in_one_pass(x):
            return fused.log_prob_and_map(x, self._tables(table), log_prob)
        if self.in_one_launch(x):
            return fused.launched(x, (self._rows, table), (0.0, 1.0, 0.0), None, log_prob)
        out = torch.empty(self.d, x.shape[1], dtype=self.dtype, device=self.device)
        chunks = self._chunks(x.shape[1])
        for part in chunks:
            # One chunk needs no slices: for few particles they are a good part of the time.
            piece, result = (x, out) if len(chunks) == 1 else (x[:, part], out[:, part])
            logs = None if log_prob is None else log_prob[part]
            blocks = self._workspace.blocks(self.d, self.K, piece.shape[1], self.dtype, self.device)
            if self.device.type != "cpu":  # asking whether terms are tiny would stop a GPU until it has caught up
                self._by_softmax(piece, table, blocks, result, logs)
                continue
            self._log_terms(piece, blocks)
            torch.mm(table, blocks.logits.exp2_(), out=blocks.sums)
            self._combine(blocks, piece, result, logs)
            if not float(blocks.rows[-1].amin()) > _FAINT:
                self._mend(piece, table, blocks, result, logs)
        return out

    def _by_softmax(self, x: Tensor, table: Tensor, blocks: Blocks, out: Tensor, log_prob: Tensor | None) -> None:
        """The same in few operations, each of which a GPU has to be told."""
        self._log_terms(x, blocks)
        if log_prob is not None:
            torch.logsumexp(blocks.logits, 0, out=log_prob)
        torch.mm(table[:-1], torch.softmax(blocks.logits, 0), out=blocks.sums[:-1])
        if self.d == 1:
            torch.addcmul(blocks.sums[:1], blocks.sums[1:2], x, out=out)
        else:  # rows are the constants, then M_00, M_01 and M_11
            torch.addcmul(blocks.sums[:2], blocks.sums[2:4], x[0], out=out).addcmul_(blocks.sums[3:5], x[1])

    def _relative(self, x: Tensor, table: Tensor, blocks: Blocks, out: Tensor, log_prob: Tensor | None) -> None:
        """Sums the terms relative to the largest of each column: nothing underflows that matters."""
        peak = self._log_terms(x, blocks, want_peak=True)
        torch.mm(table, blocks.logits.sub_(peak).exp2_(), out=blocks.sums)
        self._combine(blocks, x, out, log_prob)
        if log_prob is not None:
            log_prob.add_(peak[0], alpha=1.0 / _LOG2E)

    def _mend(self, x: Tensor, table: Tensor, blocks: Blocks, out: Tensor, log_prob: Tensor | None) -> None:
        """Does the columns again whose terms are all tiny."""
        faint = (blocks.rows[-1] <= _FAINT).nonzero()[:, 0]
        if 2 * len(faint) > x.shape[1]:
            self._relative(x, table, blocks, out, log_prob)
            return
        columns = x.index_select(1, faint)
        mended, logs = torch.empty_like(columns), torch.empty_like(columns[0])
        few = Blocks(self.d, self.K, len(faint), self.dtype, self.device)
        self._relative(columns, table, few, mended, logs)
        out.index_copy_(1, faint, mended)
        if log_prob is not None:
            log_prob.index_copy_(0, faint, logs)

    def _combine(self, blocks: Blocks, x: Tensor, out: Tensor, log_prob: Tensor | None) -> None:
        """(constant + M x) / Σ r, and log Σ r in nats, from the weighted sums of one table."""
        if self.d == 1:
            constant, m, total = blocks.rows
            torch.addcmul(constant, m, x, out=out).div_(total)
        else:
            c0, c1, m00, m01, m11, total = blocks.rows
            (x0, x1), (out0, out1) = x.unbind(0), out.unbind(0)
            torch.addcmul(c0, m00, x0, out=out0).addcmul_(m01, x1).div_(total)
            torch.addcmul(c1, m01, x0, out=out1).addcmul_(m11, x1).div_(total)
        if log_prob is not None:
            torch.log2(total, out=log_prob).mul_(1.0 / _LOG2E)

    def _log_terms(self, x: Tensor, blocks: Blocks, want_peak: bool = False) -> Tensor:
        """Fills `logits` with log(π_k N_k) in units; returns their maximum over k, (1, n), if wanted."""
        logits = blocks.logits
        torch.sub(x[:, None, :], self._mu, out=blocks.offsets)
        z = blocks.offset_rows[0].mul_(self._a)
        if self.d == 2:
            dy = blocks.offset_rows[1]
            z.addcmul_(dy, self._b)
            dy.mul_(self._e)
            torch.addcmul(self._c, z, z, value=-1, out=logits).addcmul_(dy, dy, value=-1)
        else:
            torch.addcmul(self._c, z, z, value=-1, out=logits)
        return torch.amax(logits, 0, keepdim=True, out=blocks.peak) if want_peak else blocks.peak


class Blocks:
    """Buffers for a chunk of n columns."""

    def __init__(self, d: int, k: int, n: int, dtype: torch.dtype, device: torch.device) -> None:
        self.offsets = torch.empty(d, k, n, dtype=dtype, device=device)
        self.logits = torch.empty(k, n, dtype=dtype, device=device)
        self.peak = torch.empty(1, n, dtype=dtype, device=device)
        self.sums = torch.empty(6 if d == 2 else 3, n, dtype=dtype, device=device)
        self.offset_rows, self.rows = self.offsets.unbind(0), self.sums.unbind(0)


class Workspace:
    """Buffers shared by the kernels of one thread (a time-dependent sampler makes one kernel a step)."""

    _KEEP = 8

    def __init__(self) -> None:
        self._blocks: dict[tuple[object, ...], Blocks] = {}

    def blocks(self, d: int, k: int, n: int, dtype: torch.dtype, device: torch.device) -> Blocks:
        """Buffers for n columns; kept, and reused by the next call of the same shape."""
        key = (d, k, n, dtype, device)
        found = self._blocks.get(key)
        if found is None:
            while len(self._blocks) >= self._KEEP:
                self._blocks.pop(next(iter(self._blocks)))
            found = self._blocks[key] = Blocks(d, k, n, dtype, device)
        return found


__all__ = ["ATTENTION_MIN_K", "MixtureKernel", "Workspace"]
