"""A pass over all particles, by one thread or several, of torch tensors on the CPU."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.fused.loading import kernels, ready
from visualizer.fused.room import ROOM

#: Below so many particles the time goes into other things; from so many on, each thread has enough to do.
ENOUGH, MANY = 20_000, 500_000
_MOST_THREADS = 4
#: Whatever is divided by it is how many blocks a thread takes at a time.
_TURNS = 4
Span = tuple[float, float]
T = TypeVar("T")
#: Means, whitening and an affine map of a mixture's components.
Tables = tuple[NDArray[np.float32], ...]


def suits(x: Tensor) -> bool:
    """Whether columns (…, N) are many enough, and where kernels can do them."""
    return _many(x) and kernels() is not None


def at_hand(x: Tensor) -> bool:
    """The same without waiting for kernels that are still on their way: for pictures."""
    return _many(x) and ready() is not None


def _many(x: Tensor) -> bool:
    return x.shape[-1] >= ENOUGH and x.device.type == "cpu" and x.dtype == torch.float32


def _like(x: Tensor) -> Tensor:
    return ROOM.empty(tuple(x.shape))


def finite(x: Tensor) -> bool:
    """Whether all coordinates of columns (d, N) are numbers below 10¹⁹."""
    return not _summed(_of("astray"), x.shape[1], 1, x.numpy())[0]


def gaussians(like: Tensor, std: float, generator: torch.Generator) -> Tensor:
    """Normal numbers times std, as many as there are in columns (…, N); torch's generator gives the key."""
    out, (low, high) = _like(like), _key(generator)
    columns = out.view(-1, out.shape[-1]).numpy()
    _shared(_of("gaussians"), out.shape[-1], columns, np.float32(std), low, high)
    return out


def log_prob_and_map(x: Tensor, tables: Tables, log_prob: Tensor | None) -> Tensor:
    """Σ_k r_k (b_k + M_k (x − μ_k)), (d, N) → (d, N), and log p into `log_prob`; tables are μ, whitening, b and M."""
    x = x.contiguous()
    out, logs = _like(x), np.empty(0, np.float32) if log_prob is None else log_prob.numpy()
    _shared(_of("log_prob_and_map"), x.shape[1], x.numpy(), out.numpy(), logs, *tables)
    return out


def moved(x: Tensor, tables: Tables, weights: tuple[float, float, float], generator: torch.Generator) -> Tensor:
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε: (d, N) → (d, N). The noise is that of `gaussians`."""
    x, out, key = x.contiguous(), _like(x), _key(generator) if weights[2] else (0, 0)
    numbers = (np.float32(w) for w in weights)
    _shared(_of("moved"), x.shape[1], x.numpy(), out.numpy(), *tables, *numbers, *key)
    return out


def underdamped(
    x: Tensor, p: Tensor, score: Tensor, tables: Tables, weights: tuple[float, float, float], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """(x, p, ∇log p(x)) after a step B A O A B; weights are h, e^{−γh} and the spread of the noise of `gaussians`."""
    given, made = [v.contiguous() for v in (x, p, score)], (_like(x), _like(x), _like(x))
    numbers, out = (np.float32(w) for w in weights), (v.numpy() for v in made)
    _shared(_of("underdamped"), x.shape[1], *(v.numpy() for v in given), *tables, *numbers, *_key(generator), *out)
    return made


class Tried(NamedTuple):
    """What a proposal and its test gave.

    Attributes:
        x: where each is now, (d, N).
        log_prob, score: log p and its gradient there, (N,) and (d, N).
        accepted: which proposals were taken, (N,) bool.
        error: H(proposal) − H(x), (N,).
    """

    x: Tensor
    log_prob: Tensor
    score: Tensor
    accepted: Tensor
    error: Tensor


def _room_for(x: Tensor) -> Tried:
    """Room for what becomes of columns (…, d, N)."""
    rows = (*x.shape[:-2], x.shape[-1])
    return Tried(_like(x), ROOM.empty(rows), _like(x), ROOM.empty(rows, torch.bool), ROOM.empty(rows))


def hamiltonian(
    x: Tensor,
    log_prob: Tensor,
    score: Tensor,
    tables: Tables,
    kinds: Sequence[tuple[float, float, float]],
    path: tuple[int, int],
    generator: torch.Generator,
) -> tuple[Tried, Tensor, Tensor]:
    """Fresh momenta, leapfrog steps and their test: what came of it, the proposal, and the way of the first few.

    Args:
        x, log_prob, score: of several kinds of columns, (R, d, N), (R, N) and (R, d, N); what is returned is, too.
        kinds: of each the size h of a step, and β and ω of the density, log π = β log p − ½ ω |x|².
        path: how many steps there are, and of how many particles of the first kind the way is told, (steps, d, M).
    """
    d, n = x.shape[1:]
    steps, follow = path
    y, way = _like(x), torch.empty(steps, d, follow)
    made = _room_for(x)
    given = (v.contiguous().view(-1, n).numpy() for v in (x, log_prob, score))
    out = (v.view(-1, n).numpy() for v in (made.x, made.log_prob, made.score, y, made.error, made.accepted))
    numbers = np.array(kinds, np.float32), steps
    _shared(_of("hamiltonian"), n, *given, *tables, *numbers, *_key(generator), *out, way.numpy())
    return made, y, way


def walked(
    x: Tensor, log_prob: Tensor, tables: Tables, spread: float, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x + spread ε and its test: (x, log p(x), the proposal, what was taken). The noise is that of `gaussians`."""
    n = x.shape[1]
    made = (_like(x), ROOM.empty((n,)), _like(x), ROOM.empty((n,), torch.bool))
    given, out = (v.contiguous().numpy() for v in (x, log_prob)), (v.numpy() for v in made)
    _shared(_of("walked"), n, *given, *tables, np.float32(spread), *_key(generator), *out)
    return made


