"""Conditionals of mixtures in the plane: against the joint density, normalised by quadrature."""

from __future__ import annotations

import pytest
import torch
from scipy.integrate import quad

from visualizer.densities import GaussianMixture


@pytest.fixture
def mixture():
    return GaussianMixture(
        torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64),
        torch.tensor([[-2.6, 1.6], [2.4, 1.9], [0.2, -2.2]], dtype=torch.float64),
        torch.tensor([[[0.55, 0.25], [0.25, 0.35]], [[0.35, -0.15], [-0.15, 0.5]], [[1.1, 0.0], [0.0, 0.22]]]).double(),
    )


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("value", [-2.0, 0.3, 2.5])
def test_it_is_the_joint_over_its_integral(mixture, axis, value):
    law = mixture.conditional(axis, value)

    def joint(other):
        point = (value, other) if axis == 0 else (other, value)
        return float(mixture.log_prob(torch.tensor([point], dtype=torch.float64)).exp())

    total = quad(joint, -12, 12, epsabs=1e-13, limit=400, points=[-2.2, 0, 2])[0]
    for other in (-2.5, -0.4, 1.2, 2.0):
        ours = float(law.log_prob(torch.tensor([[other]], dtype=torch.float64)).exp())
        assert ours == pytest.approx(joint(other) / total, rel=1e-8, abs=1e-12)


def test_where_there_is_next_to_nothing_it_is_still_a_density(mixture):
    law = mixture.conditional(0, 60.0)
    assert float(law.weights.sum()) == pytest.approx(1.0)
    assert torch.isfinite(law.log_prob(torch.zeros(1, 1, dtype=torch.float64))).all()


def test_other_dimensions_and_axes_are_refused(mixture):
    with pytest.raises(ValueError, match="axis 2"):
        mixture.conditional(2, 0.0)
    line = GaussianMixture(torch.ones(1), torch.zeros(1, 1), torch.ones(1, 1, 1))
    with pytest.raises(ValueError, match="in 1"):
        line.conditional(0, 0.0)


def test_thin_tilted_components_have_a_conditional():
    """Σ_bb − Σ_ab²/Σ_aa would be lost in rounding; it is the determinant over Σ_aa."""
    axes = torch.tensor([[1.0, -1.0], [1.0, 1.0]], dtype=torch.float64) / 2**0.5
    cov = axes @ torch.diag(torch.tensor([100.0, 1e-8], dtype=torch.float64)) @ axes.T
    law = GaussianMixture(torch.ones(1).double(), torch.zeros(1, 2).double(), cov[None]).conditional(0, 3.0)
    assert float(law.means) == pytest.approx(3.0, rel=1e-6)
    assert float(law.covariances) == pytest.approx(2e-8, rel=1e-3)
