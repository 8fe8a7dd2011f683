"""Who belongs to which mode: exact samples at every noise level, starts within a basin, and cores."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture
from visualizer.diagnostics.modes import Basins, Components, cells_for
from visualizer.engine.targets import build_density
from visualizer.scene.embedded import packed
from visualizer.scene.presets import load_scene
from visualizer.scene.targets.data import DataTarget
from visualizer.scene.targets.formula import FormulaTarget
from visualizer.scene.targets.shape import ShapeTarget

LEVELS = [(1.0, 0.0), (1.0, 0.5), (0.5, 0.8), (1.0, 8.0), (0.0, 1.0)]
TARGETS = {
    "tilted": FormulaTarget(log_density="-(x^2 - 4)^2/5 - (y - x/3)^2 + 0.2*x"),
    "quartic": FormulaTarget(log_density="-2*(x^2 - 1)^2 + 0.3*x"),
    "moons": ShapeTarget(name="two-moons"),
    "wells": ShapeTarget(name="many-wells"),
    "irises": load_scene("irises").target,
    "wide": FormulaTarget(log_density="-0.6*log(1 + (x^2 - 9)^2/4) + 0.3*atan(x)"),
}


def found(p):
    return Basins(p, cells_for(p))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", TARGETS)
def test_exact_samples_have_the_weights_at_every_noise_level(name, level):
    """The mean of P(x_0 in basin | x_t) is the basin's mass, whatever the noise: within 4 standard errors."""
    p, n, batches = build_density(TARGETS[name]), 4_000, 25
    modes = found(p)
    assert len(modes.places) > 1
    g = torch.Generator().manual_seed(11)
    shares = np.stack([modes.occupancy(p.noised(*level).sample(n, generator=g).T, *level) for _ in range(batches)])
    assert shares.sum(1) == pytest.approx(1.0)
    error = shares.std(0, ddof=1) / np.sqrt(batches) + 1e-4  # what the grid's cells are good for
    assert (np.abs(shares.mean(0) - modes.shares) < 4 * error).all()


@pytest.mark.parametrize("level", LEVELS)
def test_components_have_their_weights_at_every_noise_level(level):
    p, n, batches = build_density(load_scene("trapped").target), 4_000, 25
    modes, g = Components(p), torch.Generator().manual_seed(12)
    samples = [p.noised(*level).sample(n, generator=g).T.float().contiguous() for _ in range(batches)]
    shares = np.stack([modes.occupancy(x, *level) for x in samples])
    error = shares.std(0, ddof=1) / np.sqrt(batches) + 1e-6
    assert (np.abs(shares.mean(0) - modes.shares) < 4 * error).all()
    exact = p.noised(*level).responsibilities(samples[0].T.double()).mean(0)
    assert shares[0] == pytest.approx(exact.numpy(), abs=1e-5)


@pytest.mark.parametrize("level", [(1.0, 0.8), (0.6, 0.5), (1.0, 3.0)])
def test_basins_under_noise_are_responsibilities_where_modes_are_gaussian(level):
    """Two Gaussians far from each other, as a mixture and as a formula: the same probabilities, the same likeliest."""
    text = "logaddexp(log(0.3) - ((x - 3)^2 + y^2)/2, log(0.7) - ((x + 3)^2 + y^2)/2)"
    modes = found(build_density(FormulaTarget(log_density=text)))
    means = torch.tensor([[-3.0, 0.0], [3.0, 0.0]]).double()
    mixture = GaussianMixture(torch.tensor([0.7, 0.3]).double(), means, torch.eye(2).double().expand(2, 2, 2))
    x = mixture.noised(*level).sample(5_000, generator=torch.Generator().manual_seed(3))
    r = mixture.noised(*level).responsibilities(x)
    assert modes.occupancy(x.T, *level) == pytest.approx(r.mean(0).numpy(), abs=5e-3)
    same = modes.nearest(x.T, *level) == r.argmax(1)
    assert float(same[(r.max(1).values > 0.6)].double().mean()) > 0.999


def test_a_mixture_has_its_components_and_basins_find_the_same_where_they_are_apart():
    p = build_density(load_scene("trapped").target)
    by_components, by_basins = Components(p), found(p)
    x = p.sample(20_000, generator=torch.Generator().manual_seed(2)).T
    order = [int(np.hypot(*(by_components.places - place).T).argmin()) for place in by_basins.places]
    same = torch.tensor(order)[by_basins.nearest(x, 1.0, 0.0)] == by_components.nearest(x.float(), 1.0, 0.0)
    assert float(same.double().mean()) > 0.999
    assert by_basins.shares == pytest.approx(by_components.shares[order], abs=1e-3)
    assert by_basins.places == pytest.approx(by_components.places[order], abs=0.02)


