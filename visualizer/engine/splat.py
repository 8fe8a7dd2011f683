"""A million particles → one image."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.engine.frame import Pixels, Viewport
from visualizer.engine.tone import log_toned, pixels

#: Up to this many particles each is a small soft dot; beyond, an image of counts.
DOTS_UP_TO = 20_000
#: Up to this many the counts are shared among the four nearest pixels; beyond, blurring is cheaper.
BILINEAR_UP_TO = 400_000
#: Dots are toned as if the brightest pixel held this many: two dots on one another.
DOT_PEAK = 2.0
#: Up to this many particles are discs of this radius, in logical pixels.
DISCS_UP_TO, DISC_RADIUS = 2_000, 2.6
#: On a GPU float sums depend on the order of the additions; these fixed-point ones do not.
_FIXED = 256.0
Kernel = Callable[[Tensor], list[Tensor]]


def pixel_coordinates(x: Tensor, view: Viewport) -> tuple[Tensor, Tensor]:
    """Columns (2, N) → pixel coordinates (right, down), the centre of the first pixel at (0, 0)."""
    sx = view.width / (view.x1 - view.x0)
    sy = view.height / (view.y1 - view.y0)
    return (x[0] - view.x0).mul_(sx).sub_(0.5), (view.y1 - x[1]).mul_(sy).sub_(0.5)


def splat(x: Tensor, view: Viewport, weights: Tensor | None = None) -> Tensor:
    """Particles (2, N) → how many fall on each pixel, (height, width), anti-aliased; outside is dropped.

    Few particles become dots (a cubic B-spline, exact to fractions of a pixel), many are shared between
    neighbouring pixels, very many counted and blurred a little. The sum over the image is the number
    of particles inside (up to those cut by the border).
    """
    n = x.shape[1]
    px, py = pixel_coordinates(x, view)
    if n <= DOTS_UP_TO:
        return _scatter(px, py, view, _cubic, 4, weights)
    if n <= BILINEAR_UP_TO or weights is not None:
        return _scatter(px, py, view, _linear, 2, weights)
    return _blur(_count(px, py, view))


def _linear(f: Tensor) -> list[Tensor]:
    return [1 - f, f]


def _quadratic(f: Tensor) -> list[Tensor]:
    """For f in −½…½, the offset from the middle one of three pixels."""
    return [(0.5 - f).square_().mul_(0.5), 0.75 - f * f, (0.5 + f).square_().mul_(0.5)]


def _cubic(f: Tensor) -> list[Tensor]:
    g = 1 - f
    f2, g2 = f * f, g * g
    return [g2 * g / 6, 2 / 3 - f2 + f2 * f / 2, 2 / 3 - g2 + g2 * g / 2, f2 * f / 6]


def dots(x: Tensor, view: Viewport, table: NDArray[np.uint32]) -> Pixels:
    """Few particles → pixels by small soft dots (a quadratic B-spline; discs if very few), toned with `DOT_PEAK`.

    Only the pixels they fall on are touched, which for ten thousand particles is a tenth of a picture.
    """
    w, h = view.width, view.height
    radius = view.ratio * (DISC_RADIUS if x.shape[1] <= DISCS_UP_TO else 1.0)
    reach = math.ceil(radius + 0.5)
    if radius <= 1 or min(w, h) <= 2 * reach:
        radius, reach = 1.0, 1
    px, py = pixel_coordinates(x, view)
    cx, cy = px.round(), py.round()
    column, row = cx.clamp(reach, w - 1 - reach), cy.clamp(reach, h - 1 - reach)
    inside = (column == cx).logical_and_(row == cy).to(x.dtype)
    base = row.to(torch.int64).mul_(w).add_(column.to(torch.int64))
    span = torch.arange(-reach, reach + 1, device=x.device)
    index = (base[None, :] + (span[:, None] * w + span[None, :]).view(-1, 1)).view(-1)
    stamp = _stamp(px - cx, py - cy, span, radius).mul_(inside).view(-1)
    on_host = x.device.type == "cpu"
    added = stamp if on_host else (stamp * _FIXED).round_().to(torch.int32)
    touched = (
        torch.zeros(w * h, dtype=added.dtype, device=x.device).scatter_add_(0, index, added).index_select(0, index)
    )
    colours = log_toned(touched if on_host else touched.to(torch.float32).div_(_FIXED), DOT_PEAK, table)
    image = torch.zeros(w * h, dtype=torch.int32, device=x.device)
    return pixels(image.scatter_(0, index, colours).view(h, w))


def _stamp(fx: Tensor, fy: Tensor, span: Tensor, radius: float) -> Tensor:
    """How much of each pixel around its own a particle covers, (pixels, N)."""
    if len(span) == 3:
        wx, wy = _quadratic(fx), _quadratic(fy)
        return (torch.stack(wy)[:, None, :] * torch.stack(wx)[None, :, :]).view(9, -1)
    dx, dy = span[:, None] - fx, span[:, None] - fy
    distance = (dy.square()[:, None, :] + dx.square()[None, :, :]).sqrt_()
    return distance.mul_(-1.0).add_(radius + 0.5).clamp_(0.0, 1.0).view(len(span) ** 2, -1)


def _scatter(px: Tensor, py: Tensor, view: Viewport, kernel: Kernel, taps: int, weights: Tensor | None) -> Tensor:
    """Adds taps × taps weights for each particle into an image; a border takes those outside and is cut off."""
    index, stacked, w, h = _taps(px, py, view, kernel, taps, weights)
    if index.device.type == "cpu":
        image = torch.bincount(index, weights=stacked, minlength=w * h).to(torch.float32)
    else:
        fixed = torch.zeros(w * h, dtype=torch.int32, device=index.device)
        image = fixed.scatter_add_(0, index, (stacked * _FIXED).round_().to(torch.int32)).to(torch.float32).div_(_FIXED)
    return image.view(h, w)[taps : h - taps, taps : w - taps]


def _taps(
    px: Tensor, py: Tensor, view: Viewport, kernel: Kernel, taps: int, weights: Tensor | None = None
) -> tuple[Tensor, Tensor, int, int]:
    """Indices and weights of taps × taps pixels for each particle, in an image with a border of that many pixels."""
    w, h = view.width + 2 * taps, view.height + 2 * taps
    fx, fy = px.floor(), py.floor()
    wx, wy = kernel(px - fx), kernel(py - fy)
    first = 1 - taps // 2
    # Clamping puts everything far outside into the border.
    ix = fx.add_(first + taps).clamp_(0, w - taps).to(torch.int64)
    iy = fy.add_(first + taps).clamp_(0, h - taps).to(torch.int64)
    base = iy.mul_(w).add_(ix)
    if weights is not None:
        wy = [row * weights for row in wy]
    offsets = torch.tensor([j * w + i for j in range(taps) for i in range(taps)], device=px.device)
    index = (base[None, :] + offsets[:, None]).view(-1)
    return index, (torch.stack(wy)[:, None, :] * torch.stack(wx)[None, :, :]).view(-1), w, h


def _count(px: Tensor, py: Tensor, view: Viewport) -> Tensor:
    w, h = view.width + 2, view.height + 2
    ix = px.add_(1.5).clamp_(0, w - 1).to(torch.int64)
    iy = py.add_(1.5).clamp_(0, h - 1).to(torch.int64)
    counts = torch.bincount(iy.mul_(w).add_(ix), minlength=w * h)
    return counts.view(h, w)[1:-1, 1:-1].to(torch.float32)


def _blur(image: Tensor) -> Tensor:
    """Binomial [1 2 1]/4 along both axes; what would leave the image stays at its edge."""
    for dim in (0, 1):
        padded = torch.cat([image.narrow(dim, 0, 1), image, image.narrow(dim, image.shape[dim] - 1, 1)], dim)
        size = image.shape[dim]
        image = padded.narrow(dim, 1, size).mul(2).add_(padded.narrow(dim, 0, size))
        image.add_(padded.narrow(dim, 2, size)).mul_(0.25)
    return image
