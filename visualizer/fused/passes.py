"""A pass over all particles, by one thread or several, of torch tensors on the CPU."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.fused.loading import kernels, ready

#: Below so many particles the time goes into other things; from so many on, each thread has enough to do.
ENOUGH, MANY = 20_000, 500_000
_MOST_THREADS = 4
#: Whatever is divided by it is how many blocks a thread takes at a time.
_TURNS = 4
Span = tuple[float, float]


def suits(x: Tensor) -> bool:
    """Whether columns (…, N) are many enough, and where kernels can do them."""
    return _many(x) and kernels() is not None


def at_hand(x: Tensor) -> bool:
    """The same without waiting for kernels that are still on their way: for pictures."""
    return _many(x) and ready() is not None


def _many(x: Tensor) -> bool:
    return x.shape[-1] >= ENOUGH and x.device.type == "cpu" and x.dtype == torch.float32


def gaussians(out: Tensor, std: float, generator: torch.Generator) -> Tensor:
    """Fills columns (…, N) with normal numbers times std, of which torch's generator gives the key."""
    low, high = _key(generator)
    columns = out.view(-1, out.shape[-1]).numpy()
    _shared(_of("gaussians"), out.shape[-1], columns, np.float32(std), low, high)
    return out


def log_prob_and_map(x: Tensor, tables: tuple[NDArray[np.float32], ...], log_prob: Tensor | None) -> Tensor:
    """Σ_k r_k (b_k + M_k (x − μ_k)), (d, N) → (d, N), and log p into `log_prob`; tables are μ, whitening, b and M."""
    x = x.contiguous()
    out, logs = torch.empty_like(x), np.empty(0, np.float32) if log_prob is None else log_prob.numpy()
    _shared(_of("log_prob_and_map"), x.shape[1], x.numpy(), out.numpy(), logs, *tables)
    return out


