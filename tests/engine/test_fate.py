"""Basins of fate: where the exact ODE ends, by symmetry and beside another integrator, and where a network jumps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from visualizer.densities import GaussianMixture, exact_field
from visualizer.diagnostics.modes import Components
from visualizer.engine.frame import Viewport
from visualizer.engine.layers.fate import _borders, _carried, _coloured, _exact, _nearest
from visualizer.engine.palette import THEMES, rgb
from visualizer.engine.pictures.fields import Grid
from visualizer.engine.run.net_files import net_in_file
from visualizer.engine.targets import build_density
from visualizer.learning.networks.consistency import exact_paths, levels
from visualizer.processes import process
from visualizer.scene import load_scene

VIEW = Viewport(-3.0, 3.0, -2.0, 2.0, 300, 200)


@pytest.mark.parametrize(("kind", "t"), [("vp-cosine", 1.0), ("vp-cosine", 0.3), ("linear", 1.0), ("ve", 2.0)])
def test_of_two_alike_modes_the_border_lies_in_the_middle(kind, t):
    p = GaussianMixture(torch.ones(2), torch.tensor([[-2.0, 0.0], [2.0, 0.0]]), 0.2 * torch.eye(2).expand(2, 2, 2))
    grid = Grid.over(VIEW, 60, 40)
    x = grid.columns(torch.device("cpu"))
    which = _nearest(Components(p), _exact(exact_field(p), process(kind), t, x, None), grid)
    np.testing.assert_array_equal(which == 1, (x[0] > 0).view(40, 60).numpy())
    (line,) = [line for line in _borders(which, grid) if len(line)][:1]
    assert np.abs(line[:, 0]).max() < 0.06  # a cell is 0.1 wide


def test_a_consistency_model_is_held_against_the_path_from_its_own_noise():
    """Another integrator over the levels it was taught by: the same ends, and nearly the same modes by its jumps."""
    net, p = net_in_file("consistency.safetensors"), build_density(load_scene("one-jump").target)
    grid = Grid.over(Viewport(-5, 5, -5, 5, 300, 300), 40, 40)
    x = grid.columns(torch.device("cpu"))
    module = net.module
    found = _exact(exact_field(p), process("vp-cosine"), 1.0, x, net)
    at = levels(40) * float(module.scale)
    begun = (module.centre + float(at[-1] / module.scale) * (x.T - module.centre)).T.contiguous()
    wanted = exact_paths(p, begun, at)[0]
    assert float((found - wanted).norm(dim=0).median()) < 0.05
    modes = Components(p)
    exact, other, learned = (_nearest(modes, v, grid) for v in (found, wanted, _carried(net, x)))
    assert (exact == other).mean() > 0.99
    assert 0.95 < (exact == learned).mean() < 1


def test_colours_are_those_of_the_modes():
    which = np.array([[0, 1], [2, 0]])
    pixels = _coloured(which, "dark", 4, 4)
    assert pixels.shape == (4, 4)
    one = int(pixels[0, 3])
    assert one >> 24 == round(255 * 0.45)
    wanted = [round(0.45 * c) for c in rgb(THEMES["dark"].components[1])]
    assert [(one >> s) & 255 for s in (16, 8, 0)] == wanted
    assert pixels[3, 3] == pixels[0, 0] != pixels[3, 0]
