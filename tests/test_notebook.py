"""The library: its public names, examples that run, and pictures in a notebook."""

from __future__ import annotations

import ast
import doctest
import json
import math
from importlib import import_module

import numpy as np
import pytest
import torch

import visualizer
from visualizer import notebook
from visualizer.densities import GaussianMixture
from visualizer.scene.paths import data_folder
from visualizer.scene.study import load_study

PNG = b"\x89PNG"


def test_the_public_names_are_those_of_one_list_and_the_contract():
    homes = [name for names in visualizer._HOMES.values() for name in names]
    assert sorted(homes) == sorted(visualizer.__all__)
    for name in visualizer.__all__:
        found = getattr(visualizer, name)
        assert found.__doc__, name
        assert found.__module__.startswith("visualizer.")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = visualizer.nothing


@pytest.mark.parametrize(
    "module",
    [
        "visualizer.densities.gaussian_mixture",
        "visualizer.processes",
        "visualizer.engine.run.own",
        "visualizer.engine.run.simulation",
        "visualizer.engine.experiments.measuring",
        "visualizer.scene.files",
        "visualizer.scene.presets",
    ],
)
def test_examples_in_docstrings_run(module):
    found = doctest.testmod(import_module(module), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert found.attempted
    assert not found.failed


def test_the_notebook_that_ships_runs_and_shows_its_figures(qapp):
    """Every cell, as a notebook would: what stands last in it is shown."""
    cells = json.loads((data_folder("resources") / "notebooks" / "lecture.ipynb").read_text())["cells"]
    names, shown = {}, []
    for text in ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"):
        tree = ast.parse(text)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last is not None else None
        for way in ("_repr_png_", "_repr_html_"):
            if hasattr(value, way):
                shown.append(getattr(value, way)())
    kinds = [s[:4] if isinstance(s, bytes) else s[:6] for s in shown]
    assert kinds == [PNG, PNG, "<video", PNG]
    assert len(shown[2]) > 10_000
    assert float(names["last"].x.var()) == pytest.approx(1 / (1 - 0.4 / 2), abs=4 * 1.25 * math.sqrt(2 / 50_000))
    assert not any(cell.get("outputs") for cell in cells)  # what ships is clean


def test_a_frame_and_a_study_show_themselves():
    x = np.random.default_rng(0).normal(size=(500, 1)).astype(np.float32)
    assert visualizer.Frame(x, 0.0, 1)._repr_png_().startswith(PNG)
    said = load_study(data_folder("presets") / "studies" / "walk-and-jump.toml")._repr_html_()
    assert "<th>sampler.sigma</th><td>9 values, 0.25 … 4.0</td>" in said
    assert "<td>90</td>" in said


def test_the_window_opens_on_a_scene_and_what_was_written_for_it_goes(monkeypatch, qtbot):
    import sys

    monkeypatch.setattr(sys, "executable", "/bin/true")
    process = notebook.show(visualizer.load_scene("trapped"))
    file = process.args[-1]
    assert file.endswith("scene.toml")
    process.wait()
    from pathlib import Path

    qtbot.waitUntil(lambda: not Path(file).parent.exists(), timeout=10_000)


# a density and a sampler of one's own


def last_of(run):
    *_, last = run
    return last


def test_a_function_is_sampled_by_samplers_that_need_no_noise():
    """N((1, −1), diag(4, ¼)) by autograd alone: moments within four standard errors."""
    n = 4000

    def log_prob(x):
        return -((x[:, 0] - 1) ** 2) / 8 - 2 * (x[:, 1] + 1) ** 2

    for sampler in ("mala", {"kind": "hmc", "step": 0.3, "leapfrog_steps": 12}, {"kind": "random-walk", "step": 0.3}):
        start = torch.randn(n, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        start = start * torch.tensor([2.0, 0.5]) + torch.tensor([1.0, -1.0])
        found = last_of(visualizer.simulate(log_prob, sampler, start=start, steps=50, seed=3)).x
        for axis, (mean, variance) in enumerate(((1.0, 4.0), (-1.0, 0.25))):
            assert abs(found[:, axis].mean() - mean) < 4 * math.sqrt(variance / n)
            assert abs(found[:, axis].var() - variance) < 4 * variance * math.sqrt(2 / n)
    again = last_of(visualizer.simulate(log_prob, sampler, start=start, steps=50, seed=3)).x
    np.testing.assert_array_equal(found, again)


def test_what_a_function_cannot_answer_is_refused():
    start = torch.zeros(3, 1)
    for sampler in ("reverse", {"kind": "langevin", "sigma": 0.5}, "exact-kernel"):
        with pytest.raises(ValueError, match="asks for the density under noise"):
            next(visualizer.simulate(lambda x: -(x[:, 0] ** 2), sampler, start=start))
    with pytest.raises(ValueError, match=r"has to return shape \(3,\)"):
        last_of(visualizer.simulate(lambda x: -(x**2), "mala", start=start, steps=1))
    with pytest.raises(ValueError, match="the step has to return shape"):
        last_of(visualizer.simulate(lambda x: -(x[:, 0] ** 2), lambda x, p, g: x[:, 1:], start=start, steps=1))
    with pytest.raises(visualizer.Diverged, match="at step 1"):
        last_of(visualizer.simulate(lambda x: -(x[:, 0] ** 2), lambda x, p, g: (x + 1e30) * 1e30, start=start, steps=3))


def test_a_mixture_of_ones_own_is_known_at_every_noise_level():
    one = torch.ones(1, dtype=torch.float64)
    p = GaussianMixture(one, 2 * one[:, None], 0.25 * one[:, None, None])
    n = 4000
    start = torch.randn(n, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ode = {"kind": "reverse", "lambda": 0.0, "method": "heun", "steps": 60}
    found = last_of(visualizer.simulate(p, ode, start=start, along="vp-cosine")).x[:, 0]
    assert abs(found.mean() - 2) < 4 * math.sqrt(0.25 / n)
    assert abs(found.var() - 0.25) < 4 * 0.25 * math.sqrt(2 / n)
