"""A million particles → one image."""

from __future__ import annotations

import torch
from torch import Tensor

from visualizer.engine.frame import Viewport

#: Up to this many particles each is a small soft dot; beyond, an image of counts.
DOTS_UP_TO = 20_000
#: Up to this many the counts are shared among the four nearest pixels; beyond, blurring is cheaper.
BILINEAR_UP_TO = 400_000
#: On a GPU float sums depend on the order of the additions; these fixed-point ones do not.
_FIXED = 256.0


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


def _cubic(f: Tensor) -> list[Tensor]:
    g = 1 - f
    f2, g2 = f * f, g * g
    return [g2 * g / 6, 2 / 3 - f2 + f2 * f / 2, 2 / 3 - g2 + g2 * g / 2, f2 * f / 6]


def _scatter(px: Tensor, py: Tensor, view: Viewport, kernel, taps: int, weights: Tensor | None) -> Tensor:  # type: ignore[no-untyped-def]  # a local function of Tensor
    """Adds taps × taps weights for each particle into an image with a border for those outside."""
    border = taps
    w, h = view.width + 2 * border, view.height + 2 * border
    fx, fy = px.floor(), py.floor()
    wx, wy = kernel(px - fx), kernel(py - fy)
    first = 1 - taps // 2
    # Clamping puts everything far outside into the border, which is cut off at the end.
    ix = fx.add_(first + border).clamp_(0, w - taps).to(torch.int64)
    iy = fy.add_(first + border).clamp_(0, h - taps).to(torch.int64)
    base = iy.mul_(w).add_(ix)
    if weights is not None:
        wy = [row * weights for row in wy]
    image = _accumulate(base, wx, wy, w, w * h)
    return image.view(h, w)[border : h - border, border : w - border]


def _accumulate(base: Tensor, wx: list[Tensor], wy: list[Tensor], width: int, size: int) -> Tensor:
    offsets = torch.tensor(
        [j * width + i for j in range(len(wy)) for i in range(len(wx))], device=base.device, dtype=torch.int64
    )
    index = (base[None, :] + offsets[:, None]).view(-1)
    stacked = (torch.stack(wy)[:, None, :] * torch.stack(wx)[None, :, :]).view(-1)
    if base.device.type == "cpu":
        return torch.bincount(index, weights=stacked, minlength=size).to(torch.float32)
    fixed = torch.zeros(size, dtype=torch.int32, device=base.device)
    fixed.scatter_add_(0, index, (stacked * _FIXED).round_().to(torch.int32))
    return fixed.to(torch.float32).div_(_FIXED)


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
