"""One launch over all particles of a GPU, of torch tensors there: the passes of `passes.py` that Triton does."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import ModuleType

import torch
from torch import Tensor

#: Set, it says that there are none.
SWITCH = "VISUALIZER_NO_TRITON"
#: What is proved on a GPU before kernels are believed there: particles, and how far float32 may be from float64.
_PROOF, _NEAR = 4096, 1e-4


def launches(x: Tensor) -> bool:
    """Whether columns (d, N) are where there are kernels of a GPU."""
    return x.device.type == "cuda" and x.dtype == torch.float32 and _kernels(x.device) is not None


@cache
def _kernels(device: torch.device) -> ModuleType | None:
    """The kernels, once they have done right on that GPU; None without Triton, which comes with torch for CUDA."""
    if os.environ.get(SWITCH) or not torch.cuda.is_available():
        return None
    try:
        found = import_module("visualizer.fused.on_gpu")
    except ImportError:
        return None
    try:
        _prove(found, device)
    except Exception as error:  # Triton needs a compiler of C, and a GPU it knows; what it raises is not told anywhere
        print(f"The GPU goes on without kernels of its own, in more and slower steps: {error}", file=sys.stderr)
        return None
    return found


def _prove(kernels: ModuleType, device: torch.device) -> None:
    """Raises whatever goes wrong, or ValueError if a step or its noise does not come out right."""
    mixture = torch.tensor([[-1.0, 2.0], [0.5, -0.3], [-2.0, -1.5], [0.8, 0.6], [0.2, -0.1], [0.7, 0.9]])
    towards = torch.tensor([[0.3, -0.7], [1.1, 0.2], [-1.3, -0.7], [-0.2, 0.1], [-0.9, -1.6], [1.0, 1.0]])
    x = torch.stack([torch.linspace(-4, 4, _PROOF), torch.linspace(3, -2, _PROOF)])
    tables = mixture.to(device), towards.to(device)
    found = _moved(kernels, x.to(device), tables, (0.5, 2.0, 0.0), None, None)
    generator = torch.Generator(device).manual_seed(0)
    noise = _moved(kernels, x.to(device), tables, (0.0, 0.0, 1.0), generator, None).cpu().double()
    (x0, x1), (mu0, mu1, c, a, b, e) = x.double(), mixture.double()[:, :, None]
    share = torch.softmax(c - (a * (x0 - mu0) + b * (x1 - mu1)).square() - (e * (x1 - mu1)).square(), 0)
    c0, c1, m00, m01, m11 = towards.double()[:5] @ share
    exact = 0.5 * x.double() + 2 * torch.stack([c0 + m00 * x0 + m01 * x1, c1 + m01 * x0 + m11 * x1])
    if not bool((found.cpu() - exact).abs().max() < _NEAR):
        raise ValueError("a step does not come out right there")
    if not bool((noise.mean(1).abs() < 6 / math.sqrt(_PROOF)).all() & ((noise.var(1) - 1).abs() < 0.2).all()):
        raise ValueError("noise does not come out right there")


def launched(
    x: Tensor,
    tables: tuple[Tensor, Tensor],
    weights: tuple[float, float, float],
    generator: torch.Generator | None = None,
    log_prob: Tensor | None = None,
) -> Tensor:
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε: (d, N) → (d, N), and log p(x) into `log_prob` (N,).

    Args:
        x: columns.
        tables: rows over components: μ, c and the whitening, log(π_k N_k) = c − |z_k|²; and those of the map.
        weights: keep, pull and spread.
        generator: on the same device; it gives the key of the noise.
        log_prob: in nats, if that is wanted.
    """
    kernels = _kernels(x.device)
    assert kernels is not None  # who asks has asked `launches`
    return _moved(kernels, x, tables, weights, generator, log_prob)


def _moved(
    kernels: ModuleType,
    x: Tensor,
    tables: tuple[Tensor, Tensor],
    weights: tuple[float, float, float],
    generator: torch.Generator | None,
    log_prob: Tensor | None,
) -> Tensor:
    x = x.contiguous()
    (d, n), out, noisy = x.shape, torch.empty_like(x), weights[2] != 0
    key, logs = x, x if log_prob is None else log_prob  # what is not asked for is not looked at
    if noisy:
        key = torch.randint(-(1 << 63), (1 << 63) - 1, (1,), generator=generator, device=x.device)
    wanted = {"d": d, "logs": log_prob is not None, "noisy": noisy, "part": kernels.PART}
    with torch.cuda.device_of(x):
        kernels.moved[_grid(kernels, n)](x, out, logs, *tables, key, n, tables[0].shape[1], *weights, **wanted)
    return out


def interpolated_on_gpu(
    x: Tensor, rows: Tensor, sizes: Sequence[int], origin: Sequence[float], cell: Sequence[float]
) -> tuple[Tensor, Tensor, Tensor]:
    """See `passes.interpolated`."""
    kernels = _kernels(x.device)
    assert kernels is not None  # who asks has asked `launches`
    x = x.contiguous()
    d, n = x.shape
    value, slope, inside = (
        torch.empty_like(x[0]),
        torch.empty_like(x),
        torch.empty(n, dtype=torch.bool, device=x.device),
    )
    numbers = [v for values in (sizes, origin, cell) for v in (values[0], values[-1])]
    with torch.cuda.device_of(x):
        kernels.interpolated[_grid(kernels, n)](x, rows, value, slope, inside, n, *numbers, d=d, part=kernels.PART)
    return value, slope, inside


def _grid(kernels: ModuleType, n: int) -> tuple[int]:
    return (-(-n // kernels.PART),)
