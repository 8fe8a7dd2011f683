"""One stroke of a diffusion from one place: the exact kernel, the Gaussian in its place, and what x_0 would say."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density, cell_centres, cell_places
from visualizer.engine.experiments.fine import little_noise
from visualizer.engine.findings.stroke import Floats, Stroke
from visualizer.engine.pictures.contour_lines import rings
from visualizer.engine.run.make_sampler import follow
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.processes.given_data import given_data
from visualizer.scene.field import LearnedField
from visualizer.scene.model import Scene

#: Cells along an axis, by dimension.
_CELLS = {1: 1_200, 2: 180}
#: The exact kernel is looked for so many standard deviations of what x_t says of x_s alone.
_REACH = 5.0
#: Spread of the box of p_s, in standard deviations.
_SPREAD = 5.0
Level = tuple[float, float]
Box = list[tuple[float, float]]


def level(log_snr: float) -> Level:
    """(α, σ) of a process that preserves variance, at ln α²/σ²."""
    return 1 / math.sqrt(1 + math.exp(-log_snr)), 1 / math.sqrt(1 + math.exp(log_snr))


@torch.no_grad()
def stroke(
    scene: Scene, shelf: Shelf, x: tuple[float, ...], log_snr: tuple[float, float], mse: float | None, seed: int = 0
) -> Stroke:
    """The stroke from x_t at log_snr[0] to log_snr[1], which is larger.

    Args:
        scene: its target, and the network it follows if any.
        shelf: of the session's networks.
        x: x_t.
        log_snr: at t and at s.
        mse: E‖x_0 − D(x_t)‖² over all x_t, for the best variance σ_Q² + c² mse/d; None for that of q, σ_Q².
        seed: of x_0.
    """
    p, now, then = build_density(scene.target), level(log_snr[0]), level(log_snr[1])
    at = torch.tensor(x, dtype=torch.float64)
    with little_noise(scene):
        noised, before = p.noised(*now), p.noised(*then)
        denoised = (at + now[1] ** 2 * noised.score(at[None])[0].double()) / now[0]
        if isinstance(scene.field, LearnedField):
            learned = follow(shelf.get(scene.field), scene, "cpu")
            denoised = learned.denoise(at[:, None].float(), *now)[:, 0].double()
        a, c, std = given_data(now, then)
        wide = std if mse is None else math.sqrt(std**2 + c**2 * mse / p.d)
        mean = a * at + c * denoised
        box, share = conditional(before, at, now, then)
        x0 = _drawn(p, at, now, seed)
    places = cell_places(box, _CELLS[p.d])
    log_told = -0.5 * ((places - mean) / wide).square().sum(1) - p.d * math.log(wide * math.sqrt(2 * math.pi))
    cell = math.prod((high - low) / _CELLS[p.d] for low, high in box)
    flat = share.ravel()
    known = flat > 0
    kl = float((flat[known] * ((flat[known] / cell).log() - log_told[known])).sum())
    exact, around = _laws(before, box, share, cell)
    axis = places[:, 0].float().numpy() if p.d == 1 else np.empty(0, np.float32)
    return Stroke(_array(at), exact, around, axis, (_array(mean), wide), (_array(a * at + c * x0), std), _array(x0), kl)


def conditional(before: Density, at: Tensor, now: Level, then: Level) -> tuple[Box, Tensor]:
    """p(x_s | x_t) ∝ p_s(x_s) N(x_t; α_ts x_s, σ_ts² I) as shares of the cells of a box, the first axis first."""
    ratio = now[0] / then[0]
    width = math.sqrt(now[1] ** 2 - (ratio * then[1]) ** 2) / ratio
    box = []
    for (low, high), middle in zip(before.bounds(_SPREAD), (at / ratio).tolist(), strict=True):
        left, right = max(low, middle - _REACH * width), min(high, middle + _REACH * width)
        box.append((left, right) if left < right else (low, high))  # x_t lies where hardly anything comes from
    x = cell_places(box, _CELLS[before.d])
    log = before.log_prob(x).double() - 0.5 * ((x - at / ratio) / width).square().sum(1)
    return box, torch.softmax(log, 0).reshape([_CELLS[before.d]] * before.d)


def _drawn(p: Density, at: Tensor, now: Level, seed: int) -> Tensor:
    """One x_0 from p(x_0 | x_t): a cell by its share."""
    box, share = conditional(p, at, now, (1.0, 0.0))
    which = int(torch.multinomial(share.ravel(), 1, generator=torch.Generator().manual_seed(seed)))
    return cell_places(box, _CELLS[p.d])[which]


def _laws(before: Density, box: Box, share: Tensor, cell: float) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """p(x_s | x_t) and p_s, as rings or as curves."""
    if before.d == 1:
        behind = before.log_prob(cell_places(box, _CELLS[1])).exp()
        return (_array(share / cell),), (_array(behind),)
    whole = list(before.bounds(_SPREAD))
    behind = torch.softmax(before.log_prob(cell_places(whole, _CELLS[2])).double(), 0).reshape(share.shape)

    def drawn(of: Box, law: Tensor) -> tuple[Floats, ...]:
        across, up = (v.numpy() for v in cell_centres(of, _CELLS[2]))
        return rings(across, up, law.numpy())

    return drawn(box, share), drawn(whole, behind)


def _array(x: Tensor) -> Floats:
    return x.float().numpy()
