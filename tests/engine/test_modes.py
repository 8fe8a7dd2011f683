"""Modes in a run: hops, occupancy, starts, passages and the trade-off of targets that are no mixtures."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pictures import Seen
from visualizer.diagnostics.escape import mean_passage_time
from visualizer.diagnostics.modes import Basins, Components
from visualizer.engine.experiments.judging import judge
from visualizer.engine.experiments.passages import NotMeasurable, passages
from visualizer.engine.experiments.tradeoff import tradeoff
from visualizer.engine.frame import Viewport
from visualizer.engine.pictures.mode_marks import borders
from visualizer.engine.report import Reporter
from visualizer.engine.run.modes import basins, find_wells
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.scene import parse_scene
from visualizer.scene.errors import SceneError
from visualizer.scene.files import dump_scene
from visualizer.scene.presets import load_scene

VIEW = Viewport(-4.0, 4.0, -4.0, 4.0, 160, 160)
PLANE = 'kind = "formula"\nlog_density = "-(x^2 - 4)^2/s - (y - x/3)^2"\nparameters = { s = 4.0 }\n'
LINE = 'kind = "formula"\nlog_density = "-(x^2 - 1)^2/s"\nparameters = { s = 0.4 }\n'


def scene(target, rest=""):
    return parse_scene(f"[target]\n{target}{rest}")


@pytest.mark.parametrize("k", [0, 1])
def test_a_run_on_a_formula_starts_in_a_mode_and_stays_there(k):
    s = scene(
        PLANE,
        f'[particles]\ncount = 2000\nstart = {{ kind = "mode", index = {k} }}\n[sampler]\nkind = "langevin"\nstep = 0.01\n',
    )
    assert parse_scene(dump_scene(s)) == s
    stage = Stage(s, "cpu")
    begun = stage.simulation.modes().nearest(stage.simulation.state.x, 1.0, 0.0)
    assert float((begun == k).double().mean()) > 0.999
    reporter = Reporter(stage.simulation)
    for _ in range(40):
        stage.simulation.advance()
        reporter.look()
    report = reporter.measure(reporter.sample())
    assert report.hops == 0
    assert report.seen == 39
    occupancy = stage.picture(VIEW).occupancy
    assert occupancy.shares[k] > 0.95  # the barrier is 4 nats high; next to it some have crossed, to no core
    assert occupancy.weights == pytest.approx([0.5, 0.5], abs=1e-3)


def test_hops_come_at_the_rate_of_exact_passages_from_core_to_core():
    """U = (x² − 1)²/s: cores begin at ±c, 1.125 nats above the modes, so a stationary particle hops once in τ(−c → c).

    Seen at steps of h, a passage seems to end 0.5826 √(2h) further on (Broadie, Glasserman & Kou 1997).
    """
    h, steps, count = 0.004, 3000, 500
    s = scene(
        LINE, f'[particles]\ncount = {count}\nstart = {{ kind = "target" }}\n[sampler]\nkind = "langevin"\nstep = {h}\n'
    )
    simulation = Simulation(s, "cpu")
    reporter = Reporter(simulation)
    for _ in range(steps):
        simulation.advance()
        reporter.look()
    c = np.sqrt(1 - np.sqrt(0.4 * 1.125))
    wells = find_wells(s.target, simulation.density)
    wanted = count * steps * h / mean_passage_time(wells, -c, c + 0.5826 * np.sqrt(2 * h))
    assert wanted > 500
    assert abs(reporter.sample().facts["hops"] - wanted) < 4 * np.sqrt(wanted)


def test_a_mode_that_is_not_there_is_refused_and_the_run_goes_on():
    two = scene(PLANE, '[particles]\ncount = 100\nstart = { kind = "mode", index = 1 }\n')
    simulation = Simulation(two, "cpu")
    one = two.with_(particles=two.particles.with_(start={"kind": "mode", "index": 2}))
    with pytest.raises(SceneError, match=r"particles.start.index: .* no. 3 \(index 2\), but this density has 2 modes"):
        simulation.restart(one)
    assert simulation.scene is two
    simulation.advance(2)
    with pytest.raises(SceneError, match="one mode"):
        Simulation(scene('kind = "shape"\nname = "donut"\n[particles]\nstart = { kind = "mode", index = 1 }\n'), "cpu")


def test_an_edit_of_the_step_keeps_the_density_and_its_modes_and_counts_hops_anew():
    simulation = Simulation(scene(PLANE, "[particles]\ncount = 50\n"), "cpu")
    reporter = Reporter(simulation)
    density, modes = simulation.density, simulation.modes()
    simulation.advance(3)
    reporter.look()
    simulation.edit(simulation.scene.with_(sampler=simulation.scene.sampler.with_(step=0.01)))
    assert simulation.density is density
    assert simulation.modes(coarse=True) is modes  # better ones than are asked for
    simulation.advance(3)
    reporter.look()
    assert reporter.sample().facts["seen"] == 0
    simulation.advance(25)
    reporter.look()
    assert reporter.sample().draws.shape[1] == 25  # R̂ is of what is followed now
    target = simulation.scene.target.with_(parameters={"s": 8.0})
    simulation.edit(simulation.scene.with_(target=target))
    assert simulation.density is not density
    coarse = simulation.modes(coarse=True)
    assert len(coarse.axes[0]) < len(modes.axes[0])
    assert len(simulation.modes().axes[0]) == len(modes.axes[0])


def test_what_kind_of_modes_a_target_has(three_modes):
    assert isinstance(Simulation(three_modes, "cpu").modes(), Components)
    irises = Simulation(load_scene("irises").with_(particles={"count": 10}), "cpu")
    assert isinstance(irises.modes(), Basins)  # its Parzen density is a mixture of 150, which are no modes
    many = {
        "kind": "mixture",
        "weights": [1.0] * 70,
        "means": [float(i // 35) * 9 for i in range(70)],
        "covariances": [1.0] * 70,
    }
    assert len(Simulation(three_modes.with_(target=many), "cpu").modes().places) == 2


def test_borders_part_the_modes_and_are_drawn_once():
    wells = Simulation(scene('kind = "shape"\nname = "many-wells"\n', "[particles]\ncount = 10\n"), "cpu").modes()
    lines = borders(wells)
    points = np.concatenate(lines)
    # By symmetry the borders of an egg box around its middle run half way between wells.
    middle = points[(np.abs(points) < 3.0).all(1)]
    off = np.abs(np.abs(middle) - np.pi / 2.6).min(1)
    assert off.max() < 0.1
    lengths = [np.hypot(*np.diff(line, axis=0).T).sum() for line in lines]
    inner = sum(length for line, length in zip(lines, lengths, strict=True) if (np.abs(line) < 1.4).all())
    assert inner == pytest.approx(4 * 2 * np.pi / 2.6, rel=0.15)  # four sides of the well in the middle
    assert borders(basins(Simulation(scene(LINE), "cpu").density)) == ()


def test_borders_are_drawn_only_where_basins_meet():
    """Where many basins are near, their smoothed outlines cross far from any border."""
    ring = Simulation(scene('kind = "shape"\nname = "eight-gaussians"\n', "[particles]\ncount = 10\n"), "cpu").modes()
    labels, lines = ring.partition.labels, np.concatenate(borders(ring))
    at = [np.searchsorted(axis, line).clip(3, len(axis) - 4) for axis, line in zip(ring.axes, lines.T, strict=True)]
    near = np.stack([labels[at[0] + i, at[1] + j] for i in range(-3, 4) for j in range(-3, 4)])
    assert (near.min(0) < near.max(0)).all()


def test_marks_are_where_the_modes_are_at_the_noise_level_shown():
    s = scene(PLANE, '[particles]\ncount = 10\n[process]\nkind = "vp-cosine"\n[view]\nt = 0.5\n')
    stage = Stage(s, "cpu")
    picture = Seen(stage.picture(VIEW))
    assert picture.marks == pytest.approx(picture.moment.alpha * stage.simulation.modes().places, abs=1e-6)
    assert Stage(s.with_(layers={"plane": ["density"]}), "cpu").picture(VIEW).layers.get("modes") is None
    drowned = s.with_(view=s.view.with_(t=None, sigma=20.0))
    assert "modes" not in Stage(drowned, "cpu").picture(VIEW).layers


def test_passages_of_a_formula_are_measured_beside_the_integral():
    seen = list(passages(scene(LINE, '[sampler]\nkind = "langevin"\nstep = 0.005\n'), 0.005))
    last = seen[-1]
    mean, error = last.mean
    assert abs(mean - last.exact) < 4 * error
    assert last.barrier.height == pytest.approx(2.5, abs=1e-5)
    with pytest.raises(NotMeasurable, match="two to 8 modes"):
        next(passages(scene('kind = "formula"\nlog_density = "-x^2"\n'), 0.01))


def test_the_tradeoff_of_a_formula_sees_it_trapped_and_freed():
    deep = PLANE.replace("s = 4.0", "s = 2.0")
    s = scene(deep, '[particles]\nstart = { kind = "mode", index = 0 }\n[sampler]\nkind = "walk-jump"\nstep = 0.05\n')
    *_, last = tradeoff(s, (0.1, 1.0), 600)
    trapped, free = last.points
    assert trapped.hops < 0.2 * free.hops
    assert trapped.exact_w2 < 2 * trapped.floor
    *_, stiff = tradeoff(s.with_(sampler=s.sampler.with_(step=0.4)), (0.1,), 50)
    assert np.isnan(stiff.points[0].hops)  # U'' = 16 at the modes allows h < 0.125


def test_a_network_is_judged_by_the_modes_of_any_target():
    s = load_scene("learned-score")
    moons = s.with_(target={"kind": "shape", "name": "two-moons"}, particles={"count": 10})
    for found in judge(moons, Shelf()):
        if found.shares is not None:
            break
    assert found.weights == pytest.approx([0.5, 0.5], abs=1e-3)
    assert found.shares.sum() == pytest.approx(1.0)
