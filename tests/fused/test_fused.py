"""Compiled kernels against torch in float64, closed forms and NumPy's histograms."""

from __future__ import annotations

import math
from importlib import import_module

import numpy as np
import pytest
import torch
from scipy import stats

from visualizer import fused
from visualizer.densities import GaussianMixture, GridDensity, GridSource, MixtureKernel
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import LEVELS
from visualizer.engine.pictures.splat import Canvas, blur, splat
from visualizer.engine.pictures.tone import tone, tone_counts
from visualizer.fused import loading, passes
from visualizer.samplers.base import moved, noise
from visualizer.samplers.hmc import FOLLOWED, leapfrogs

N = 40_000
pytestmark = pytest.mark.skipif(fused.kernels() is None, reason="no compiled kernels on this machine")


@pytest.fixture(autouse=True)
def nobody_waits():
    fused.need()


def generator(seed=3):
    return torch.Generator().manual_seed(seed)


def mixture(k, d, spread=3.0):
    g = generator(k + 10 * d)
    root = 0.4 * torch.randn(k, d, d, generator=g, dtype=torch.float64)
    means = spread * torch.randn(k, d, generator=g, dtype=torch.float64)
    return GaussianMixture(torch.rand(k, generator=g) + 0.1, means, root @ root.mT + 0.05 * torch.eye(d))


def without(monkeypatch):
    """torch alone from here on."""
    monkeypatch.setattr(fused, "suits", lambda _: False)
    monkeypatch.setattr(fused, "at_hand", lambda _: False)


def test_noise_is_normal_and_independent():
    """Kolmogorov's distance of 2 million numbers, moments within 4 standard errors, no correlation near or far."""
    z = noise(torch.empty(2, 1_000_000), generator()).double()
    n = z.numel()
    assert stats.kstest(z.flatten().numpy(), "norm").pvalue > 1e-4
    for power, mean, variance in ((1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)):
        assert abs(float(z.pow(power).mean()) - mean) < 4 * math.sqrt(variance / n), power
    beyond = 2 * stats.norm.sf(4.0)
    assert abs(int((z.abs() > 4).sum()) - n * beyond) < 4 * math.sqrt(n * beyond)
    flat = z.flatten()
    for lag in (1, 16, 32, 128, 256, 512, 1024, 1_000_000):
        for power in (1, 2):
            a, b = (v.pow(power) - (power - 1) for v in (flat[:-lag], flat[lag:]))
            error = math.sqrt((1.0, 4.0)[power - 1] / len(a))
            assert abs(float((a * b).mean())) < 4 * error, (lag, power)


