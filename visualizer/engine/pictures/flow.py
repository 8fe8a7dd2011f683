"""The score field as animated flow: tracers that drift along it and leave fading trails."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from visualizer.engine.drawings import Floats, Pixels
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import ThemeName, glow_table
from visualizer.engine.pictures.splat import Canvas
from visualizer.engine.pictures.tone import tone

#: Logical pixels of picture for each tracer; how far one moves at most and how much of its trail stays, each frame.
_AREA = 260.0
_SPEED = 1.7
_FADE = 0.94
#: What a tracer leaves at full speed in a substep.
_INK = 0.7
_LIFE = (30, 110)
_SUBSTEPS = 2
_WARM_UP = 45


class Flow:
    """Tracers over one viewport. Seeded, and advanced by frames, never by the clock.

    They live on the CPU: a few thousand tracers are less work than telling a GPU what to do with them.
    """

    def __init__(self, view: Viewport, seed: int) -> None:
        self.view = view
        self._generator = torch.Generator().manual_seed(seed)
        count = max(64, int(view.width * view.height / view.ratio**2 / _AREA))
        self._x = self._spawn(count)
        self._age = torch.rand(count, generator=self._generator) * _LIFE[1]
        self._life = self._lifetimes(count)
        self._canvas = Canvas(view, torch.device("cpu"))
        self._warm = False

    def _spawn(self, n: int) -> Tensor:
        v = self.view
        u = torch.rand(2, n, generator=self._generator)
        return torch.stack([v.x0 + u[0] * (v.x1 - v.x0), v.y0 + u[1] * (v.y1 - v.y0)])

    def _lifetimes(self, n: int) -> Tensor:
        u = torch.rand(n, generator=self._generator)
        return _LIFE[0] + u * (_LIFE[1] - _LIFE[0])

    def advance(self, velocity: Tensor) -> None:
        """One frame along `velocity` (2, gh, gw), a grid over the viewport with values up to 1, row 0 at the top."""
        if not self._warm:
            self._warm = True
            for _ in range(_WARM_UP):
                self.advance(velocity)
        pace = _SPEED * self.view.ratio * (self.view.x1 - self.view.x0) / self.view.width / _SUBSTEPS
        if not self._canvas.drift(self._x, self._age, velocity, (pace, _FADE, _INK), _SUBSTEPS):
            self._canvas.flat.clamp_(max=1.0).mul_(_FADE)
            for _ in range(_SUBSTEPS):
                v = sample_grid(velocity, self._x, self.view)
                self._x.add_(v, alpha=pace)
                speed = v.square().sum(0).sqrt_()
                fresh = (self._age / 8).clamp_(max=1.0)
                self._canvas.add_soft(self._x, speed.mul_(fresh).mul_(_INK))
        self._age.add_(1.0)
        old = self._age > self._life
        self._x = torch.where(old, self._spawn(self._x.shape[1]), self._x)
        self._age.masked_fill_(old, 0.0)

    def image(self, theme: ThemeName, role: Literal["score", "learned"]) -> Pixels:
        """The trails as pixels."""
        return tone(self._canvas.image, glow_table(theme, role))


def sample_grid(values: Tensor, x: Tensor, view: Viewport) -> Tensor:
    """Values (c, gh, gw) over a viewport at columns x (2, N), bilinearly: (c, N)."""
    u = (x[0] - view.x0) * (2 / (view.x1 - view.x0)) - 1
    v = (view.y1 - x[1]) * (2 / (view.y1 - view.y0)) - 1
    at = torch.stack([u, v], 1)[None, None]
    return grid_sample(values[None], at, align_corners=False, padding_mode="border")[0, :, 0]


def flow_velocity(score: Tensor) -> Tensor:
    """Score (2, …) → direction times s/(s + s₀): slow where the score is small, never faster than 1.

    s₀ is a tenth of the score's root mean square in the picture, where the score is a number.
    """
    norm = score.square().sum(0, keepdim=True).sqrt_()
    softening = 0.1 * norm.square().nanmean().sqrt() + 1e-12
    return score / (norm + softening)


def arrow_segments(score: Tensor, grid_x: Tensor, spacing: float) -> Floats:
    """Arrows (A, 4) as x, y, dx, dy: along the score, as long as `flow_velocity` times the spacing."""
    v = flow_velocity(score) * (0.85 * spacing)
    return of_numbers(torch.cat([grid_x, v]).T)


def of_numbers(rows: Tensor) -> Floats:
    """The rows that are numbers throughout, on the CPU: an arrow that is none is not drawn."""
    found = rows.to("cpu", torch.float32)
    return found[torch.isfinite(found).all(1)].contiguous().numpy()
