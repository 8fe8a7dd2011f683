"""The length of Gaussian vectors: against scipy's χ law, and concentrated as 1/√(2d)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from visualizer.engine.experiments.norms import norm_density, norms


@pytest.mark.parametrize("d", [1, 2, 3, 30, 1000, 10_000])
def test_the_density_is_scipys(d):
    r = np.concatenate([np.linspace(0.01, 3, 50), np.linspace(0.95, 1.05, 51)])
    np.testing.assert_allclose(norm_density(r, d), stats.chi(d, scale=d**-0.5).pdf(r), rtol=1e-8, atol=1e-300)


@pytest.mark.parametrize("d", [1, 2, 100, 10_000])
def test_drawn_vectors_follow_it(d):
    found = norms(d)
    law = stats.chi(d, scale=d**-0.5)
    assert found.mean == pytest.approx(law.mean(), abs=4 * law.std() / np.sqrt(4000))
    assert found.std == pytest.approx(law.std(), rel=4 / np.sqrt(2 * 4000) * 1.5)  # kurtosis of χ_1 is 3.9, not 3
    assert np.sum(found.histogram * np.diff(found.edges)) == pytest.approx(1.0, abs=1e-3)
    assert np.trapezoid(found.density, found.grid) == pytest.approx(1.0, abs=5e-3)


def test_the_spread_shrinks_as_one_over_the_root_of_two_d():
    for d in (100, 10_000):
        assert norms(d).std == pytest.approx(1 / np.sqrt(2 * d), rel=0.06)
