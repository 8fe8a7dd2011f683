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
        _prove(found, device)
        _prove_between(found, device)
    except ImportError:
        return None
    except Exception as error:  # Triton needs a compiler of C, and a GPU it knows; what it raises is not told anywhere
        print(f"The GPU goes on without kernels of its own, in more and slower steps: {error}", file=sys.stderr)
        return None
    return found


def _prove(kernels: ModuleType, device: torch.device) -> None:
    """Raises whatever goes wrong, or ValueError if a step, log p or noise does not come out right."""
    mixture = torch.tensor([[-1.0, 2.0], [0.5, -0.3], [-2.0, -1.5], [0.8, 0.6], [0.2, -0.1], [0.7, 0.9]])
    towards = torch.tensor([[0.3, -0.7], [1.1, 0.2], [-1.3, -0.7], [-0.2, 0.1], [-0.9, -1.6], [1.0, 1.0]])
    x = torch.stack([torch.linspace(-4, 4, _PROOF), torch.linspace(3, -2, _PROOF)])
    (x0, x1), (mu0, mu1, c, a, b, e) = x.double(), mixture.double()[:, :, None]
    plane = c - (a * (x0 - mu0) + b * (x1 - mu1)).square() - (e * (x1 - mu1)).square()
    c0, c1, m00, m01, m11 = towards.double()[:5] @ torch.softmax(plane, 0)
    there = torch.stack([c0 + m00 * x0 + m01 * x1, c1 + m01 * x0 + m11 * x1])
    line = c - (a * (x0 - mu0)).square()
    c0, m00 = towards.double()[[0, 2]] @ torch.softmax(line, 0)
    cases = (
        (x, mixture, towards, plane, there),
        (x[:1], mixture[[0, 2, 3]], towards[[0, 2, 5]], line, (c0 + m00 * x0)[None]),
    )
    for columns, *tables, terms, slope in cases:
        y, log_prob = columns.to(device), torch.empty(_PROOF, device=device)
        given = tables[0].to(device), tables[1].to(device)
        for logs in (None, log_prob):
            found = _moved(kernels, y, given, (0.5, 2.0, 0.0), None, logs)
            _alike("a step", found, 0.5 * columns.double() + 2 * slope)
        _alike("a log-density", log_prob, torch.logsumexp(terms, 0))
        noise = _moved(kernels, y, given, (0.0, 0.0, 1.0), torch.Generator(device).manual_seed(0), None).cpu().double()
        if not bool((noise.mean(1).abs() < 6 / math.sqrt(_PROOF)).all() & ((noise.var(1) - 1).abs() < 0.2).all()):
            raise ValueError("noise does not come out right there")


def _prove_between(kernels: ModuleType, device: torch.device) -> None:
    """The same of values between nodes, which are those of a polynomial that is cubic along each axis."""
    u = torch.stack([torch.linspace(4.1, 7.9, _PROOF), torch.linspace(7.7, 4.2, _PROOF)])
    nodes = torch.arange(13.0)
    p, slope = nodes**3 / 100 - nodes**2 / 10, 3 * nodes**2 / 100 - nodes / 5
    x, y = u.double()
    px, sx, py, sy = (v for t in (x, y) for v in (t**3 / 100 - t**2 / 10, 3 * t**2 / 100 - t / 5))
    flat = [p[:, None] * p, slope[:, None] * p, p[:, None] * slope, slope[:, None] * slope]
    cases = (
        (u[:1], torch.stack([p, slope], 1), px, sx[None]),
        (u, torch.stack([v.flatten() for v in flat], 1), px * py, torch.stack([sx * py, px * sy])),
    )
    for columns, rows, value, gradient in cases:
        d = len(columns)
        found = _interpolated(kernels, 0.5 * columns.to(device) - 1, rows.to(device), [13] * d, [-1.0] * d, [0.5] * d)
        _alike("a value on a grid", found[0], value)
        _alike("a score on a grid", found[1], gradient / 0.5)
        if not bool(found[2].all()):
            raise ValueError("what lies on a grid does not come out right there")


def _alike(what: str, found: Tensor, exact: Tensor) -> None:
    if not bool((found.cpu() - exact).abs().max() < _NEAR):
        raise ValueError(f"{what} does not come out right there")


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
    return _interpolated(kernels, x, rows, sizes, origin, cell)


def _interpolated(
    kernels: ModuleType, x: Tensor, rows: Tensor, sizes: Sequence[int], origin: Sequence[float], cell: Sequence[float]
) -> tuple[Tensor, Tensor, Tensor]:
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
