"""Compiled kernels against torch in float64, closed forms and NumPy's histograms."""

from __future__ import annotations

import hashlib
import math
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from visualizer import fused
from visualizer.densities import GaussianMixture, GridDensity, GridSource, MixtureField, MixtureKernel
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import LEVELS, particle_table
from visualizer.engine.pictures.flow import Flow
from visualizer.engine.pictures.splat import Canvas, blur, dots, splat
from visualizer.engine.pictures.step_view import coloured, replicas_coloured
from visualizer.engine.pictures.tone import tone, toned_counts
from visualizer.fused import Cells, loading, passes
from visualizer.fused import room as room_module
from visualizer.fused.room import Room
from visualizer.samplers.base import denoised, moved, noise
from visualizer.samplers.hmc import FOLLOWED, HMC
from visualizer.samplers.mala import MALA, tempered_step
from visualizer.samplers.random_walk import RandomWalk
from visualizer.samplers.tempering import Tempering
from visualizer.samplers.underdamped import Underdamped

N = 40_000
MAKES = (lambda p: HMC(p, 0.05, 2), lambda p: RandomWalk(p, 0.1), lambda p: Underdamped(p, 0.1))
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
    monkeypatch.setattr(fused, "ready", lambda: None)
    monkeypatch.setattr(fused, "suits", lambda *_: False)
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
@pytest.mark.parametrize("k", [1, 3, 64, 500])
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
@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_a_step_by_the_denoiser_is_that_of_torch_with_the_same_noise(d, spread, monkeypatch):
    """That of DDIM: with noise and without."""
    p, level = mixture(8, d), (0.8, 0.6)
    x = p.noised(*level).sample(N + 77, generator=generator()).T.float().contiguous()
    field = MixtureField(p)
    at_once = denoised(field, x, level, generator(), keep=0.7, pull=0.4, spread=spread)
    drawn = noise(x, generator(), spread)
    without(monkeypatch)
    in_turn = field.denoise(x, *level).mul(0.4).add(x, alpha=0.7).add(drawn)
    assert float((at_once - in_turn).abs().max()) < 2e-5


def begun(d, make):
    """A sampler of a mixture, and its state after a start."""
    p = mixture(3, d)
    sampler = make(MixtureKernel(p, dtype=torch.float32))
    x = p.sample(N + 77, generator=generator()).T.float().contiguous()
    return sampler, sampler.init(x, generator(5))


def same(one, other, monkeypatch, rows):
    """A step in one pass and the same in torch, fed the noise that `rows` rows of numbers are for one key."""
    (a, told), key = one.step(other, generator()), generator()
    drawn = list(noise(torch.empty(rows, other.x.shape[1]), key))
    without(monkeypatch)
    for module in ("underdamped", "hmc", "random_walk"):
        monkeypatch.setattr(
            f"visualizer.samplers.{module}.noise",
            lambda like, _, std=1.0: std * torch.stack([drawn.pop(0) for _ in range(len(like))]),
        )
    for module in ("hmc", "random_walk"):
        monkeypatch.setattr(
            f"visualizer.samplers.{module}.accepts",
            lambda ratio, _: -0.5 * (drawn.pop(0).square() + drawn.pop(0).square()) < ratio,
        )
    b, wanted = one.step(other, generator())
    assert not drawn
    return (a, told), (b, wanted)


def close(a, b, most=1e-3):
    """Equal but for rounding, which a steep place makes larger."""
    apart = (a - b).abs() / (1 + b.abs())
    assert float(apart.max()) < most
    assert float(apart.mean()) < 1e-5