def exchanged(one: Tensor, other: Tensor, swap: Tensor) -> None:
    """Exchanges columns of (…, N) where swap (N,) says so, in place."""
    n = one.shape[-1]
    _shared(_of("exchanged"), n, *(v.view(-1, n).numpy() for v in (one, other)), swap.numpy())


def tested(
    x: Tensor,
    y: Tensor,
    known: tuple[Tensor, Tensor],
    found: tuple[Tensor, Tensor],
    momenta: tuple[Tensor, Tensor],
    z: Tensor,
) -> Tried:
    """Metropolis' test of columns, of any density.

    Args:
        x, y: where each is, and where it would go.
        known, found: log p and its gradient at x, and at y.
        momenta: at x, and at y.
        z: two normal numbers for each column, (2, N): −|z|²/2 is the logarithm of a uniform one.
    """
    n = x.shape[1]
    columns = (x, y, known[1], found[1], known[0], found[0], *momenta, z)
    made = _room_for(x)
    out = (made.x, made.score, made.log_prob, made.error, made.accepted)
    _shared(_of("tested"), n, *(v.contiguous().numpy() for v in columns), *(v.numpy() for v in out))
    return made


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
    """How many of (2, N) lie on each pixel over limits, (height + 2, width + 2) int32: a border has those outside.

    Rows go down where the second limits fall.
    """
    w, h = width + 2, height + 2
    scale, origin = _pixels(limits, width, height)
    image = _summed(_of("count"), x.shape[1], w * h, x.contiguous().numpy(), scale, origin - 1 / scale, w, h)
    return torch.from_numpy(image).view(h, w)


def blurred(counts: Tensor) -> Tensor:
    """Counts with a border as of `count` → without it, (height, width), blurred by [1 2 1]/4 along both axes."""
    height, width = counts.shape[0] - 2, counts.shape[1] - 2
    out = torch.empty(height, width)
    _of("blurred")(counts.view(-1).numpy(), width, height, out.numpy())
    return out


def tally(x: Tensor, low: float, high: float, cells: int) -> Tensor:
    """How many of x (N,) fall into each of `cells` equal cells between low and high, (cells,) int32."""
    scale = cells / (high - low)
    numbers = x.contiguous().numpy(), np.float32(scale), np.float32(1 - low * scale)
    return torch.from_numpy(_summed(_of("tally"), len(x), cells + 2, *numbers))[1:-1]


def deposit(
    x: Tensor, weights: Tensor | None, limits: tuple[Span, Span], border: int, image: Tensor, width: int, *, soft: bool
) -> None:
    """Adds each of (2, N) to the four nearest pixels of a flat image with a border, `width` to a row.

    If `soft`, to 4 × 4 of them, by a cubic B-spline.
    """
    height = image.numel() // width
    scale, origin = _pixels(limits, width - 2 * border, height - 2 * border)
    shares = np.empty(0, np.float32) if weights is None else weights.contiguous().numpy()
    kernel = _of("softened" if soft else "deposit")
    kernel(x.contiguous().numpy(), shares, scale, origin, border, width, height, image.numpy())


def blended(images: Tensor, palette: Tensor, opacities: Tensor, steps: float) -> Tensor:
    """Images (C, height, width) → the colours of their sum, (height, width).

    Args:
        images: of what `deposit` gives.
        palette: what each stands for, (C, 4): a count, and that much red, green and blue, up to 1.
        opacities: from 0 to 255, for counts of 0, 1/steps, 2/steps, …; the last is for all that are more.
        steps: to a count of one.
    """
    out = torch.empty(images.shape[1:], dtype=torch.int32)
    given = (v.numpy() for v in (images, palette.contiguous(), opacities))
    _of("blended")(*given, np.float32(steps), out.numpy())
    return out


