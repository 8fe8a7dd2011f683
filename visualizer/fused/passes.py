"""A pass over all particles, by one thread or several, of torch tensors on the CPU."""

from __future__ import annotations

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
from visualizer.fused.watching import Cells, Span, Watch, watch

#: Below so many particles the time goes into other things; from so many on, each thread has enough to do.
ENOUGH, MANY = 20_000, 500_000
_MOST_THREADS = 4
#: Whatever is divided by it is how many blocks a thread takes at a time.
_TURNS = 4
#: Blocks that a step makes before they are looked at: still in the cache then.
_AT_HAND = 64
T = TypeVar("T")
#: Means, whitening and an affine map of a mixture's components.
Tables = tuple[NDArray[np.float32], ...]


def suits(x: Tensor, terms: int = 1) -> bool:
    """Whether columns (…, N), with so many terms for each, are many enough, and where kernels can do them."""
    return _many(x, terms) and kernels() is not None


def at_hand(x: Tensor) -> bool:
    """The same without waiting for kernels that are still on their way: for pictures."""
    return _many(x) and ready() is not None


def _many(x: Tensor, terms: int = 1) -> bool:
    return x.shape[-1] * max(1, terms // 8) >= ENOUGH and x.device.type == "cpu" and x.dtype == torch.float32


def _like(x: Tensor) -> Tensor:
    return ROOM.empty(tuple(x.shape))


def finite(x: Tensor) -> bool:
    """Whether all coordinates of columns (d, N) are numbers below 10¹⁹."""
    return not _pass(x.shape[1], [_astray(x)])[0][0]


def gaussians(like: Tensor, std: float, generator: torch.Generator) -> Tensor:
    """Normal numbers times std, as many as there are in columns (…, N); torch's generator gives the key."""
    out, (low, high) = _like(like), _key(generator)
    columns = out.view(-1, out.shape[-1]).numpy()
    _shared(kernel_of("gaussians"), out.shape[-1], columns, np.float32(std), low, high)
    return out


def log_prob_and_map(x: Tensor, tables: Tables, log_prob: Tensor | None) -> Tensor:
    """Σ_k r_k (b_k + M_k (x − μ_k)), (d, N) → (d, N), and log p into `log_prob`; tables are μ, whitening, b and M."""
    x = x.detach().contiguous()
    out, logs = _like(x), np.empty(0, np.float32) if log_prob is None else log_prob.numpy()
    _shared(kernel_of("log_prob_and_map"), x.shape[1], x.numpy(), out.numpy(), logs, *tables, terms=_terms(tables))
    return out


def moved(x: Tensor, tables: Tables, weights: tuple[float, float, float], generator: torch.Generator) -> Tensor:
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε: (d, N) → (d, N). The noise is that of `gaussians`."""
    x, out, key = x.contiguous(), _like(x), _key(generator) if weights[2] else (0, 0)
    numbers = (np.float32(w) for w in weights)
    _shared(
        kernel_of("moved"), x.shape[1], x.numpy(), out.numpy(), *tables, *numbers, *key, terms=_terms(tables), made=out
    )
    return out


def underdamped(
    x: Tensor, p: Tensor, score: Tensor, tables: Tables, weights: tuple[float, float, float], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """(x, p, ∇log p(x)) after a step B A O A B; weights are h, e^{−γh} and the spread of the noise of `gaussians`."""
    given, made = [v.contiguous() for v in (x, p, score)], (_like(x), _like(x), _like(x))
    numbers, out = (np.float32(w) for w in weights), (v.numpy() for v in made)
    all_given = *(v.numpy() for v in given), *tables, *numbers, *_key(generator), *out
    _shared(kernel_of("underdamped"), x.shape[1], *all_given, terms=_terms(tables), made=made[0])
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
    alone = made.x[0] if len(kinds) == 1 else None  # others may be exchanged yet
    all_given = *given, *tables, *numbers, *_key(generator), *out, way.numpy()
    _shared(kernel_of("hamiltonian"), n, *all_given, terms=steps * len(kinds) * _terms(tables), made=alone)
    return made, y, way


def walked(
    x: Tensor, log_prob: Tensor, tables: Tables, spread: float, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x + spread ε and its test: (x, log p(x), the proposal, what was taken). The noise is that of `gaussians`."""
    n = x.shape[1]
    made = (_like(x), ROOM.empty((n,)), _like(x), ROOM.empty((n,), torch.bool))
    given, out = (v.contiguous().numpy() for v in (x, log_prob)), (v.numpy() for v in made)
    all_given = *given, *tables, np.float32(spread), *_key(generator), *out
    _shared(kernel_of("walked"), n, *all_given, terms=_terms(tables), made=made[0])
    return made


def exchanged(one: Tensor, other: Tensor, swap: Tensor) -> None:
    """Exchanges columns of (…, N) where swap (N,) says so, in place."""
    n = one.shape[-1]
    _shared(kernel_of("exchanged"), n, *(v.view(-1, n).numpy() for v in (one, other)), swap.numpy())


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
    _shared(kernel_of("tested"), n, *(v.contiguous().numpy() for v in columns), *(v.numpy() for v in out), made=made.x)
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
    _shared(kernel_of("interpolated"), x.shape[1], x.numpy(), rows.numpy(), *numbers, *out)
    return value, slope, inside


def sloped(values: Tensor) -> Tensor | None:
    """Of values at the nodes of a plane, float64: rows (nodes, 4) float32 for `interpolated`; None without kernels."""
    if kernels() is None or values.ndim != 2 or values.device.type != "cpu":
        return None
    rows = torch.empty(*values.shape, 4)
    kernel_of("sloped")(values.contiguous().numpy(), rows.numpy())
    return rows.view(-1, 4)


def count(x: Tensor, cells: Cells) -> Tensor:
    """How many of (d, N) lie in each cell, int32, with a border of one for those outside: (columns + 2,) for d = 1.

    For d = 2 (rows + 2, columns + 2), where columns are cells along the first axis.
    """
    return _shaped(_pass(x.shape[1], [_counting(x.contiguous(), cells)])[0], cells)


def known_or_counted(x: Tensor, cells: Cells, watching: Watch | None) -> Tensor:
    """See `count`; who has watched the step that made the particles may know."""
    known = None if watching is None else watching.counts(x, cells)
    return count(x, cells) if known is None else known


def kernel_of(name: str) -> Callable[..., Any]:
    kernel: Callable[..., Any] = getattr(kernels(), name)
    return kernel


def pixels_of(limits: tuple[Span, Span], width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pixels to a unit along each axis, and where the first pixel begins."""
    (x0, x1), (y0, y1) = limits
    scale = np.array([width / (x1 - x0), height / (y1 - y0)], np.float32)
    return scale, np.array([x0, y0], np.float32)


def _key(generator: torch.Generator) -> tuple[int, int]:
    low, high = torch.randint(0, 1 << 32, (2,), generator=generator).tolist()
    return low, high


def _terms(tables: Tables) -> int:
    return int(tables[0].shape[1])


@cache
def _pool() -> tuple[int, ThreadPoolExecutor]:
    """How many threads there are with the one that asks, and the others."""
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    return threads, ThreadPoolExecutor(max(1, threads - 1), "fused")


def _parts(n: int, terms: int) -> list[tuple[int, int]]:
    """Blocks of n particles, from and to, for a thread to take at a time; one part where a thread is enough.

    Up to eight terms of a mixture are no more than what else there is to do for a particle.
    """
    block = kernels().BLOCK  # type: ignore[union-attr]  # who asks has made sure that there are kernels
    blocks = -(-n // block)
    if n * max(1, terms // 8) < MANY:
        return [(0, blocks)]
    size = -(-blocks // (_TURNS * _pool()[0]))
    return [(first, min(first + size, blocks)) for first in range(0, blocks, size)]


def _together(n: int, terms: int, some: Callable[[Iterator[tuple[int, int]]], T]) -> list[T]:
    """What several threads made of the parts that each of them came by; this one is among them."""
    parts = _parts(n, terms)
    turns = iter(parts)
    if len(parts) == 1:
        return [some(turns)]
    threads, pool = _pool()
    others = [pool.submit(some, turns) for _ in range(threads - 1)]
    return [some(turns), *(other.result() for other in others)]


class _Look(NamedTuple):
    """A kernel that adds up what it finds of particles, (size,)."""

    kernel: Callable[..., None]
    size: int
    arguments: tuple[Any, ...]


def _astray(x: Tensor) -> _Look:
    return _Look(kernel_of("astray"), 1, (x.numpy(),))


def _counting(x: Tensor, cells: Cells) -> _Look:
    if len(cells.sizes) == 1:
        ((low, high),), (size,) = cells
        per_unit = size / (high - low)
        return _Look(kernel_of("tally"), size + 2, (x[0].numpy(), np.float32(per_unit), np.float32(1 - low * per_unit)))
    w, h = (size + 2 for size in cells.sizes)
    scale, origin = pixels_of((cells.limits[0], cells.limits[1]), *cells.sizes)
    return _Look(kernel_of("count"), w * h, (x.numpy(), scale, origin - 1 / scale, w, h))


def _shaped(counts: NDArray[np.int32], cells: Cells) -> Tensor:
    return torch.from_numpy(counts).view(*(size + 2 for size in reversed(cells.sizes)))


def _shared(kernel: Callable[..., None], n: int, *arguments: Any, terms: int = 1, made: Tensor | None = None) -> None:
    """Has all blocks done, of so many terms for each particle.

    Who watches is told of the particles (d, N) that are made.
    """
    watching = watch()
    if watching is None or made is None:
        _pass(n, [], kernel, arguments, terms)
        return
    wanted = watching.wanted(len(made))
    looks = [_astray(made), *([] if wanted is None else [_counting(made, wanted)])]
    astray, *counts = _pass(n, looks, kernel, arguments, terms)
    watching.saw(made, not astray[0], wanted, None if wanted is None else _shaped(counts[0], wanted))


def _pass(
    n: int,
    looks: Sequence[_Look],
    kernel: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
    terms: int = 1,
) -> list[NDArray[np.int32]]:
    """Has all blocks done by the kernel, if there is one, and looked at; what each look has added up in all threads."""

    def some(parts: Iterator[tuple[int, int]]) -> list[NDArray[np.int32]]:
        sums = [np.zeros(look.size, np.int32) for look in looks]
        for first, last in parts:
            size = _AT_HAND if looks and kernel is not None else last - first
            for at in range(first, last, size):
                piece = at, min(at + size, last)
                if kernel is not None:
                    kernel(*arguments, *piece)
                for look, total in zip(looks, sums, strict=True):
                    look.kernel(*look.arguments, total, *piece)
        return sums

    total, *others = _together(n, terms, some)
    for part in others:
        for mine, theirs in zip(total, part, strict=True):
            mine += theirs
    return total
