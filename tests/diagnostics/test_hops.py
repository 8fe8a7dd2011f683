"""When hops mean something."""

from __future__ import annotations

import pytest
import torch

from visualizer.densities import GaussianMixture, exact_field
from visualizer.diagnostics.hops import told_apart
from visualizer.diagnostics.modes import Basins, Components


def on_line(weights, means, variance=0.25):
    count = len(means)
    at = torch.tensor(means).double()[:, None]
    return GaussianMixture(torch.tensor(weights).double(), at, variance * torch.ones(count, 1, 1).double())


CASES = [
    (on_line([0.5, 0.5], [-2.0, 2.0]), 0.0, True),
    (on_line([0.5, 0.5], [-2.0, 2.0]), 1.0, True),
    (on_line([0.5, 0.5], [-2.0, 2.0]), 8.0, False),  # E[x_0 | x_t] is near 0 for all
    (on_line([0.9, 0.1], [-2.0, 2.0]), 8.0, False),  # near the heavier mode
    (on_line([1.0, 1.0, 1.0], [-4.0, 0.0, 4.0]), 16.0, False),  # in the core of the one in the middle
    (on_line([1.0, 1.0, 1.0], [-4.0, 0.0, 4.0]), 0.7, True),
    (on_line([1.0], [0.0]), 0.0, False),
]


@pytest.mark.parametrize(("p", "sigma", "apart"), CASES)
def test_hops_mean_something_while_two_modes_can_be_told_apart(p, sigma, apart):
    field = exact_field(p)
    for modes in (Components(p), Basins(p, 2048)):
        assert told_apart(modes, lambda x: field.denoise(x, 1.0, sigma), 1.0, sigma) == apart