@pytest.mark.parametrize("name", ["tilted", "quartic", "irises"])
def test_a_start_in_a_mode_is_p_within_its_basin(name):
    """All draws lie in the basin; their mean is that of p there, summed over the cells."""
    p, n = build_density(TARGETS[name]), 20_000
    modes = found(p)
    mass = np.exp(modes.log_p - modes.log_p.max())
    places = np.stack(np.meshgrid(*modes.axes, indexing="ij"))
    for k in range(len(modes.places)):
        x = modes.sample(k, n, torch.Generator().manual_seed(5))
        assert float((modes.nearest(x, 1.0, 0.0) == k).double().mean()) > 0.995  # but for half a cell at the border
        inside = mass * (modes.partition.labels == k)
        for i in range(p.d):
            mean = (inside * places[i]).sum() / inside.sum()
            std = np.sqrt((inside * (places[i] - mean) ** 2).sum() / inside.sum())
            assert abs(float(x[i].mean()) - mean) < 4 * std / np.sqrt(n)


def test_cores_are_close_to_modes():
    p = build_density(TARGETS["tilted"])
    modes = found(p)
    at = modes.places.T
    between = at.mean(1, keepdims=True)
    assert modes.cores(np.hstack([at, between])).tolist() == [0, 1, -1]
    mixture = Components(build_density(load_scene("trapped").target))
    places = mixture.places.T
    assert mixture.cores(np.hstack([places, np.zeros((2, 1))])).tolist() == [0, 1, 2, -1]


def test_few_points_are_not_each_a_mode():
    """Twenty points around each of two places: two modes, not forty, though their Parzen density is a mixture."""
    g = np.random.default_rng(3)
    x = np.concatenate([g.normal(-3, 0.5, (20, 2)), g.normal(3, 0.5, (20, 2))])
    target = DataTarget(points=packed(x.astype(np.float32)), columns=("x", "y"), bandwidth=0.6)
    assert len(found(build_density(target)).places) == 2


def test_grids_of_basins_are_as_fine_as_the_density_needs():
    """Two modes in a box ten thousand wide are found on the density's own grid; what is too narrow is not counted."""
    p = build_density(FormulaTarget(log_density="-0.6*log(1 + (x^2 - 9)^2/4)"))
    assert p.source.table.density.shape == (131_072,)
    assert found(p).places[:, 0] == pytest.approx([-3.0, 3.0], abs=0.1)
    thin = GaussianMixture(torch.ones(2), torch.tensor([[0.0, 0.0], [9.0, 9.0]]), 1e-6 * torch.eye(2).expand(2, 2, 2))
    assert cells_for(thin) is None
    wide = GaussianMixture(torch.ones(2), torch.tensor([[0.0, 0.0], [9.0, 9.0]]), torch.eye(2).expand(2, 2, 2))
    assert cells_for(wide) == 256


@pytest.mark.parametrize("name", ["rings", "two-moons", "twenty-five-gaussians", "pinwheel"])
def test_modes_keep_their_numbers_on_a_coarser_grid(name):
    """Rings from small to large; numbers, and with them bars and colours, are the same while something is dragged."""
    p = build_density(ShapeTarget(name=name))
    fine, coarse = found(p), Basins(p, cells_for(p, coarse=True))
    assert len(fine.places) == len(coarse.places)
    assert coarse.shares == pytest.approx(fine.shares, abs=0.01)
    assert coarse.parts.means.numpy() == pytest.approx(fine.parts.means.numpy(), abs=0.1)
    if name == "rings":
        sizes = fine.parts.variances.sum(1)
        assert sizes.tolist() == sorted(sizes.tolist())


def test_axes_may_have_units_of_their_own():
    """Two Gaussians in centimetres along x and kilometres along y: weights, places and starts are theirs."""
    stds = torch.tensor([0.3, 40.0]).double()
    means = torch.tensor([[-2.0, 0.0], [2.0, 300.0]]).double()
    p = GaussianMixture(torch.tensor([0.3, 0.7]).double(), means, torch.diag(stds**2).expand(2, 2, 2).clone())
    assert np.ravel(p.bounds()) == pytest.approx([-3.5, 3.5, -200.0, 500.0])
    assert cells_for(p) == 256
    found = Basins(p, 256)
    assert found.shares == pytest.approx([0.3, 0.7], abs=1e-5)
    cells = np.array([axis[1] - axis[0] for axis in found.axes])
    assert (np.abs(found.places - means.numpy()) < cells).all()
    n = 20_000
    for k in range(2):
        x = found.sample(k, n, torch.Generator().manual_seed(k))
        assert ((x.mean(1) - means[k]).abs() < 4 * stds / math.sqrt(n)).all()


def test_little_noise_in_a_long_box_takes_no_one_to_the_other_end():
    """Tails out to thousands, modes at ±3: with σ = ½ it is sure where a particle at ±3 comes from."""
    modes = found(build_density(TARGETS["wide"]))
    for k, y in ((0, -3.0), (1, 3.0)):
        x = torch.full((1, 10), y).double()
        assert modes.occupancy(x, 1.0, 0.5)[k] == pytest.approx(1.0, abs=1e-5)
        assert (modes.nearest(x, 1.0, 0.5) == k).all()
