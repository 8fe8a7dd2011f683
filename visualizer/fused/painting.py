"""Pixels from particles one by one, and colours from pixels: what one thread does."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.fused.loading import kernels, ready
from visualizer.fused.passes import kernel_of, pixels_of
from visualizer.fused.watching import Span

#: A table of the logarithm has 2^8 entries to each of so many doublings of 1 + count.
_FINE, _DOUBLINGS = 8, 30


def blurred(counts: Tensor) -> Tensor:
    """Counts with a border as of `count` → without it, (height, width), blurred by [1 2 1]/4 along both axes."""
    height, width = counts.shape[0] - 2, counts.shape[1] - 2
    out = torch.empty(height, width)
    kernel_of("blurred")(counts.view(-1).numpy(), width, height, out.numpy())
    return out


def deposit(
    x: Tensor, weights: Tensor | None, limits: tuple[Span, Span], border: int, image: Tensor, width: int, *, soft: bool
) -> None:
    """Adds each of (2, N) to the four nearest pixels of a flat image with a border, `width` to a row.

    If `soft`, to 4 × 4 of them, by a cubic B-spline.
    """
    height = image.numel() // width
    scale, origin = pixels_of(limits, width - 2 * border, height - 2 * border)
    shares = np.empty(0, np.float32) if weights is None else weights.contiguous().numpy()
    kernel = kernel_of("softened" if soft else "deposit")
    kernel(x.contiguous().numpy(), shares, scale, origin, border, width, height, image.numpy())


def blended(images: Tensor, palette: Tensor, opacities: Tensor) -> Tensor:
    """Images (C, height, width) → the colours of their sum, (height, width).

    Args:
        images: of what `deposit` gives.
        palette: what each stands for, (C, 4): a count, and that much red, green and blue, up to 1.
        opacities: from 0 to 255, for `log_counts`.
    """
    out = torch.empty(images.shape[1:], dtype=torch.int32)
    given = (v.numpy() for v in (images, palette.contiguous(), opacities))
    kernel_of("blended")(*given, _FINE, out.numpy())
    return out


def dotted(
    x: Tensor,
    limits: tuple[Span, Span],
    size: tuple[int, int],
    radius: float,
    fixed: float,
    table: Tensor,
) -> Tensor:
    """Few particles (2, N) as small dots → an int32 image.

    Args:
        limits, size: of the image, in the world and as (width, height).
        radius: in pixels; up to 1 they are quadratic B-splines, beyond it discs.
        fixed: what shares are multiplied by, to be whole numbers.
        table: of the logarithm.
    """
    width, height = size
    reach = 1 if radius <= 1 else math.ceil(radius + 0.5)
    out = torch.zeros(height, width, dtype=torch.int32)
    colours = np.empty((x.shape[1], (2 * reach + 1) ** 2), np.int32)
    numbers = np.float32(radius), reach, np.float32(fixed), _FINE
    given = x.contiguous().numpy(), *pixels_of(limits, width, height), *numbers, table.numpy(), colours
    kernel_of("dotted")(*given, out.numpy())
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
    scale, origin = pixels_of(limits, width - 2 * border, height - 2 * border)
    x, age = (v.numpy() for v in tracers)
    field, weights = velocity.contiguous().numpy(), (np.float32(v) for v in numbers)
    kernel_of("drifted")(image.numpy(), border, width, height, x, age, field, scale, origin, *weights, substeps)


def log_entries(counts: Tensor, scale: float = 1.0) -> Tensor:
    """Which entry of a table of the logarithm counts times a scale have, int32: the first bits of 1 + count."""
    return torch.rsub(counts, 1.0, alpha=-scale).view(torch.int32).bitwise_right_shift_(23 - _FINE).sub_(127 << _FINE)


def log_counts() -> NDArray[np.float64]:
    """The least count of each entry of a table of the logarithm, (entries,)."""
    entries = np.arange((_DOUBLINGS << _FINE) + 1)
    doublings, part = entries >> _FINE, entries & ((1 << _FINE) - 1)
    return np.asarray(2.0**doublings * (1 + part / (1 << _FINE)) - 1)


def toned(values: Tensor, factor: float, table: Tensor) -> tuple[Tensor, bool] | None:
    """Entries of a table for an image of values times a factor, and whether some are no numbers.

    None where no kernels are there yet, or none for that image. The entries are those torch finds, to the bit.
    """
    return _toned(values, factor, 0, table)


def log_toned(counts: Tensor, table: Tensor) -> Tensor | None:
    """Entries of a table of the logarithm for an image of counts; None as of `toned`, and as exact."""
    found = _toned(counts, 1.0, _FINE, table)
    return None if found is None else found[0]


def _toned(values: Tensor, factor: float, fine: int, table: Tensor) -> tuple[Tensor, bool] | None:
    if ready() is None or values.device.type != "cpu" or values.dtype != torch.float32 or values.stride(1) != 1:
        return None
    (height, width), pitch = values.shape, values.stride(0)
    flat = values.as_strided(((height - 1) * pitch + width,), (1,)).numpy()
    out = torch.empty(height, width, dtype=torch.int32)
    kernel = kernel_of("toned")
    return out, bool(kernel(flat, pitch, width, np.float32(factor), fine, table.numpy(), out.numpy()))


def planes(image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """An image (height, width, 4) B, G, R, X as a video keeps it, or None where there are no kernels.

    Returns:
        (3/2 height, width): Y', then half as wide and high C_b and C_r, of BT.709. Odd sizes lose a line.
    """
    if kernels() is None or not image.flags.c_contiguous:
        return None
    height, width = (size // 2 * 2 for size in image.shape[:2])
    out = np.empty((3 * height // 2, width), np.uint8)
    kernel_of("planes")(image.reshape(-1).view(np.int32), image.shape[1], width, height, out.reshape(-1))
    return out