def dotted(
    x: Tensor,
    limits: tuple[Span, Span],
    size: tuple[int, int],
    radius: float,
    fixed: float,
    tones: tuple[float, Tensor],
) -> Tensor:
    """Few particles (2, N) as small dots → an int32 image.

    Args:
        limits, size: of the image, in the world and as (width, height).
        radius: in pixels; up to 1 they are quadratic B-splines, beyond it discs.
        fixed: what shares are multiplied by, to be whole numbers.
        tones: entries to a sum of one, and the table of colours.
    """
    width, height = size
    reach = 1 if radius <= 1 else math.ceil(radius + 0.5)
    out = torch.zeros(height, width, dtype=torch.int32)
    colours = np.empty((x.shape[1], (2 * reach + 1) ** 2), np.int32)
    numbers = np.float32(radius), reach, np.float32(fixed), np.float32(tones[0] / fixed)
    given = x.contiguous().numpy(), *_pixels(limits, width, height), *numbers, tones[1].numpy(), colours
    _of("dotted")(*given, out.numpy())
    return out


def drifted(
    image: Tensor,
    border: int,
    width: int,
    limits: tuple[Span, Span],
    tracers: tuple[Tensor, Tensor],
    velocity: Tensor,
    numbers: tuple[float, float, float],
    substeps: int,
) -> None:
    """Fades a flat image with a border, and moves tracers, which leave their traces on it.

    Args:
        image, border, width: as of `deposit`; traces are seen up to 1.
        limits: of the image.
        tracers: their places (2, N), which change, and their ages in frames (N,).
        velocity: on a grid over the limits, (2, rows, columns), row 0 at the top.
        numbers: how far a tracer goes in a substep at a velocity of 1; what stays of the image; a trace at speed 1.
        substeps: how many there are.
    """
    height = image.numel() // width
    scale, origin = _pixels(limits, width - 2 * border, height - 2 * border)
    x, age = (v.numpy() for v in tracers)
    field, weights = velocity.contiguous().numpy(), (np.float32(v) for v in numbers)
    _of("drifted")(image.numpy(), border, width, height, x, age, field, scale, origin, *weights, substeps)


def _pixels(limits: tuple[Span, Span], width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pixels to a unit along each axis, and where the first pixel begins."""
    (x0, x1), (y0, y1) = limits
    scale = np.array([width / (x1 - x0), height / (y1 - y0)], np.float32)
    return scale, np.array([x0, y0], np.float32)


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


def planes(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """An image (height, width, 4) B, G, R, X as a video keeps it, or None where there are no kernels.

    Returns:
        (3/2 height, width): Y', then half as wide and high C_b and C_r, of BT.709. Odd sizes lose a line.
    """
    if kernels() is None or not image.flags.c_contiguous:
        return None
    height, width = (size // 2 * 2 for size in image.shape[:2])
    out = np.empty((3 * height // 2, width), np.uint8)
    _of("planes")(image.reshape(-1).view(np.int32), image.shape[1], width, height, out.reshape(-1))
    return out


def _of(name: str) -> Callable[..., Any]:
    kernel: Callable[..., Any] = getattr(kernels(), name)
    return kernel


def _key(generator: torch.Generator) -> tuple[int, int]:
    low, high = torch.randint(0, 1 << 32, (2,), generator=generator).tolist()
    return low, high


@cache
def _pool() -> tuple[int, ThreadPoolExecutor]:
    """How many threads there are with the one that asks, and the others."""
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    return threads, ThreadPoolExecutor(max(1, threads - 1), "fused")


def _parts(n: int) -> list[tuple[int, int]]:
    """Blocks of n particles, from and to, for a thread to take at a time; one part where a thread is enough."""
    block = kernels().BLOCK  # type: ignore[union-attr]  # who asks has made sure that there are kernels
    blocks = -(-n // block)
    if n < MANY:
        return [(0, blocks)]
    size = -(-blocks // (_TURNS * _pool()[0]))
    return [(first, min(first + size, blocks)) for first in range(0, blocks, size)]


def _together(n: int, some: Callable[[Iterator[tuple[int, int]]], T]) -> list[T]:
    """What several threads made of the parts that each of them came by; this one is among them."""
    parts = _parts(n)
    turns = iter(parts)
    if len(parts) == 1:
        return [some(turns)]
    threads, pool = _pool()
    others = [pool.submit(some, turns) for _ in range(threads - 1)]
    return [some(turns), *(other.result() for other in others)]


def _shared(kernel: Callable[..., None], n: int, *arguments: Any) -> None:
    """Has all blocks done."""

    def some(parts: Iterator[tuple[int, int]]) -> None:
        for part in parts:
            kernel(*arguments, *part)

    _together(n, some)


def _summed(kernel: Callable[..., None], n: int, size: int, *arguments: Any) -> NDArray[np.int32]:
    """The sum of what each thread adds up on its own, (size,)."""

    def some(parts: Iterator[tuple[int, int]]) -> NDArray[np.int32]:
        out = np.zeros(size, np.int32)
        for part in parts:
            kernel(*arguments, out, *part)
        return out

    total, *others = _together(n, some)
    for part in others:
        total += part
    return total
