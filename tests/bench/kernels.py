"""Steps, fields and Parzen scores against the notebook's."""

from __future__ import annotations

import numpy as np
import torch
from scipy.interpolate import RectBivariateSpline
from scipy.signal import fftconvolve

from tests.bench.naive import Notebook, mixture, parzen_score
from tests.bench.timing import Row, duel
from visualizer.densities import GaussianMixture, GridDensity, GridField, GridSource, MixtureKernel
from visualizer.engine.pictures.fields import DensityCache, Grid
from visualizer.engine.run.levels import Level
from visualizer.samplers import Langevin

CPU = torch.device("cpu")
H = 0.01


def steps() -> list[Row]:
    """A Langevin step, K = 8 full covariances."""
    p = mixture(8)
    sampler, notebook = Langevin(MixtureKernel(p), H), Notebook(p)
    rows = []
    bars = {10**4: ("14×", "9×", "≥ 1/3", "≥ 1/4"), 10**5: ("35×", "28×", "1/1.3", "1/1.7")}
    for n in (10**4, 10**5, 10**6):
        reach, hold, noise_reach, noise_hold = bars[min(n, 10**5)]
        g = torch.Generator().manual_seed(0)
        state = sampler.init(p.sample(n, generator=g).T.contiguous(), g)
        x = state.x.T.contiguous()
        noise = torch.empty(2, n)
        ours, theirs = duel(lambda s=state, g=g: sampler.step(s, g), lambda x=x, g=g: notebook.step(x, H, g))
        name = f"Langevin step, K = 8, {n:,} particles"
        rows.append(Row(name, "torch.distributions + autograd", ours, theirs, reach, hold))
        ours, theirs = duel(lambda s=state, g=g: sampler.step(s, g), lambda z=noise, g=g: z.normal_(generator=g), 1.5)
        rows.append(Row(name, "`normal_` drawing its noise", ours, theirs, noise_reach, noise_hold))
    return rows


def fields() -> list[Row]:
    """Log-density and score on a grid; dragging; Parzen."""
    rows = []
    grid = Grid(-6.0, 6.0, 6.0, -6.0, 512, 512)
    x = grid.columns(CPU)
    xr = x.T.contiguous()
    for k, reach, hold in ((8, "20×", "12×"), (64, "50×", "30×")):
        p = mixture(k)
        kernel, notebook = MixtureKernel(p), Notebook(p)
        ours, theirs = duel(lambda q=kernel: q.log_prob_and_score(x), lambda q=notebook: q.log_prob_and_score(xr))
        rows.append(Row(f"log-density and score on 512², K = {k}", "the same naive code", ours, theirs, reach, hold))
    rows.append(_drag(grid, xr))
    rows.append(_parzen())
    rows.append(_smoothing())
    rows.append(_field_on_grid())
    return rows


def _drag(grid: Grid, xr: torch.Tensor) -> Row:
    p, cache, level = mixture(8), DensityCache(), Level(1.0, 0.0, 0.0)
    notebook = Notebook(p)
    cache.get(p, level, grid, dragging=True)
    moved = []
    for i in range(16):
        means = p.means.double().clone()
        means[3, 0] += 0.01 * (i + 1)
        moved.append(GaussianMixture(p.weights.double(), means, p.covariances64))
    turn = iter(range(10**9))
    ours, theirs = duel(
        lambda: cache.get(moved[next(turn) % 16], level, grid, dragging=True),
        lambda: notebook.log_prob_and_score(xr),
    )
    return Row("dragging one of 8 components, density on 512²", "full naive recomputation", ours, theirs, "150×", "60×")


def _parzen() -> Row:
    g = torch.Generator().manual_seed(1)
    points, h = torch.randn(4096, 2, generator=g), 0.2
    p = GaussianMixture(torch.ones(4096), points, (h * h * torch.eye(2)).expand(4096, 2, 2))
    kernel = MixtureKernel(p)
    x = torch.randn(2, 10_000, generator=g)
    xr = x.T.contiguous()
    ours, theirs = duel(lambda: kernel.score(x), lambda: parzen_score(points, h, xr))
    return Row("Parzen score, 4,096 points, 10,000 particles", "softmax and matmul", ours, theirs, "7×", "5×")


def _raster(n: int) -> tuple[GridSource, np.ndarray]:
    p, grid = mixture(8), Grid(-6.0, 6.0, -6.0, 6.0, n, n)
    density = MixtureKernel(p).log_prob(grid.columns(CPU)).exp_().view(n, n).T.double().contiguous()
    return GridSource(density, (-6.0, -6.0), (6.0, 6.0)), density.numpy()


def _smoothing() -> Row:
    """p ∗ N(0, σ²I), every σ a new one, nothing wrapped around."""
    n = 512
    source, density = _raster(n)
    axis = (np.arange(n + 1) - n // 2) * 12.0 / n
    turn = iter(range(10**9))

    def theirs() -> None:
        sigma = 0.3 + 1e-6 * next(turn)
        one = np.exp(-0.5 * (axis / sigma) ** 2)
        fftconvolve(density, np.outer(one, one) / one.sum() ** 2, mode="same")

    ours, other = duel(lambda: source.smoothed(0.3 + 1e-6 * next(turn)), theirs)
    return Row(f"smoothing by FFT, a new σ on {n}² cells", "scipy.signal.fftconvolve", ours, other, "15 ms", "–")


def _field_on_grid() -> Row:
    """The score that drives 10⁵ particles, bicubic, σ as it was."""
    source, density = _raster(512)
    field = GridField(GridDensity(source))
    x = mixture(8).sample(10**5, generator=torch.Generator().manual_seed(2)).T.contiguous()
    axis = -6 + (np.arange(512) + 0.5) * 12 / 512
    splines = RectBivariateSpline(axis, axis, np.log(density + 1e-300).clip(-60))
    points = x.double().numpy()
    ours, theirs = duel(
        lambda: field.score(x, 1.0, 0.3), lambda: (splines.ev(*points, dx=1), splines.ev(*points, dy=1))
    )
    return Row("score on a grid, 100,000 particles", "scipy's RectBivariateSpline", ours, theirs, "–", "–")
