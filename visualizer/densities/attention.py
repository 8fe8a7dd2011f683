"""The score of a mixture with many components as attention.

log π_k N(x; μ_k, C_k) is linear in the monomials of x: queries are [x², xy, y², x, y, 1], keys and
values are tables of the components, and the softmax of attention is the vector of
responsibilities. The N×K table is never stored, so memory is O(N + K): on a GPU by
`scaled_dot_product_attention`, on the CPU, where it is faster still, by chunks of columns that stay
in the cache, with the logarithm of 2 folded into the keys.
Expanding the square cancels in float32 when means are far from the origin compared with the
smallest standard deviation; `suits` says when that cannot matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from visualizer.densities.gaussian_mixture import GaussianMixture

#: From this many components the expanded form wins over the whitened one.
ATTENTION_MIN_K = 64
#: Features are padded to this width, a multiple of what fused kernels ask for.
_WIDTH = 16
#: Bound on (|x|/σ_min)² · ε that keeps the logits right to about 1e-4 in float32.
_MAX_RATIO = 40.0
#: Columns per call: this bounds memory for 10⁷ particles.
_COLUMNS = 1 << 18
#: Columns at a time on a CPU: a chunk stays in its cache.
_CHUNK = 256


class AttentionTable:
    """Keys and values of a noised mixture; `score` maps columns (d, N) to (d, N)."""

    def __init__(
        self,
        weights: Tensor,
        means: Tensor,
        inverse: Tensor,
        log_coef: Tensor,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.d = means.shape[1]
        # Relative coordinates halve the magnitudes that have to cancel.
        self._centre = (weights[:, None] * means).sum(0)
        mu = means - self._centre
        pull = (inverse @ mu[:, :, None])[:, :, 0]
        constant = log_coef - 0.5 * (mu * pull).sum(1)
        if self.d == 1:
            keys = [-0.5 * inverse[:, 0, 0], pull[:, 0], constant]
            values = [inverse[:, 0, 0], pull[:, 0]]
        else:
            keys = [
                -0.5 * inverse[:, 0, 0], -inverse[:, 0, 1], -0.5 * inverse[:, 1, 1],
                pull[:, 0], pull[:, 1], constant,
            ]  # fmt: skip
            values = [inverse[:, 0, 0], inverse[:, 0, 1], inverse[:, 1, 1], pull[:, 0], pull[:, 1]]
        self._keys, self._values = (self._pad(t, dtype, device) for t in (keys, values))
        self._keys2 = (torch.stack(keys, 1) * math.log2(math.e)).to(device=device, dtype=dtype).contiguous()
        self._sums = torch.stack([*values, torch.ones_like(constant)]).to(device=device, dtype=dtype).contiguous()
        self._centre = self._centre.to(device=device, dtype=dtype)[:, None]
        self._scratch: Tensor | None = None

    @staticmethod
    def suits(mixture: GaussianMixture, dtype: torch.dtype) -> bool:
        """Whether the expanded form is both faster and accurate for `mixture`."""
        if mixture.K < ATTENTION_MIN_K or dtype != torch.float32:
            return False
        centre = (mixture.weights64[:, None] * mixture.means64).sum(0)
        reach = (mixture.means64 - centre).norm(dim=1).max() + 3 * mixture.variances.max().sqrt()
        return bool(reach < _MAX_RATIO * mixture.variances.min().sqrt())

    @staticmethod
    def _pad(columns: list[Tensor], dtype: torch.dtype, device: torch.device) -> Tensor:
        table = torch.zeros(1, 1, columns[0].shape[0], _WIDTH, dtype=dtype, device=device)
        table[0, 0, :, : len(columns)] = torch.stack(columns, 1).to(device=device, dtype=dtype)
        return table

    def score(self, x: Tensor) -> Tensor:
        """∇ log p = Σ r_k C_k⁻¹ μ_k − (Σ r_k C_k⁻¹) x, (d, N) → (d, N)."""
        average = self.chunked if x.device.type == "cpu" else self.fused
        size = _CHUNK if x.device.type == "cpu" else _COLUMNS
        return torch.cat([self._score(part - self._centre, average) for part in torch.split(x, size, dim=1)], dim=1)

    def _score(self, x: Tensor, average: Callable[[Tensor], Tensor]) -> Tensor:
        if self.d == 1:
            v = average(torch.stack([x[0] * x[0], x[0], torch.ones_like(x[0])]))
            return (v[1] - v[0] * x[0])[None]
        v = average(torch.stack([x[0] * x[0], x[0] * x[1], x[1] * x[1], x[0], x[1], torch.ones_like(x[0])]))
        return torch.stack([v[3] - v[0] * x[0] - v[1] * x[1], v[4] - v[1] * x[0] - v[2] * x[1]])

    def chunked(self, features: Tensor) -> Tensor:
        """Values averaged with the weights softmax(keys · features), for a few hundred columns."""
        n = features.shape[1]
        if self._scratch is None or self._scratch.shape[1] != n:
            self._scratch = torch.empty(self._keys2.shape[0], n, dtype=features.dtype, device=features.device)
        logits = torch.mm(self._keys2, features, out=self._scratch)
        weights = logits.sub_(logits.amax(0, keepdim=True)).exp2_()
        sums = torch.mm(self._sums, weights)
        return sums[:-1].div_(sums[-1])

    def fused(self, features: Tensor) -> Tensor:
        """The same by the fused kernel, for any number of columns."""
        width = features.shape[0]
        q = torch.zeros(1, 1, features.shape[1], _WIDTH, dtype=features.dtype, device=features.device)
        q[0, 0, :, :width] = features.T
        return scaled_dot_product_attention(q, self._keys, self._values, scale=1.0)[0, 0].T