@pytest.mark.parametrize("d", [1, 2])
def test_underdamped_dynamics_in_one_pass_is_that_of_torch(d, monkeypatch):
    (a, _), (b, _) = same(*begun(d, lambda p: Underdamped(p, 0.1, 0.7)), monkeypatch, d)
    for one, other in ((a.x, b.x), *((a.memory[k], b.memory[k]) for k in ("momentum", "score"))):
        close(one, other)


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("make", [lambda p: HMC(p, 0.05, 4), lambda p: MALA(p, 0.02), lambda p: RandomWalk(p, 0.1)])
def test_proposals_and_their_tests_in_one_pass_are_those_of_torch(d, make, monkeypatch):
    (a, told), (b, wanted) = same(*begun(d, make), monkeypatch, d + 2)
    close(told.proposal, wanted.proposal)
    assert (told.accepted != wanted.accepted).sum() <= 4  # rounding
    agreed = told.accepted == wanted.accepted
    assert 0.1 < float(told.accepted.float().mean()) < 0.9999
    close(a.x[:, agreed], b.x[:, agreed])
    for name in a.memory:
        close(a.memory[name][..., agreed], b.memory[name][..., agreed])
    if wanted.path is not None:
        assert told.path.shape == (5, d, FOLLOWED)
        close(told.path, wanted.path)
        close(told.energy_error, wanted.energy_error)