def moved(
    x: Tensor,
    tables: tuple[NDArray[np.float32], ...],
    weights: tuple[float, float, float],
    generator: torch.Generator,
) -> Tensor:
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε: (d, N) → (d, N). The noise is that of `gaussians`."""
    x, (low, high) = x.contiguous(), _key(generator)
    out = torch.empty_like(x)
    numbers = (np.float32(w) for w in weights)
    _shared(_of("moved"), x.shape[1], x.numpy(), out.numpy(), *tables, *numbers, low, high)
    return out


def leapfrogs(
    x: Tensor,
    p: Tensor,
    score: Tensor,
    tables: tuple[NDArray[np.float32], ...],
    h: float,
    steps: int,
    follow: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """(x, p, log p(x), ∇log p(x)) after leapfrog steps, and x of the first few after each, (steps, d, M)."""
    given = [v.contiguous() for v in (x, p, score)]
    made = [torch.empty_like(x) for x in given]
    log_prob, path = torch.empty_like(given[0][0]), torch.empty(steps, len(x), follow)
    arrays = [v.numpy() for v in (*made, log_prob, path)]
    _shared(_of("leapfrogs"), x.shape[1], *(v.numpy() for v in given), *tables, np.float32(h), steps, *arrays)
    return made[0], made[1], log_prob, made[2], path


def tested(
    x: Tensor,
    y: Tensor,
    known: tuple[Tensor, Tensor],
    found: tuple[Tensor, Tensor],
    momenta: tuple[Tensor, Tensor],
    z: Tensor,
) -> tuple[Tensor, tuple[Tensor, Tensor], Tensor, Tensor]:
    """Metropolis' test of columns: x or y, log p and its gradient there, what was taken, and H(y) − H(x).

    Args:
        x, y: where each is, and where it would go.
        known, found: log p and its gradient at x, and at y.
        momenta: at x, and at y.
        z: two normal numbers for each column, (2, N): −|z|²/2 is the logarithm of a uniform one.
    """
    columns = [v.contiguous() for v in (x, y, known[1], found[1])]
    out, slopes = torch.empty_like(columns[0]), torch.empty_like(columns[0])
    logs, error = torch.empty_like(columns[0][0]), torch.empty_like(columns[0][0])
    taken = torch.empty(x.shape[1], dtype=torch.bool)
    given = (*columns, known[0], found[0], *(v.contiguous() for v in momenta), z.contiguous())
    made = (out, slopes, logs, error, taken)
    _shared(_of("tested"), x.shape[1], *(v.numpy() for v in (*given, *made)))
    return out, (logs, slopes), taken, error


def interpolated(
    x: Tensor, rows: Tensor, sizes: Sequence[int], origin: Sequence[float], cell: Sequence[float]
) -> tuple[Tensor, Tensor, Tensor]:
    """Of columns (d, N): values between nodes (N,), their gradient (d, N), and whether each lies within the nodes.

    Rows (nodes, 2^d) have the value at a node, its slopes along the axes in cells and, in the plane, the twist.
    """
    x = x.contiguous()
    value, slope, inside = torch.empty_like(x[0]), torch.empty_like(x), torch.empty(x.shape[1], dtype=torch.bool)
    numbers = np.array(sizes), np.array(origin, np.float32), np.array(cell, np.float32)
    out = (v.numpy() for v in (value, slope, inside))
    _shared(_of("interpolated"), x.shape[1], x.numpy(), rows.numpy(), *numbers, *out)
    return value, slope, inside


def count(x: Tensor, limits: tuple[Span, Span], width: int, height: int) -> Tensor:
    """How many of (2, N) lie on each pixel over limits, (height, width), blurred by [1 2 1]/4 along both axes.

    Rows go down where the second limits fall.
    """
    w, h = width + 2, height + 2
    scale = np.array([width, height], np.float32) / np.array([b - a for a, b in limits], np.float32)
    origin = np.array([a for a, _ in limits], np.float32) - 1 / scale
    image = _summed(_of("count"), x.shape[1], w * h, x.contiguous().numpy(), scale, origin, w, h)
    out = np.empty((height, width), np.float32)
    _of("blurred")(image, width, height, out)
    return torch.from_numpy(out)


def tally(x: Tensor, low: float, high: float, cells: int) -> Tensor:
    """How many of x (N,) fall into each of `cells` equal cells between low and high, (cells,) int32."""
    scale = cells / (high - low)
    numbers = x.contiguous().numpy(), np.float32(scale), np.float32(1 - low * scale)
    return torch.from_numpy(_summed(_of("tally"), len(x), cells + 2, *numbers))[1:-1]


def deposit(
    x: Tensor, weights: Tensor | None, limits: tuple[Span, Span], border: int, image: Tensor, width: int
) -> None:
    """Adds each of (2, N) to the four nearest pixels of a flat image with a border, `width` to a row."""
    height = image.numel() // width
    sides = np.array([width - 2 * border, height - 2 * border], np.float32)
    scale = sides / np.array([b - a for a, b in limits], np.float32)
    origin = np.array([a for a, _ in limits], np.float32)
    shares = np.empty(0, np.float32) if weights is None else weights.contiguous().numpy()
    _of("deposit")(x.contiguous().numpy(), shares, scale, origin, border, width, height, image.numpy())


def toned(values: Tensor, factor: float, most: int, table: Tensor) -> tuple[Tensor, bool] | None:
    """Entries of a table for an image of values times a factor, from 0 to `most`, and whether some are no numbers.

    None where no kernels are there yet, or none for that image. The entries are those torch finds, to the bit.
    """
    if ready() is None or values.device.type != "cpu" or values.dtype != torch.float32 or values.stride(1) != 1:
        return None
    height, width = values.shape
    pitch = values.stride(0)
    flat = values.as_strided(((height - 1) * pitch + width,), (1,)).numpy()
    out = torch.empty(height, width, dtype=torch.int32)
    numbers = np.float32(factor), np.float32(most)
    return out, bool(_of("toned")(flat, pitch, width, *numbers, table.numpy(), out.numpy()))


def _of(name: str) -> Callable[..., Any]:
    kernel: Callable[..., Any] = getattr(kernels(), name)
    return kernel


def _key(generator: torch.Generator) -> tuple[int, int]:
    low, high = torch.randint(0, 1 << 32, (2,), generator=generator).tolist()
    return low, high


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), "fused")


def _blocks(n: int) -> list[tuple[int, int]]:
    """Which blocks of n particles are done together: the same whatever the number of threads."""
    block = kernels().BLOCK  # type: ignore[union-attr]  # who asks has made sure that there are kernels
    blocks = -(-n // block)
    if n < MANY:
        return [(0, blocks)]
    size = -(-blocks // (_TURNS * _MOST_THREADS))
    return [(first, min(first + size, blocks)) for first in range(0, blocks, size)]


def _shared(kernel: Callable[..., None], n: int, *arguments: Any) -> None:
    """Has all blocks done."""
    parts = _blocks(n)
    if len(parts) == 1:
        kernel(*arguments, *parts[0])
        return
    for done in [_threads().submit(kernel, *arguments, *part) for part in parts]:
        done.result()


def _summed(kernel: Callable[..., None], n: int, size: int, *arguments: Any) -> NDArray[np.int32]:
    """The sum of what each thread adds up on its own, (size,)."""
    parts = _blocks(n)

    def several(some: list[tuple[int, int]]) -> NDArray[np.int32]:
        out = np.zeros(size, np.int32)
        for part in some:
            kernel(*arguments, out, *part)
        return out

    if len(parts) == 1:
        return several(parts)
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    sums = _threads().map(several, [parts[i::threads] for i in range(threads)])
    total = np.zeros(size, np.int32)
    for part in sums:
        total += part
    return total
