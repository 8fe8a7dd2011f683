"""How straight a flow is: closed forms of Gaussians, and pairs that are matched."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from visualizer.densities import GaussianMixture, exact_field
from visualizer.diagnostics.straightness import straightness
from visualizer.engine.layers.chords import chords
from visualizer.engine.run.net_files import net_in_file
from visualizer.engine.targets import build_density
from visualizer.processes import process
from visualizer.scene import load_scene

Q = process("linear")


@pytest.mark.parametrize("v", [0.2, 4.0])
def test_from_gaussian_to_gaussian_it_is_known(v):
    """x_t goes along s(t) = √((1 − t)² v + t²): energy 2 ∫ ṡ² dt, displacement 2 (√v − 1)² = W₂²."""
    p = GaussianMixture(torch.ones(1), torch.zeros(1, 2), v * torch.eye(2)[None])
    found = straightness(exact_field(p), Q, p)
    energy = quad(lambda t: ((t - (1 - t) * v) ** 2) / ((1 - t) ** 2 * v + t**2), 0, 1)[0]
    error = 4 * np.sqrt(2 / (2 * 2000))  # |ε|² over 2,000 particles
    assert found.energy == pytest.approx(2 * energy, rel=error)
    assert found.displacement == pytest.approx(2 * (np.sqrt(v) - 1) ** 2, rel=error)
    assert found.excess == pytest.approx(energy / (np.sqrt(v) - 1) ** 2 - 1, abs=0.01)
    assert found.least > 2 * (np.sqrt(v) - 1) ** 2 * (1 - error)


def test_reflow_and_matching_straighten_what_crosses():
    p = build_density(load_scene("trapped").target)
    independent = straightness(exact_field(p), Q, p)
    nets = {name: net_in_file(f"{name}.safetensors") for name in ("flow-matching", "optimal-transport", "reflow")}
    found = {name: straightness(net.field(), Q, p) for name, net in nets.items()}
    assert found["flow-matching"].excess == pytest.approx(independent.excess, rel=0.1)
    assert found["optimal-transport"].excess < 0.15 * independent.excess
    assert found["reflow"].excess < 0.15 * independent.excess
    assert all(v.energy > 0.9 * v.least for v in found.values())


def test_chords_are_those_of_the_coupling():
    """Matched ones are shorter than independent ones; those of the exact flow are nearly as short."""
    p = build_density(load_scene("trapped").target)
    length = {}
    for coupling in ("independent", "minibatch-ot", "reflow"):
        drawn = chords(p, Q, coupling)
        assert drawn.shape == (90, 2, 2)
        length[coupling] = float((np.diff(drawn, axis=1) ** 2).sum(-1).mean())
    assert length["minibatch-ot"] < 0.8 * length["independent"]
    assert length["reflow"] < 0.8 * length["independent"]
