"""Who belongs to which mode: exact samples at every noise level, starts within a basin, and cores."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from visualizer.densities import exact_field
from visualizer.diagnostics.modes import CELLS, Basins, Components, occupancy
from visualizer.engine.build import build_density
from visualizer.scene.data_target import DataTarget
from visualizer.scene.embedded import packed
from visualizer.scene.grid_target import FormulaTarget, ShapeTarget
from visualizer.scene.presets import find_scene

LEVELS = [(1.0, 0.0), (1.0, 0.5), (0.5, 0.8), (1.0, 8.0), (0.0, 1.0)]
TARGETS = {
    "tilted": FormulaTarget(log_density="-(x^2 - 4)^2/5 - (y - x/3)^2 + 0.2*x"),
    "quartic": FormulaTarget(log_density="-2*(x^2 - 1)^2 + 0.3*x"),
    "moons": ShapeTarget(name="two-moons"),
    "wells": ShapeTarget(name="many-wells"),
    "irises": find_scene("irises").target,
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", TARGETS)
def test_exact_samples_are_in_the_basins_as_often_as_told(name, level):
    p, n = build_density(TARGETS[name]), 40_000
    modes = Basins(p, CELLS[p.d][0])
    assert len(modes.places) > 1
    wanted = modes.weights(*level, exact_field(p))
    x = p.noised(*level).sample(n, generator=torch.Generator().manual_seed(11)).T
    off = (occupancy(modes, x, *level) - wanted) / np.sqrt(np.maximum(wanted * (1 - wanted), 1e-9) / n + 1e-9)
    assert np.abs(off).max() < 4
    assert wanted.sum() == pytest.approx(1.0)


def test_a_mixture_has_its_components_and_basins_find_the_same_where_they_are_apart():
    p = build_density(find_scene("trapped").target)
    by_components, by_basins = Components(p), Basins(p, 256)
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
    modes = Basins(p, CELLS[p.d][0])
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


def test_cores_are_close_to_modes_and_scale_with_alpha():
    p = build_density(TARGETS["tilted"])
    modes = Basins(p, 256)
    at = modes.places.T
    between = at.mean(1, keepdims=True)
    assert modes.cores(np.hstack([at, between]), 1.0).tolist() == [0, 1, -1]
    assert modes.cores(0.3 * at, 0.3).tolist() == [0, 1]
    mixture = Components(build_density(find_scene("trapped").target))
    places = mixture.places.T
    assert mixture.cores(np.hstack([places, np.zeros((2, 1))]), 1.0).tolist() == [0, 1, 2, -1]


def test_few_points_are_not_each_a_mode():
    """Twenty points around each of two places: two modes, not forty, though their Parzen density is a mixture."""
    g = np.random.default_rng(3)
    x = np.concatenate([g.normal(-3, 0.5, (20, 2)), g.normal(3, 0.5, (20, 2))])
    target = DataTarget(points=packed(x.astype(np.float32)), columns=("x", "y"), bandwidth=0.6)
    assert len(Basins(build_density(target), 256).places) == 2
