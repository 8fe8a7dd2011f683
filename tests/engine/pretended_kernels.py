"""What `visualizer.fused.on_gpu` has, on a pretended GPU: one launch each, done by torch in float64.

The kernels themselves are tested in `tests/fused/test_on_gpu.py`, where there is Triton.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tests.engine.pretended import DeviceTensor, Pretend, WrongDevice, launch, plain_generator
from visualizer.densities.grid_density import _basis

PART = 256


class Kernel:
    """A function of tensors that are all on the device, and numbers."""

    def __init__(self, function: Callable[..., None]) -> None:
        self.function = function

    def __getitem__(self, grid: tuple[int]) -> Callable[..., None]:
        def launched(*arguments: Any, part: int, **options: Any) -> None:
            tensors = [v for v in arguments if isinstance(v, Tensor)]
            if not all(isinstance(v, DeviceTensor) and v.is_contiguous() for v in tensors):
                raise WrongDevice("a kernel takes what is contiguous, and on the device")
            assert (grid[0] - 1) * part < tensors[0].shape[1] <= grid[0] * part
            gpu = Pretend.current
            assert gpu is not None
            launch(gpu, self.function.__name__, [v.inner for v in tensors], [])
            self.function(*(v.inner if isinstance(v, Tensor) else v for v in arguments), **options)

        return launched


@Kernel
def moved(
    x: Tensor, out: Tensor, log_prob: Tensor, mixture: Tensor, towards: Tensor, key: Tensor, n: int, components: int,
    keep: float, pull: float, spread: float, *, d: int, logs: bool, noisy: bool,
) -> None:  # fmt: skip
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε."""
    assert x.shape == out.shape == (d, n)
    assert mixture.shape[1] == towards.shape[1] == components
    rows, y = mixture.double()[:, :, None], x.double()
    off = y[:, None] - rows[:d]
    z = rows[d + 1] * off[0] + (rows[d + 2] * off[1] if d == 2 else 0)
    terms = rows[d] - z.square() - ((rows[d + 3] * off[1]).square() if d == 2 else 0)
    sums = towards.double() @ torch.softmax(terms, 0)
    if d == 1:
        there = sums[:1] + sums[1:2] * y
    else:
        there = torch.stack([sums[0] + sums[2] * y[0] + sums[3] * y[1], sums[1] + sums[3] * y[0] + sums[4] * y[1]])
    new = keep * y + pull * there
    if noisy:
        new += spread * torch.empty_like(y).normal_(generator=plain_generator(int(key)))
    if logs:
        log_prob.copy_(torch.logsumexp(terms, 0))
    out.copy_(new)


@Kernel
def interpolated(
    x: Tensor, rows: Tensor, value: Tensor, slope: Tensor, inside: Tensor, n: int, size0: int, size1: int,
    origin0: float, origin1: float, cell0: float, cell1: float, *, d: int,
) -> None:  # fmt: skip
    """Cubic along each axis, of rows (nodes, 2^d) with value and slopes."""
    assert x.shape == slope.shape == (d, n)
    sizes, origins, cells = ((a, b)[:d] for a, b in ((size0, size1), (origin0, origin1), (cell0, cell1)))
    u = (x.double() - torch.tensor(origins)[:, None]) / torch.tensor(cells)[:, None]
    last = torch.tensor(sizes)[:, None] - 5
    inside.copy_(((u >= 4) & (u <= last)).all(0))
    u = torch.minimum(u.nan_to_num(4.0).clamp_min(4.0), last - 1e-3)
    node, bases = u.long(), [_basis(t) for t in u - u.floor()]
    value.zero_()
    slope.zero_()
    for corner in range(2**d):
        at = [corner >> i & 1 for i in range(d)]
        place = node[0] + at[0] if d == 1 else (node[0] + at[0]) * size1 + node[1] + at[1]
        f = rows.double()[place].view(
            -1, d, 2
        )  # value and slope along the first axis, of value and slope of the second
        h, g, dh, dg = zip(*(bases[i][at[i]] for i in range(d)), strict=True)
        along = f[:, :, 0] * h[0][:, None] + f[:, :, 1] * g[0][:, None]
        steep = f[:, :, 0] * dh[0][:, None] + f[:, :, 1] * dg[0][:, None]
        if d == 1:
            value += along[:, 0]
            slope[0] += steep[:, 0] / cell0
            continue
        value += along[:, 0] * h[1] + along[:, 1] * g[1]
        slope[0] += (steep[:, 0] * h[1] + steep[:, 1] * g[1]) / cell0
        slope[1] += (along[:, 0] * dh[1] + along[:, 1] * dg[1]) / cell1