@pytest.mark.parametrize("d", [1, 2])
def test_tempered_steps_in_one_pass_are_those_of_torch(d, monkeypatch):
    """Replicas at three temperatures, each with noise of its own."""
    p, levels, n = mixture(3, d), [Tempering(2.5, beta) for beta in (1.0, 0.4, 0.0)], N + 77
    kernel, sizes = MixtureKernel(p, dtype=torch.float32), (0.05, 0.1, 2.0)
    x = torch.stack([p.sample(n, generator=generator(s)).T.float() for s in range(3)]).contiguous()
    known = [kernel.log_prob_and_score(level) for level in x]
    memory = {"log_prob": torch.stack([k[0] for k in known]), "score": torch.stack([k[1] for k in known])}
    a, told, accepted, y = tempered_step(kernel, x, memory, levels, sizes, generator())
    blocks = -(-n // 512) * 512
    drawn = noise(torch.empty(d + 2, 3 * blocks), generator()).view(d + 2, 3, blocks)[..., :n].flatten(1)
    without(monkeypatch)
    monkeypatch.setattr("visualizer.samplers.mala.noise", lambda *_: drawn[:d])
    test = -0.5 * drawn[d:].square().sum(0)
    monkeypatch.setattr("visualizer.samplers.mala.accepts", lambda ratio, _: test < ratio)
    b, wanted, taken, z = tempered_step(kernel, x, memory, levels, sizes, generator())
    close(y, z)
    agreed = accepted == taken
    assert (~agreed).sum() <= 12  # rounding
    assert all(0.1 < float(v) < 0.9999 for v in taken.float().mean(1))
    close(a.movedim(1, 0)[:, agreed], b.movedim(1, 0)[:, agreed])
    close(told["log_prob"][agreed], wanted["log_prob"][agreed])
    close(told["score"].movedim(1, 0)[:, agreed], wanted["score"].movedim(1, 0)[:, agreed])


@pytest.mark.parametrize("d", [1, 2])
def test_the_test_of_metropolis_is_that_of_torch(d):
    g = generator()
    x, y, score, score_y, p, p_y = (torch.randn(d, N, generator=g) for _ in range(6))
    log_prob, log_prob_y = torch.randn(2, N, generator=g)
    log_prob_y[:5] = torch.tensor([math.nan, math.inf, -math.inf, 0.0, 0.0])
    z = torch.randn(2, N, generator=g)
    made, *known, taken, error = fused.tested(x, y, (log_prob, score), (log_prob_y, score_y), (p, p_y), z)
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


def test_slopes_at_nodes_are_those_of_a_polynomial_and_of_torch_to_the_bit(monkeypatch):
    """Differences of fourth order are exact up to the fourth power."""
    i, j = (torch.arange(n, dtype=torch.float64) - n // 2 for n in (23, 32))
    u, v = i[:, None] / 10, j[None, :] / 10
    f = 2 + u**4 - 3 * u**3 * v + u * v**4 - v**2
    slopes = (4 * u**3 - 9 * u**2 * v + v**4) / 10, (-3 * u**3 + 4 * u * v**3 - 2 * v) / 10
    twist = (-9 * u**2 + 4 * v**3) / 100
    rows = fused.sloped(f).view(*f.shape, 4)
    inside = (slice(2, -2), slice(2, -2))
    for k, wanted in enumerate((f, *slopes, twist)):
        torch.testing.assert_close(rows[..., k][inside], wanted[inside].float(), rtol=1e-6, atol=1e-6)
    assert not rows[:2, :, 1].any()
    assert not rows[:, -2:, 2:].any()

    values = torch.exp(-(v.T**2) - v**2 / 3)

    def kept():
        return (
            GridDensity(GridSource(values, (-2.0, -2.0), (2.0, 2.0)), dtype=torch.float32).noised(1.0, 0.3)._hermite()
        )

    at_once = kept()
    monkeypatch.setattr(fused, "sloped", lambda _: None)
    assert torch.equal(at_once, kept())


def test_threads_change_nothing(monkeypatch):
    p = mixture(3, 2)
    kernel = MixtureKernel(p, dtype=torch.float32)
    x = p.sample(700_001, generator=generator()).T.float().contiguous()
    limits = ((-4.0, 4.0), (3.0, -3.0))

    def made():
        step = moved(kernel, x, generator(), pull=0.02, spread=0.3)
        steps = [make(kernel).step(make(kernel).init(x, generator(1)), generator())[0].x for make in MAKES]
        return step, *steps, fused.count(x, Cells(limits, (50, 40))), fused.count(x[:1], Cells(((-3.0, 3.0),), (90,)))

    several = made()
    monkeypatch.setattr(passes, "MANY", 10**9)
    assert all(torch.equal(a, b) for a, b in zip(several, made(), strict=True))


def test_counts_are_those_of_numpy():
    x = 2 * torch.randn(2, N, generator=generator())
    framed = fused.count(x, Cells(((-3.0, 3.0), (2.0, -2.0)), (60, 40)))
    assert int(framed.sum()) == N
    counts = fused.blurred(framed).flip(0)
    wanted, _, _ = np.histogram2d(x[1].numpy(), x[0].numpy(), bins=(40, 60), range=((-2, 2), (-3, 3)))
    assert float((counts - blur(torch.from_numpy(wanted).float())).abs().sum()) <= 8  # rounding at an edge
    cells = fused.count(x[:1], Cells(((-1.0, 2.0),), (72,)))[1:-1]
    known, _ = np.histogram(x[0].numpy(), 72, (-1, 2))
    assert np.abs(cells.numpy() - known).sum() <= 4


def test_what_is_no_number_is_outside():
    x = torch.zeros(2, N)
    x[0, :3] = torch.tensor([math.nan, math.inf, -math.inf])
    assert int(fused.count(x, Cells(((-1.0, 1.0), (1.0, -1.0)), (9, 9)))[1:-1, 1:-1].sum()) == N - 3
    assert int(fused.count(x[:1], Cells(((-1.0, 1.0),), (9,)))[1:-1].sum()) == N - 3
    image = splat(x, Viewport(-1, 1, -1, 1, 9, 9))
    assert float(image.sum()) == pytest.approx(N - 3)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("soft", [False, True])
def test_shares_of_pixels_are_those_of_torch(weighted, soft, monkeypatch):
    view = Viewport(-3.0, 3.0, -2.0, 2.0, 120, 90)
    x = 2 * torch.randn(2, N, generator=generator())
    weights = torch.rand(N, generator=generator()) if weighted else None

    def made():
        canvas = Canvas(view, x.device)
        return (canvas.add_soft if soft else canvas.add_shared)(x, weights).image

    here = made()
    without(monkeypatch)
    there = made()
    assert float((here - there).abs().max()) < 1e-3
    assert float(here.sum()) == pytest.approx(float(there.sum()), rel=1e-5)


def test_mean_colours_are_those_of_torch(monkeypatch):
    """Of classes of particles, and of replicas; a level of 255 apart by rounding, and by the steps of the opacity."""
    view = Viewport(-3.0, 3.0, -2.0, 2.0, 120, 90)
    x, which = torch.randn(2, N, generator=generator()), torch.arange(N) % 3
    colours = ["#ff8000", "#20c0f0", "#102030"]

    def made():
        return coloured(x, which, colours, view), replicas_coloured(x.view(2, 2, -1), colours[:2], view, 0.4)

    here = made()
    without(monkeypatch)
    for a, b in zip(here, made(), strict=True):
        apart = np.abs(a.view(np.uint8).astype(int) - b.view(np.uint8))
        assert apart.max() <= 3
        assert (apart > 1).mean() < 0.01
        assert (b == 0).any()
        assert (b.view(np.uint8) > 90).any()


@pytest.mark.parametrize(("count", "ratio"), [(9_000, 1.0), (9_000, 2.0), (500, 1.0), (500, 2.0)])
def test_dots_are_those_of_torch(count, ratio, monkeypatch):
    """B-splines and discs, at the edges and outside, and what is no number; a level or two apart where sums round."""
    view = Viewport(-3.0, 3.0, -2.0, 2.0, 120, 90, ratio)
    table = particle_table("dark")
    x = 2 * torch.randn(2, count, generator=generator())
    x[0, :4] = torch.tensor([math.nan, math.inf, -math.inf, -2.99])
    here = dots(x, view, table)
    without(monkeypatch)
    there = dots(x, view, table)
    apart = (here.view(torch.uint8).int() - there.view(torch.uint8).int()).abs()
    assert float((apart > 2).float().mean()) < 1e-3
    assert float((there != 0).float().mean()) > 0.1


def test_tracers_are_those_of_torch(monkeypatch):
    """Places, and traces on the canvas, after a hundred frames along a field that takes some of them outside."""
    view = Viewport(-3.0, 3.0, -2.0, 2.0, 120, 90)
    velocity = torch.randn(2, 54, 72, generator=generator())
    velocity = velocity / (1 + velocity.norm(dim=0))

    def made():
        flow = Flow(view, 7)
        for _ in range(20):
            flow.advance(velocity)
        return flow

    here = made()
    without(monkeypatch)
    there = made()
    assert float((here._x - there._x).abs().max()) < 1e-4
    assert float((here._canvas.image.clamp(max=1) - there._canvas.image.clamp(max=1)).abs().max()) < 1e-3
    assert float(there._canvas.image.max()) > 0.5


def test_a_run_astray_is_told():
    x = torch.randn(2, 700_001)
    assert fused.finite(x)
    for wrong in (math.nan, math.inf, -math.inf, 1e20):
        y = x.clone()
        y[1, -1] = wrong
        assert not fused.finite(y), wrong


def test_a_block_is_used_again_when_nobody_looks_at_it(monkeypatch):
    room = Room()
    x = room.empty((2, 300_000))
    place, part = x.data_ptr(), x[1]
    del x
    other = room.empty((2, 300_000))
    assert other.data_ptr() != place  # somebody still looks at the first
    del part
    assert room.empty((600_000,)).data_ptr() == place
    assert room.empty((1_200_000,), torch.bool).shape == (1_200_000,)
    assert room.kept > 0
    room.clear()
    assert room.kept == 0
    monkeypatch.setattr(room_module, "_MOST", 0)
    del other
    assert room.kept == 0


def test_colours_are_those_of_torch_to_the_bit(monkeypatch):
    rng = np.random.default_rng(0)
    table = rng.integers(0, 2**32, LEVELS, dtype=np.uint32)
    framed = torch.from_numpy(rng.normal(0.5, 0.5, (70, 90)).astype(np.float32))
    framed[5, 5:9] = torch.tensor([math.nan, math.inf, -math.inf, 1.0])
    image = framed[4:-4, 3:-3]
    counts = (image * 90).nan_to_num(0.0, 1e9).clamp(0.0, 1e9)
    assert fused.toned(image, LEVELS - 1, torch.from_numpy(table.view(np.int32)))[1]
    here = tone(image, table), toned_counts(counts, 70.0, table)
    for name in ("toned", "log_toned"):
        monkeypatch.setattr(fused, name, lambda *_: None)
    there = tone(image, table), toned_counts(counts, 70.0, table)
    assert all(np.array_equal(a, b) for a, b in zip(here, there, strict=True))


def test_films_have_the_colours_of_the_standard():
    """Of ITU-R BT.709-6, item 3, in float64, of each pixel and of the mean of 2 × 2; an odd line is left out."""
    image = np.random.default_rng(3).integers(0, 256, (35, 51, 4), dtype=np.uint8)
    image[:4, :4, :3] = 255
    image[4:8, :4, :3] = 0
    found = fused.planes(image)
    blue, green, red = image[:34, :50, :3].transpose(2, 0, 1) / 255
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    differences = [224 * (c - luma) / by for c, by in ((blue, 1.8556), (red, 1.5748))]
    means = [128 + d.reshape(17, 2, 25, 2).mean((1, 3)) for d in differences]
    exact = np.concatenate([(16 + 219 * luma).ravel(), *(m.ravel() for m in means)])
    assert found.shape == (51, 50)
    assert np.abs(found.ravel() - exact).max() < 0.51  # rounded
    assert fused.planes(image[:, :40]) is None


def test_without_numba_or_on_an_old_machine_torch_does_it(monkeypatch):
    made = loading.kernels.__wrapped__
    monkeypatch.setenv(loading.SWITCH, "1")
    assert made() is None
    monkeypatch.delenv(loading.SWITCH)
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda: {"avx2": False})
    assert made() is None


def test_a_kernel_on_the_disk_is_as_old_as_the_oldest_file_of_all():
    """numba looks at the file that a kernel stands in; what it takes from others may have changed as well."""
    base = import_module("visualizer.fused.base")
    files = sorted(Path(base.__file__).parent.glob("*.py"))
    assert hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest() == base.STAMP
    assert all(kernel._cache._cache_file._source_stamp == base.STAMP for _, kernel, _ in base._all)
    _, kernel, signature = base._all[0]
    kernel.compile(signature)
    index = kernel._cache._cache_file
    assert index._load_index()
    try:
        index._source_stamp = "of another day"
        assert not index._load_index()
    finally:
        index._source_stamp = base.STAMP


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


def test_many_components_are_as_good_a_reason_as_many_particles(monkeypatch):
    """A field of few places and many components is summed by a kernel; steps, which draw numbers, are not."""
    p = mixture(200, 2)
    x = p.sample(2_000, generator=generator()).T.contiguous()
    kernel = MixtureKernel(p, dtype=torch.float32)
    assert not kernel.in_one_pass(x.float())
    asked, sums = [], passes.log_prob_and_map
    monkeypatch.setattr(fused, "log_prob_and_map", lambda *a: (asked.append(1), sums(*a))[1])
    found = (*kernel.log_prob_and_score(x.float()), kernel.score(x.float()), kernel.denoise(x.float()))
    assert len(asked) == 3
    exact = MixtureKernel(p, dtype=torch.float64)
    wanted = (*exact.log_prob_and_score(x), exact.score(x), exact.denoise(x))
    for a, b in zip(found, wanted, strict=True):
        assert float(((a - b).abs() / (1 + b.abs())).max()) < 1e-4
    followed = x.float().requires_grad_()  # by whoever differentiates something else of them
    assert torch.equal(kernel.score(followed), found[2])
    assert not kernel.score(followed).requires_grad
