"""The score of a mixture with many components as fused attention.

log π_k N(x; μ_k, C_k) is linear in the monomials of x: queries are [x², xy, y², x, y, 1], keys and
values are tables of the components, and the softmax of attention is the vector of
responsibilities. `scaled_dot_product_attention` never stores the N×K table, so memory is O(N + K).
Expanding the square cancels in float32 when means are far from the origin compared with the
smallest standard deviation; `suits` says when that cannot matter.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from visualizer.densities.gaussian_mixture import GaussianMixture

#: From this many components the fused kernel wins over the chunked one.
ATTENTION_MIN_K = 64
#: Features are padded to this width, which the CPU kernel likes best.
_WIDTH = 16
#: Bound on (|x|/σ_min)² · ε that keeps the logits right to about 1e-4 in float32.
_MAX_RATIO = 40.0
#: Columns per call: bounds memory for 10⁷ particles.
_COLUMNS = 1 << 18


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
        self._centre = self._centre.to(device=device, dtype=dtype)[:, None]

    @staticmethod
    def suits(mixture: GaussianMixture, dtype: torch.dtype) -> bool:
        """Whether the expanded form is both faster and accurate for `mixture`."""
        if mixture.K < ATTENTION_MIN_K or dtype != torch.float32:
            return False
        centre = (mixture._weights[:, None] * mixture._means).sum(0)
        reach = (mixture._means - centre).norm(dim=1).max() + 3 * mixture.variances.max().sqrt()
        return bool(reach < _MAX_RATIO * mixture.variances.min().sqrt())

    @staticmethod
    def _pad(columns: list[Tensor], dtype: torch.dtype, device: torch.device) -> Tensor:
        table = torch.zeros(1, 1, columns[0].shape[0], _WIDTH, dtype=dtype, device=device)
        table[0, 0, :, : len(columns)] = torch.stack(columns, 1).to(device=device, dtype=dtype)
        return table

    def score(self, x: Tensor) -> Tensor:
        """∇ log p = Σ r_k C_k⁻¹ μ_k − (Σ r_k C_k⁻¹) x, (d, N) → (d, N)."""
        return torch.cat([self._score(part - self._centre) for part in torch.split(x, _COLUMNS, dim=1)], dim=1)

    def _score(self, x: Tensor) -> Tensor:
        q = torch.zeros(1, 1, x.shape[1], _WIDTH, dtype=x.dtype, device=x.device)
        f = q[0, 0]
        if self.d == 1:
            f[:, 0], f[:, 1], f[:, 2] = x[0] * x[0], x[0], 1.0
        else:
            f[:, 0], f[:, 1], f[:, 2] = x[0] * x[0], x[0] * x[1], x[1] * x[1]
            f[:, 3], f[:, 4], f[:, 5] = x[0], x[1], 1.0
        v = scaled_dot_product_attention(q, self._keys, self._values, scale=1.0)[0, 0].T
        if self.d == 1:
            return (v[1] - v[0] * x[0])[None]
        return torch.stack([v[3] - v[0] * x[0] - v[1] * x[1], v[4] - v[1] * x[0] - v[2] * x[1]])