def test_other_keys_are_other_noise_and_the_same_key_the_same(monkeypatch):
    first, again, other = (noise(torch.empty(2, 600_000), generator(s), 2.0) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert abs(float((first * other).mean())) / 4 < 4 / math.sqrt(first.numel())
    monkeypatch.setattr(passes, "MANY", 10**9)  # one thread
    assert torch.equal(noise(torch.empty(2, 600_000), generator(1), 2.0), first)
    many = noise(torch.empty(2, 3, N), generator())
    assert many.shape == (2, 3, N)
    assert abs(float(many.std()) - 1) < 4 / math.sqrt(2 * many.numel())


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("k", [1, 3, 8, 64])
def test_score_log_prob_and_denoiser_are_those_of_float64(k, d):
    p = mixture(k, d)
    x = p.sample(N, generator=generator()).T.contiguous()
    x[:, 0], x[:, 1] = 1e3, -40.0
    kernel = MixtureKernel(p.noised(0.8, 0.3), dtype=torch.float32)
    assert kernel.in_one_pass(x.float())
    log_prob, score = kernel.log_prob_and_score(x.float())
    exact, slopes = p.noised(0.8, 0.3).log_prob(x.float().double().T), p.noised(0.8, 0.3).score(x.float().double().T).T
    assert float(((log_prob - exact).abs() / (1 + exact.abs())).max()) < 3e-5
    assert float(((score - slopes).abs() / (1 + slopes.abs())).max()) < 2e-4
    cleaned = MixtureKernel(p, 0.8, 0.3, dtype=torch.float32).denoise(x.float())
    known = p.denoise(x.float().double().T, 0.8, 0.3).T
    assert float(((cleaned - known).abs() / (1 + known.abs())).max()) < 2e-4


def test_tight_components_far_apart_lose_nothing():
    """Means to 10, σ down to 0.01, where the terms of a column underflow in float32 but for the nearest."""
    means = torch.tensor([[10.0, -10.0], [-10.0, 10.0], [9.9, 9.9]], dtype=torch.float64)
    p = GaussianMixture(torch.tensor([1.0, 1e-6, 2.0]), means, 1e-4 * torch.eye(2, dtype=torch.float64).expand(3, 2, 2))
    x = p.sample(N, generator=generator()).float()
    x[: N // 2] *= 0.9
    score = MixtureKernel(p, dtype=torch.float32).score(x.T.contiguous()).T
    exact = p.score(x.double())
    assert float(((score - exact).norm(dim=1) / (1 + exact.norm(dim=1))).max()) < 2e-3


@pytest.mark.parametrize("d", [1, 2])
def test_a_step_in_one_pass_is_the_step_of_torch_with_the_same_noise(d, monkeypatch):
    p = mixture(8, d)
    kernel = MixtureKernel(p, dtype=torch.float32)
    x = p.sample(N + 77, generator=generator()).T.float().contiguous()
    at_once = moved(kernel, x, generator(), keep=0.9, pull=0.02, spread=0.3)
    drawn = noise(x, generator(), 0.3)
    without(monkeypatch)
    in_turn = kernel.score(x).mul(0.02).add(x, alpha=0.9).add(drawn)
    assert float((at_once - in_turn).abs().max()) < 2e-5


@pytest.mark.parametrize("d", [1, 2])
def test_leapfrogs_in_one_pass_are_those_of_torch(d, monkeypatch):
    p = mixture(3, d)
    kernel = MixtureKernel(p, dtype=torch.float32)
    x = p.sample(N + 77, generator=generator()).T.float().contiguous()
    momentum, score = noise(x, generator()), kernel.score(x)
    at_once = leapfrogs(kernel, x, momentum, score, 0.05, 4)
    without(monkeypatch)
    in_turn = leapfrogs(kernel, x, momentum, score, 0.05, 4)
    assert at_once[4].shape == (5, d, FOLLOWED)
    for a, b in zip(at_once, in_turn, strict=True):
        assert float(((a - b).abs() / (1 + b.abs())).max()) < 1e-3
        assert float((a - b).abs().mean()) < 1e-5


@pytest.mark.parametrize("d", [1, 2])
def test_the_test_of_metropolis_is_that_of_torch(d):
    g = generator()
    x, y, score, score_y, p, p_y = (torch.randn(d, N, generator=g) for _ in range(6))
    log_prob, log_prob_y = torch.randn(2, N, generator=g)
    log_prob_y[:5] = torch.tensor([math.nan, math.inf, -math.inf, 0.0, 0.0])
    z = torch.randn(2, N, generator=g)
    made, known, taken, error = fused.tested(x, y, (log_prob, score), (log_prob_y, score_y), (p, p_y), z)
    drop = log_prob - log_prob_y + 0.5 * (p_y.square().sum(0) - p.square().sum(0))
    wanted = -0.5 * z.square().sum(0) < -drop
    assert (wanted != taken).sum() <= 2  # rounding
    assert torch.equal(torch.isnan(error), torch.isnan(drop))
    assert torch.equal(made, torch.where(taken, y, x))
    assert torch.equal(known[1], torch.where(taken, score_y, score))
    assert torch.equal(known[0].nan_to_num(), torch.where(taken, log_prob_y, log_prob).nan_to_num())
    assert not taken[0]
    # −|z|²/2 is the logarithm of a uniform number: accepted as often as it should be.
    often = drop[5:].clamp(min=0).neg().exp()
    assert abs(float(taken[5:].float().mean() - often.mean())) < 4 * math.sqrt(float((often * (1 - often)).mean()) / N)


@pytest.mark.parametrize("d", [1, 2])
def test_between_nodes_of_a_grid_as_torch_does_it(d, monkeypatch):
    axes = [(torch.arange(256, dtype=torch.float64) + 0.5) / 32 - 4] * d
    p = mixture(3, d, spread=1.0)
    points = torch.cartesian_prod(*axes).view(-1, d)
    values = p.log_prob(points).exp().view(*(256 for _ in range(d)))
    grid = GridDensity(GridSource(values, (-4.0,) * d, (4.0,) * d), dtype=torch.float32).noised(0.9, 0.3)
    x = 3 * torch.randn(N, d, generator=generator())
    x[0], x[1] = math.nan, 1e9
    at_once = grid.log_prob_and_score(x)
    without(monkeypatch)
    exact = grid.to(dtype=torch.float64).log_prob_and_score(x.double())
    for a, b, c in zip(at_once, grid.log_prob_and_score(x), exact, strict=True):
        assert torch.equal(torch.isnan(a), torch.isnan(b))
        here, there = (float(((v - c).abs() / (1 + c.abs())).nan_to_num().max()) for v in (a, b))
        assert here < max(2 * there, 1e-5)  # in float32 both lose as much where p is steep


def test_threads_change_nothing(monkeypatch):
    p = mixture(3, 2)
    kernel = MixtureKernel(p, dtype=torch.float32)
    x = p.sample(700_001, generator=generator()).T.float().contiguous()
    limits = ((-4.0, 4.0), (3.0, -3.0))

    def made():
        step = moved(kernel, x, generator(), pull=0.02, spread=0.3)
        return step, fused.count(x, limits, 50, 40), fused.tally(x[0], -3.0, 3.0, 90)

    several = made()
    monkeypatch.setattr(passes, "MANY", 10**9)
    assert all(torch.equal(a, b) for a, b in zip(several, made(), strict=True))


def test_counts_are_those_of_numpy():
    x = 2 * torch.randn(2, N, generator=generator())
    counts = fused.count(x, ((-3.0, 3.0), (2.0, -2.0)), 60, 40).flip(0)
    wanted, _, _ = np.histogram2d(x[1].numpy(), x[0].numpy(), bins=(40, 60), range=((-2, 2), (-3, 3)))
    assert float((counts - blur(torch.from_numpy(wanted).float())).abs().sum()) <= 8  # rounding at an edge
    cells = fused.tally(x[0], -1.0, 2.0, 72)
    known, _ = np.histogram(x[0].numpy(), 72, (-1, 2))
    assert np.abs(cells.numpy() - known).sum() <= 4


def test_what_is_no_number_is_outside():
    x = torch.zeros(2, N)
    x[0, :3] = torch.tensor([math.nan, math.inf, -math.inf])
    assert float(fused.count(x, ((-1.0, 1.0), (1.0, -1.0)), 9, 9).sum()) == pytest.approx(N - 3)
    assert int(fused.tally(x[0], -1.0, 1.0, 9).sum()) == N - 3
    image = splat(x, Viewport(-1, 1, -1, 1, 9, 9))
    assert float(image.sum()) == pytest.approx(N - 3)


@pytest.mark.parametrize("weighted", [False, True])
def test_shares_of_pixels_are_those_of_torch(weighted, monkeypatch):
    view = Viewport(-3.0, 3.0, -2.0, 2.0, 120, 90)
    x = 2 * torch.randn(2, N, generator=generator())
    weights = torch.rand(N, generator=generator()) if weighted else None
    here = Canvas(view, x.device).add_shared(x, weights).image
    without(monkeypatch)
    there = Canvas(view, x.device).add_shared(x, weights).image
    assert float((here - there).abs().max()) < 1e-3
    assert float(here.sum()) == pytest.approx(float(there.sum()), rel=1e-5)


def test_colours_are_those_of_torch_to_the_bit(monkeypatch):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 2**32, LEVELS, dtype=np.uint32)
    framed = torch.from_numpy(rng.normal(0.5, 0.5, (70, 90)).astype(np.float32))
    framed[5, 5:9] = torch.tensor([math.nan, math.inf, -math.inf, 1.0])
    image = framed[4:-4, 3:-3]
    assert fused.toned(image, LEVELS - 1, LEVELS - 1, torch.from_numpy(table.view(np.int32)))[1]
    here = tone(image, table), tone_counts(image.nan_to_num() * 90, 70.0, table)
    monkeypatch.setattr(fused, "toned", lambda *_: None)
    there = tone(image, table), tone_counts(image.nan_to_num() * 90, 70.0, table)
    assert all(np.array_equal(a, b) for a, b in zip(here, there, strict=True))


def test_without_numba_or_on_an_old_machine_torch_does_it(monkeypatch):
    made = loading.kernels.__wrapped__
    monkeypatch.setenv(loading.SWITCH, "1")
    assert made() is None
    monkeypatch.delenv(loading.SWITCH)
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda: {"avx2": False})
    assert made() is None


def test_a_folder_that_cannot_be_written_is_no_error(monkeypatch):
    tried = []

    def brought_in(name):
        tried.append(name)
        if len(tried) == 1:
            raise RuntimeError("cannot cache function: no locator available")
        return import_module(name)

    monkeypatch.setattr(loading, "import_module", brought_in)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    assert loading.kernels.__wrapped__() is not None
    assert len(tried) == 2
