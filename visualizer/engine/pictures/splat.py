"""A million particles → one image."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from visualizer import fused
from visualizer.engine.frame import Viewport
from visualizer.engine.pictures.tone import log_table

#: Up to this many particles each is a small soft dot; beyond, an image of counts.
DOTS_UP_TO = 20_000
#: Up to this many the counts are shared among the four nearest pixels; beyond, blurring is cheaper.
BILINEAR_UP_TO = 400_000
#: Dots are toned as if the brightest pixel held this many: two dots on one another.
DOT_PEAK = 2.0
#: Up to this many particles are discs.
DISCS_UP_TO = 2_000
#: Radius of a disc, in logical pixels.
DISC_RADIUS = 2.6
#: Pixels that are told from one another beyond the edges of a picture.
_FAR = 1e6
#: Weights are at most this.
_HEAVIEST = 4.0
#: B-splines: weights of the pixels around a particle as polynomials (rows) of where it lies between them.
_LINEAR = ((1.0, -1.0), (0.0, 1.0))
_QUADRATIC = ((0.125, -0.5, 0.5), (0.75, 0.0, -1.0), (0.125, 0.5, 0.5))  # of the offset from the middle pixel
_CUBIC = ((1 / 6, -0.5, 0.5, -1 / 6), (2 / 3, 0.0, -1.0, 0.5), (1 / 6, 0.5, 0.5, -0.5), (0.0, 0.0, 0.0, 1 / 6))
Spline = tuple[tuple[float, ...], ...]


@lru_cache(maxsize=64)
def _constant(values: tuple[object, ...], device: torch.device, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device)


def pixel_coordinates(x: Tensor, view: Viewport, shift: float = 0.0) -> Tensor:
    """Columns (2, N) → pixel coordinates right and down (2, N), the centre of the first pixel at (shift, shift).

    What is no number, or infinite (a proposal that is refused for it), is far outside.
    """
    right, down = view.width / (view.x1 - view.x0), -view.height / (view.y1 - view.y0)
    scale = _constant(((right,), (down,)), x.device, x.dtype)
    first = _constant(((shift - 0.5 - view.x0 * right,), (shift - 0.5 - view.y1 * down,)), x.device, x.dtype)
    moved = torch.addcmul(first, x, scale)
    return moved.nan_to_num_(_FAR, _FAR, -_FAR)


def fixed_point(n: int) -> float:
    """What weights of n particles are multiplied by, so that whole numbers of 32 bits hold all of them on one pixel.

    Float sums on a GPU depend on the order of the additions; these do not.
    """
    return 2.0 ** min(16, math.floor(math.log2(2**31 / (_HEAVIEST * max(n, 1)))))


def add_at(image: Tensor, index: Tensor, values: Tensor, n: int) -> Tensor:
    """Adds values of n particles to the places `index` of a flat image, in place; the same bits at every call."""
    if image.device.type == "cpu":
        return image.scatter_add_(0, index, values)
    scale = fixed_point(n)
    fixed = torch.zeros(image.shape, dtype=torch.int32, device=image.device)
    fixed.scatter_add_(0, index, (values * scale).round_().to(torch.int32))
    return image.add_(fixed.to(image.dtype), alpha=1 / scale)


def splat(x: Tensor, view: Viewport, weights: Tensor | None = None) -> Tensor:
    """Particles (2, N) → how many fall on each pixel, (height, width), anti-aliased; outside is dropped.

    Few particles become dots (a cubic B-spline, exact to fractions of a pixel), many are shared between
    neighbouring pixels, very many counted and blurred a little. The sum over the image is the number
    of particles inside (up to those cut by the border). Weights are at most 4.
    """
    n = x.shape[1]
    if n <= DOTS_UP_TO:
        return Canvas(view, x.device).add_soft(x, weights).image
    if n <= BILINEAR_UP_TO or weights is not None:
        return Canvas(view, x.device).add_shared(x, weights).image
    return blurred(counted_pixels(x, view))


class Canvas:
    """An image of floats that particles are added to; a border around it takes those outside."""

    _BORDER = 4

    def __init__(self, view: Viewport, device: torch.device) -> None:
        self.view = view
        self._w, self._h = view.width + 2 * self._BORDER, view.height + 2 * self._BORDER
        self.flat = torch.zeros(self._w * self._h, device=device)

    @property
    def image(self) -> Tensor:
        """The picture without its border, (height, width), not a copy."""
        b = self._BORDER
        return self.flat.view(self._h, self._w)[b : self._h - b, b : self._w - b]

    def add_soft(self, x: Tensor, weights: Tensor | None = None) -> Canvas:
        """Each particle over 4 × 4 pixels, by a cubic B-spline."""
        return self._add(x, _CUBIC, weights)

    def add_shared(self, x: Tensor, weights: Tensor | None = None) -> Canvas:
        """Each particle shared by the four nearest pixels, bilinearly."""
        return self._add(x, _LINEAR, weights)

    def drift(
        self, x: Tensor, age: Tensor, velocity: Tensor, numbers: tuple[float, float, float], substeps: int
    ) -> bool:
        """See `fused.drifted`; False where there are no kernels to do it."""
        if x.device.type != "cpu" or fused.ready() is None:
            return False
        limits = _limits(self.view)
        fused.drifted(self.flat, self._BORDER, self._w, limits, (x, age), velocity, numbers, substeps)
        return True

    def _add(self, x: Tensor, spline: Spline, weights: Tensor | None) -> Canvas:
        taps, device = len(spline), x.device
        if device.type == "cpu" and fused.ready() is not None:
            fused.deposit(x, weights, _limits(self.view), self._BORDER, self.flat, self._w, soft=spline is _CUBIC)
            return self
        p = pixel_coordinates(x, self.view)
        corner = p.floor()
        w = _spline(spline, p.sub_(corner))
        # Clamping puts everything far outside into the border.
        corner.add_(self._BORDER + 1 - taps // 2).clamp_(min=0)
        corner = torch.minimum(corner, _constant(((self._w - taps,), (self._h - taps,)), device, x.dtype))
        column, row = corner.to(torch.int64).unbind(0)
        base = row.mul_(self._w).add_(column)
        offsets = _constant(tuple((j * self._w + i,) for j in range(taps) for i in range(taps)), device, torch.int64)
        down = w[:, 1] if weights is None else w[:, 1].mul_(weights)
        add_at(self.flat, (base + offsets).view(-1), (down[:, None] * w[:, 0]).view(-1), x.shape[1])
        return self


def _spline(spline: Spline, f: Tensor) -> Tensor:
    """The weights of each pixel, (taps, 2, N), for offsets f (2, N)."""
    powers = [torch.ones_like(f), f]
    while len(powers) < len(spline[0]):
        powers.append(powers[-1] * f)
    table = _constant(spline, f.device, f.dtype)
    return torch.mm(table, torch.stack(powers).view(len(powers), -1)).view(len(spline), *f.shape)


def dots(x: Tensor, view: Viewport, table: NDArray[np.uint32]) -> Tensor:
    """Few particles → an int32 image of them, where they are, by small soft dots, toned with `DOT_PEAK`.

    Dots are quadratic B-splines, discs if there are very few. Only the pixels they fall on are touched, which for ten
    thousand particles is a tenth of a picture.
    """
    w, h = view.width, view.height
    if min(w, h) < 3:  # no dot has room
        return torch.zeros(h, w, dtype=torch.int32, device=x.device)
    radius = view.ratio * (DISC_RADIUS if x.shape[1] <= DISCS_UP_TO else 1.0)
    reach = math.ceil(radius + 0.5)
    if radius <= 1 or min(w, h) <= 2 * reach:
        radius, reach = 1.0, 1
    scale, composed = fixed_point(x.shape[1]), log_table(DOT_PEAK, table, x.device)
    if x.device.type == "cpu" and fused.ready() is not None:
        return fused.dotted(x, _limits(view), (w, h), radius, scale, composed)
    p = pixel_coordinates(x, view)
    centre = p.round()
    within = torch.minimum(centre.clamp(min=reach), _constant(((w - 1 - reach,), (h - 1 - reach,)), x.device, x.dtype))
    inside = (within == centre).all(0).to(x.dtype)
    column, row = within.to(torch.int64).unbind(0)
    base = row.mul_(w).add_(column)
    span = tuple(range(-reach, reach + 1))
    index = (base + _constant(tuple((j * w + i,) for j in span for i in span), x.device, torch.int64)).view(-1)
    stamp = _stamp(p.sub_(centre), span, radius, inside).view(-1)
    # Sums, then colours, in one and the same image: another pass over all of it would cost as much as the dots.
    image = torch.zeros(w * h, dtype=torch.int32, device=x.device)
    sums = image.scatter_add_(0, index, stamp.mul_(scale).round_().to(torch.int32)).index_select(0, index)
    entries = fused.log_entries(sums.to(torch.float32), 1 / scale)
    return image.scatter_(0, index, composed.index_select(0, entries)).view(h, w)


def _stamp(f: Tensor, span: tuple[int, ...], radius: float, inside: Tensor) -> Tensor:
    """How much of each pixel around its own a particle covers, (rows, columns, N); nothing where not `inside`."""
    if len(span) == 3:
        w = _spline(_QUADRATIC, f)
        return w[:, 1].mul_(inside)[:, None] * w[:, 0]
    apart = (_constant(span, f.device, f.dtype)[:, None, None] - f).square_()
    distance = (apart[:, 1][:, None] + apart[:, 0]).sqrt_()
    return distance.mul_(-1.0).add_(radius + 0.5).clamp_(0.0, 1.0).mul_(inside)


def _limits(view: Viewport) -> tuple[tuple[float, float], tuple[float, float]]:
    """From the left to the right, and from the top to the bottom."""
    return (view.x0, view.x1), (view.y1, view.y0)


def counted_pixels(x: Tensor, view: Viewport, watch: fused.Watch | None = None) -> Tensor:
    """How many of (2, N) lie on each pixel, (height + 2, width + 2) int: a border has those outside.

    Who has watched the step that made them may know.
    """
    if fused.at_hand(x):
        return fused.known_or_counted(x, fused.Cells(_limits(view), (view.width, view.height)), watch)
    w, h = view.width + 2, view.height + 2
    low, high = (_constant(v, x.device, x.dtype) for v in (((0.0,), (0.0,)), ((w - 1.0,), (h - 1.0,))))
    column, row = pixel_coordinates(x, view, 1.5).clamp_(low, high).to(torch.int64).unbind(0)
    return counted(torch.add(column, row, alpha=w), w * h).view(h, w)


def blurred(counts: Tensor) -> Tensor:
    """Counts of `counted_pixels` → a picture of them, (height, width)."""
    if counts.device.type == "cpu" and fused.ready() is not None and counts.dtype == torch.int32:
        return fused.blurred(counts)
    return blur(counts[1:-1, 1:-1].to(torch.float32))


def shared_counts(x: Tensor, view: Viewport) -> tuple[Tensor, Tensor, float]:
    """Particles (2, N) shared by the four nearest pixels, in few operations, each of which a GPU has to be told.

    Returns the image in fixed point, (height + 4, width + 4) int32 with a border of two for those outside; how many are
    between the centres of neighbouring pixels of it, along x and then down, (width + height + 6,); and what the fixed
    point has been multiplied by.
    """
    w, h, n = view.width + 4, view.height + 4, x.shape[1]
    scale, device = fixed_point(n), x.device
    low, high = (_constant(v, device) for v in (((0.0,), (0.0,)), ((w - 2.0,), (h - 2.0,))))
    p = pixel_coordinates(x, view, 2.0).clamp_(low, high)
    corner = p.to(torch.int64)
    # |o − f| along both axes for the four corners o; the sign of their product is known.
    corners = _constant((((1.0,), (0.0,), (1.0,), (0.0,)), ((1.0,), (1.0,), (0.0,), (0.0,))), device)
    apart = corners - (p - corner)[:, None]
    signs = _constant(((scale,), (-scale,), (-scale,), (scale,)), device)
    shares = torch.addcmul(_constant((0.5,), device), apart[0] * apart[1], signs).to(torch.int32)
    index = torch.add(corner[0], corner[1], alpha=w) + _constant(((0,), (1,), (w,), (w + 1,)), device, torch.int64)
    image = torch.zeros(w * h, dtype=torch.int32, device=device).scatter_add_(0, index.view(-1), shares.view(-1))
    cells = corner + _constant(((0,), (w - 1,)), device, torch.int64)
    return image.view(h, w), counted(cells.view(-1), w + h - 2), scale


def counted(index: Tensor, size: int) -> Tensor:
    """How many of the indices (N,) are 0, 1, …, (size,) int; a GPU is not waited for, as `bincount` would."""
    if index.device.type == "cpu":
        return torch.bincount(index, minlength=size)
    ones = torch.ones((), dtype=torch.int32, device=index.device).expand(len(index))
    return torch.zeros(size, dtype=torch.int32, device=index.device).scatter_add_(0, index, ones)


def blur(image: Tensor) -> Tensor:
    """Binomial [1 2 1]/4 along both axes; what would leave the image stays at its edge."""
    across = pad(image[None], (1, 1, 1, 1), mode="replicate")[0]
    for dim in (0, 1):
        size = image.shape[dim]
        left, middle, right = (across.narrow(dim, i, size) for i in range(3))
        across = torch.add(left, middle, alpha=2).add_(right)
    return across.mul_(1 / 16)
