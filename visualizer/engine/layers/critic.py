"""What the discriminator of a GAN says, beside the best that can be said."""

from __future__ import annotations

import math

import contourpy
import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density
from visualizer.densities.grid_source import TooFine
from visualizer.engine.drawings import Arrows, Curve, Floats, Lines, Pen, Row, Text
from visualizer.engine.layers.base import LAYERS, Drawings, Layer, Seen
from visualizer.engine.palette import signed_table
from visualizer.engine.pictures.common import axis_marginal
from visualizer.engine.pictures.fields import Grid, density_on_grid
from visualizer.engine.pictures.tone import tone_scaled
from visualizer.engine.run.levels import Level
from visualizer.learning import GenerativeNet
from visualizer.learning.networks.gan import GAN

#: Cells along the longer side.
_CELLS = 160
#: D = ½, of the network and the best.
_EVEN, _BEST = Pen("learned", 1.6), Pen("text", 1.3, 0.9)
#: 2 D − 1 on the line, of the network and the best.
_CURVE, _BEST_CURVE = Pen("learned", 2.0), Pen("text", 1.6, 0.9, dash=True)
#: A dash is this share of the width of the view.
_DASH = 0.012
#: Where p + q is less than this share of its largest, D* means nothing.
_LEAST = 1e-4
#: Draws that show where they are pulled, and the longest arrow as a share of the view.
_ARROWS, _LONGEST = 120, 0.06
_PULL = Pen("text", 1.0, 0.75)
#: D* is drawn of p and q that are both smoothed by this share of the data's standard deviation: q is known by draws.
_SMOOTHED = 0.06


@LAYERS.add
class CriticLayer(Layer):
    """The surface D, the lines D = ½ and D* = ½, −∇ of the generator's loss at draws, and what the game is worth."""

    kind = "critic"

    def plane(self, seen: Seen) -> Drawings:
        net, p = seen.sim.net, seen.sim.density
        if not isinstance(net, GenerativeNet) or not isinstance(net.module, GAN):
            return ()
        gan = net.module

        def make() -> Drawings:
            grid = seen.grid_of(_CELLS)
            logit = _asked(gan, grid.columns(torch.device("cpu")).T).view(grid.h, grid.w)
            table = signed_table(seen.theme, "noise", "learned")
            drawn = (
                seen.image(tone_scaled(torch.sigmoid(logit), table, (seen.view.height, seen.view.width))),
                Lines.of(_even(logit, grid), _EVEN),
                Arrows(pulls(gan, _LONGEST * (seen.view.x1 - seen.view.x0)), 0.3, _PULL),
            )
            if p is None or seen.dragging:
                return drawn
            level = Level(1.0, _SMOOTHED * p.standard_deviation, 0.0)
            try:
                of_p, of_q = (density_on_grid(v, level, grid) for v in (p, net.law))
            except TooFine:  # a target whose grid shows more noise alone: the best D cannot be drawn
                return drawn
            known = of_p + of_q > _LEAST * float((of_p + of_q).max())
            best = torch.where(known, of_p.clamp_min(1e-37).log() - of_q.clamp_min(1e-37).log(), torch.nan)
            dashes = Lines.dashed(_even(best, grid), _BEST, _DASH * (seen.view.x1 - seen.view.x0))
            return (*drawn, dashes, seen.cache.get("worth", (net, p), lambda: Text(rows(gan, p, net.law))))

        return seen.cache.get("critic", (net, p, seen.view, seen.theme, seen.dragging), make)

    def line(self, seen: Seen) -> Drawings:
        """D, the best there is dashed, and ½, over the range of the scores' plot."""
        net, p, curves = seen.sim.net, seen.sim.density, seen.curves
        if not isinstance(net, GenerativeNet) or not isinstance(net.module, GAN):
            return ()
        gan = net.module

        def make() -> Drawings:
            said = torch.sigmoid(_asked(gan, torch.from_numpy(seen.along)[:, None])).numpy()
            drawn: Drawings = (Curve(seen.along, 2 * said - 1, _CURVE, top=1.0, plot="score"),)
            if p is None or curves is None:
                return drawn
            _, of_q = axis_marginal(net.law, Level(1.0, 0.0, 0.0), 0, seen.view.x0, seen.view.x1, len(seen.along))
            both = curves[0] + of_q
            known = both > _LEAST * both.max()
            best = np.where(known, (curves[0] - of_q) / np.maximum(both, 1e-37), np.nan).astype(np.float32)
            best_curve = Curve(seen.along, best, _BEST_CURVE, top=1.0, plot="score")
            return (*drawn, best_curve, seen.cache.get("worth", (net, p), lambda: Text(rows(gan, p, net.law))))

        return seen.cache.get("critic", (net, p, seen.view), make)


@torch.no_grad()
def _asked(gan: GAN, x: Tensor) -> Tensor:
    """T where what a critic says has a zero, T minus its median over draws where it has none."""
    logit = gan.logit(x)
    if gan.adversarial in ("wasserstein", "relativistic"):
        logit = logit - gan.logit(gan.sample(2_000, torch.Generator().manual_seed(0))).median()
    return logit


def _even(logit: Tensor, grid: Grid) -> list[Floats]:
    xs, ys = (v.numpy() for v in grid.axes(torch.device("cpu")))
    lines = contourpy.contour_generator(xs, ys, np.ma.masked_invalid(logit.numpy())).lines(0.0)
    return [np.asarray(line, dtype=np.float32) for line in lines]


def pulls(gan: GAN, longest: float) -> Floats:
    """Draws and −∇ of G's loss there, as x, y, dx, dy: the longest of this length."""
    with torch.enable_grad():
        x = gan.sample(_ARROWS, torch.Generator().manual_seed(0)).detach().requires_grad_(True)
        told = gan.logit(x)
        (slope,) = torch.autograd.grad(gan.pulled(told).sum(), x)
    pull = -slope / slope.norm(dim=1).max().clamp_min(1e-30) * longest
    found: Floats = torch.cat([x.detach(), pull], 1).numpy()
    return found


def value(gan: GAN, p: Density, q: Density, count: int = 20_000) -> tuple[float, float]:
    """V = E_p log D + E_q log(1 − D), and the best 2 JS(p, q) − 2 ln 2 = E_p log D* + E_q log(1 − D*), by draws.

    Both by the same draws of p and of q, and D* = p/(p + q) of the densities given (Goodfellow et al. 2014).
    """
    of_p = p.sample(count, generator=torch.Generator().manual_seed(0))
    of_q = gan.sample(count, torch.Generator().manual_seed(1)).to(of_p)
    softplus = torch.nn.functional.softplus
    asked = [_asked(gan, x.float()).double() for x in (of_p, of_q)]
    best = [(p.log_prob(x) - q.log_prob(x)).double() for x in (of_p, of_q)]
    worth = [-float(softplus(-a).mean() + softplus(b).mean()) for a, b in (asked, best)]
    return worth[0], worth[1]


def rows(gan: GAN, p: Density, q: Density) -> tuple[Row, ...]:
    """What the game is worth, beside the best discriminator's."""
    found, best = value(gan, p, q)
    js = Row("JS(p ‖ q)", f"{max(0.0, 0.5 * best + math.log(2)):.3f} ≤ {math.log(2):.3f}")
    if gan.adversarial == "wasserstein":
        return (js,)
    return Row("V of this D", f"{found:.3f}"), Row("V of the best D", f"{best:.3f}"), js
