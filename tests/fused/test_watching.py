"""What a step sees of the particles that it makes: the same as asked afterwards, and never of others."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from visualizer import fused
from visualizer.engine.drawings import Bars, Image
from visualizer.engine.frame import Diverged, Viewport
from visualizer.engine.pictures import crowd
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.fused import Cells, Watch, passes
from visualizer.scene.presets import load_scene

N = 30_000
VIEW = Viewport(-4.0, 4.0, -3.0, 3.0, 80, 60)
PLANE = Cells(((-4.0, 4.0), (3.0, -3.0)), (80, 60))
pytestmark = pytest.mark.skipif(fused.kernels() is None, reason="no compiled kernels on this machine")


@pytest.fixture(autouse=True)
def many(monkeypatch):
    """So few are counted on pixels, too."""
    fused.need()
    monkeypatch.setattr(crowd, "BILINEAR_UP_TO", 20_000)


def scene_of(preset="trapped", **sampler):
    scene = load_scene(preset).resolved_panels()[0]
    return scene.with_(particles={"count": N}, sampler={"kind": "langevin", **sampler})


@pytest.mark.parametrize(
    ("preset", "kind", "seen"),
    [
        ("trapped", kind, True)
        for kind in ("langevin", "underdamped", "hmc", "mala", "random-walk", "reverse", "ddim", "simulated-annealing")
    ]
    + [("two-moons", "mala", True), ("forward-river", "langevin", True), ("trapped", "parallel-tempering", False)],
)
def test_what_a_step_sees_is_what_is_there(preset, kind, seen):
    """Of every state; replicas are exchanged after their steps, so nothing is said of them."""
    scene = scene_of(preset, kind=kind)
    simulation = Simulation(scene, "cpu")
    cells = PLANE if scene.target.d == 2 else Cells(((-4.0, 4.0),), (90,))
    assert simulation.watch.counts(simulation.state.x, cells) is None  # it was made by no step
    for _ in range(3):
        simulation.advance(2)
        x = simulation.state.x
        found = simulation.watch.counts(x, cells)
        assert (found is not None) == (simulation.watch.finite(x) is not None) == seen
        if found is not None:
            assert torch.equal(found, fused.count(x, cells))
            assert simulation.watch.counts(x, cells._replace(sizes=tuple(9 for _ in cells.sizes))) is None
            assert simulation.watch.counts(x, cells) is found


def test_pictures_are_the_same_to_the_bit(monkeypatch):
    def drawn(preset):
        stage, found = Stage(scene_of(preset), "cpu", budget=0), []
        for _ in range(3):
            stage.simulation.advance()
            layers = stage.picture(VIEW).layers.values()
            flat = [d for drawings in layers for d in drawings]
            found += [d.pixels if isinstance(d, Image) else d.heights for d in flat if isinstance(d, Image | Bars)]
        return found

    looked, count = [], fused.count
    monkeypatch.setattr(passes, "count", lambda *a: (looked.append(1), count(*a))[1])
    together = {preset: drawn(preset) for preset in ("trapped", "forward-river")}
    asked = len(looked)
    monkeypatch.setattr(passes, "watch", lambda: None)
    for preset, found in together.items():
        assert all(np.array_equal(a, b) for a, b in zip(found, drawn(preset), strict=True))
    assert (asked, len(looked) - asked) == (2, 6)  # the first picture of each has not been foreseen


def test_only_what_was_asked_for_is_counted(monkeypatch):
    counted, make = [], passes._counting
    monkeypatch.setattr(passes, "_counting", lambda *a: (counted.append(1), make(*a))[1])
    simulation = Simulation(scene_of(), "cpu")
    simulation.advance()
    assert not counted
    simulation.watch.counts(simulation.state.x, PLANE)
    simulation.advance(3)
    assert len(counted) == 1  # the last of them alone is seen
    simulation.advance(3)
    assert len(counted) == 1  # and nobody has looked
    simulation.watch.counts(simulation.state.x, PLANE)
    simulation.advance()
    assert len(counted) == 2


def test_other_particles_in_the_same_place_are_others():
    watch, x = Watch(), torch.zeros(2, N)
    with watch.over(shown=True):
        watch.saw(x, True, None, None)
    assert watch.finite(x.view(2, N))
    assert watch.finite(x[:, :-1]) is watch.finite(x.clone()) is None
    x[0] = torch.nan
    assert watch.finite(x) is None
    with watch.over(shown=True):
        pass
    assert watch.finite(x) is None


@pytest.mark.parametrize("names", [("trapped", "forward-river"), ("forward-river", "trapped")])
def test_another_scene_in_another_dimension_is_counted_in_its_own_cells(names, monkeypatch):
    counted, make = [], passes._counting
    monkeypatch.setattr(passes, "_counting", lambda x, c: (counted.append((len(x), len(c.sizes))), make(x, c))[1])
    first, second = (scene_of(name) for name in names)
    stage = Stage(first, "cpu")
    for scene in (first, second):
        stage.edit(scene)
        for _ in range(3):
            stage.simulation.advance()
            stage.picture(VIEW)
    assert counted
    assert all(d == cells for d, cells in counted)
    with Watch().over(shown=True):
        pass
    watch = Watch()
    watch.counts(torch.zeros(2, N), PLANE)
    with watch.over(shown=True):
        assert watch.wanted(1) is None
        assert watch.wanted(2) == PLANE


def test_nothing_is_seen_of_steps_that_do_not_end_with_a_pass(monkeypatch):
    """A predictor–corrector's last word is a correction: what the prediction's pass has seen is of no use."""
    looked, make = [], passes._astray
    monkeypatch.setattr(passes, "_astray", lambda x: (looked.append(x), make(x))[1])
    asked, finite = [], fused.finite
    monkeypatch.setattr(fused, "finite", lambda x: (asked.append(x), finite(x))[1])
    simulation = Simulation(scene_of(kind="predictor-corrector"), "cpu")
    simulation.advance(4)
    assert len(asked) == 4
    assert len(looked) == 4 + 1


@pytest.mark.parametrize("steps", [1, 4])
def test_a_run_that_diverges_is_told_by_the_step_itself(steps, monkeypatch):
    monkeypatch.setattr(fused, "finite", lambda _: pytest.fail("the step knows"))
    simulation = Simulation(scene_of(step=5.0), "cpu")

    def play():
        while True:
            simulation.advance(steps)

    with pytest.raises(Diverged):
        play()
    assert torch.isfinite(simulation.state.x).all()
