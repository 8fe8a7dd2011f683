"""`measure`: known values, absent keys, and the same numbers as the window's."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from visualizer.cli import main
from visualizer.diagnostics.first_passage import FirstPassage
from visualizer.engine import measure
from visualizer.engine.experiments.measuring import along_run, of_run, of_target
from visualizer.engine.report import Reporter
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.targets import build_density
from visualizer.scene import load_scene, parse_scene
from visualizer.scene.paths import study_path
from visualizer.scene.study import load_study

GAUSSIAN = '[target]\nkind = "mixture"\nweights = [1]\nmeans = [0.5]\ncovariances = [1]\n'
WELLS = '[target]\nkind = "formula"\nlog_density = "-(x^4 - 6*x^2 - 0.5*x)"\n'


def target_of(text):
    scene = parse_scene(text)
    return of_target(scene.target, build_density(scene.target))


def test_the_default_mixture_has_its_known_values():
    scene = load_scene("trapped")
    found = of_target(scene.target, build_density(scene.target))
    axis, step = np.linspace(-9, 9, 500, endpoint=False, retstep=True)
    at = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1)
    t = scene.target
    parts = zip(t.weights, t.means, t.covariances, strict=True)
    p = sum(w * multivariate_normal(m, c).pdf(at) for w, m, c in parts)
    assert found["entropy"] == pytest.approx(-float((p * np.log(p)).sum() * step**2), abs=1e-9)
    assert found["entropy"] == pytest.approx(2.9332223, abs=1e-7)
    assert found["relaxation_time"] == pytest.approx(511, abs=0.5)
    assert found["mean"] == pytest.approx([-0.54, 0.93])
    assert np.allclose(found["covariance"], [[5.4244, -0.2178], [-0.2178, 2.8351]])
    assert [m["weight"] for m in found["modes"]] == pytest.approx([0.5, 0.3, 0.2])
    assert "passages" not in found, "passages are of the line"
    # The best single Gaussian has the target's moments: its surprise is ½ ln det 2πe Σ.
    best = 0.5 * math.log(np.linalg.det(2 * math.pi * math.e * np.array(found["covariance"])))
    assert best == pytest.approx(4.202825, abs=1e-6)


def test_a_double_well_has_its_known_passages():
    found = target_of(WELLS)
    there, back = found["passages"]
    assert (there["from"], there["to"], back["from"], back["to"]) == (0, 1, 1, 0)
    assert there["mean"] == pytest.approx(1375.8, abs=0.1)
    assert there["kramers"] == pytest.approx(1307, abs=0.5)
    assert there["barrier"] == pytest.approx(8.150, abs=5e-4)
    assert back["mean"] > there["mean"], "the right well is the deeper one"
    # Of two deep wells 1/λ₂ is the harmonic sum of the passages over the top, half of each comes back (Kramers).
    rate = 1 / there["mean"] + 1 / back["mean"]
    assert found["relaxation_time"] == pytest.approx(1 / rate, rel=0.01)


def test_a_gaussian_has_closed_forms_and_no_passages():
    found = target_of(GAUSSIAN)
    assert found["entropy"] == pytest.approx(0.5 * math.log(2 * math.pi * math.e), abs=1e-12)
    assert found["relaxation_time"] == pytest.approx(1.0, rel=1e-3)
    assert "passages" not in found
    assert len(found["modes"]) == 1


def test_a_wall_nobody_crosses_has_no_time():
    text = '[target]\nkind = "mixture"\nweights = [0.5, 0.5]\nmeans = [-40, 40]\ncovariances = [0.04, 0.04]\n'
    found = target_of(text)
    assert found["passages"] == [{"from": 0, "to": 1}, {"from": 1, "to": 0}]


def test_a_random_walk_on_a_gaussian_accepts_what_the_arctangent_says():
    """(2/π) arctan(2/ℓ) for N(0, 1) and proposals N(x, ℓ²) in equilibrium."""
    text = '\n[sampler]\nkind = "random-walk"\nstep = 2.88\nsteps = 100\n[particles]\ncount = 40000\nstart = {kind = "target"}\n'
    found = measure(parse_scene(GAUSSIAN + text))["run"]
    exact = 2 / math.pi * math.atan(2 / 2.4)
    assert exact == pytest.approx(0.4423, abs=1e-4)
    # The running mean weighs the last steps by 0.05 · 0.95^k: as many as 39 steps; particles are independent.
    assert found["acceptance"] == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 40_000))


def test_the_effective_number_of_draws_is_that_of_ar1():
    """Unadjusted Langevin on N(0, 1) is AR(1) with ρ = 1 − h: of n draws (1 − ρ)/(1 + ρ) n are worth something."""
    text = '\n[sampler]\nkind = "langevin"\nstep = 0.5\nsteps = 600\n[particles]\ncount = 2000\nstart = {kind = "target"}\n'
    worth = []
    for seed in range(6):
        scene = parse_scene(f"seed = {seed}\n" + GAUSSIAN + text)
        simulation = Simulation(scene, "cpu", budget=0)
        found = of_run(simulation, None, lambda _: None)
        draws = Reporter(simulation).sample().draws
        worth.append(found["ess_bulk"] / draws[:, :, 0].size)
        assert abs(found["r_hat"] - 1) < 0.02
    error = np.std(worth, ddof=1) / math.sqrt(len(worth))
    assert abs(np.mean(worth) - 0.5 / 1.5) < 4 * error


def test_the_numbers_of_a_run_are_those_of_the_windows_report():
    scene = load_scene("trapped")
    scene = scene.with_(particles=scene.particles.with_(count=2_000))
    simulation = Simulation(scene, "cpu", budget=0)
    reporter = Reporter(simulation)
    for _ in range(60):
        simulation.advance()
        reporter.look()
    report = reporter.measure(reporter.sample())
    found = of_run(Simulation(scene, "cpu", budget=0), 60, lambda _: None)
    assert (found["steps"], found["evaluations"], found["hops"]) == (60, 60, report.hops)
    assert (found["kl"], found["kl_floor"]) == (report.kl.value, report.kl.floor)
    assert (found["sliced_w2"], found["sliced_w2_floor"]) == (report.w2.value, report.w2.floor)
    assert sum(found["occupancy"]) == pytest.approx(1.0)
    assert found["occupancy"][0] > 0.99, "it is trapped in the left mode"
    assert "acceptance" not in found, "Langevin accepts everything"
    assert report.blind == ("r_hat" not in found)


def test_where_every_chain_keeps_to_its_mode_there_is_no_r_hat():
    text = """
[target]
kind = "mixture"
weights = [0.5, 0.5]
means = [-9, 9]
covariances = [1, 1]
[sampler]
kind = "langevin"
step = 0.3
steps = 400
[particles]
count = 500
start = { kind = "mode", index = 0 }
"""
    found = measure(parse_scene(text))["run"]
    assert found["hops"] == 0
    assert "r_hat" not in found
    assert found["ess_bulk"] > 0


def test_the_command_writes_json_and_says_what_it_cannot(tmp_path, capsys):
    out = tmp_path / "m.json"
    assert (
        main(["measure", "race", "-o", str(out), "--steps", "20", "--count", "500", "--panel", "2", "--seed", "3"]) == 0
    )
    found = json.loads(out.read_text())
    assert set(found) == {"target", "run"}
    assert found["run"]["steps"] == 20
    assert main(["measure", "trapped", "-o", str(tmp_path / "m.txt")]) == 2
    assert "ends in .json" in capsys.readouterr().err
    again = measure(load_scene("race").resolved_panels()[1].with_(seed=3, particles={"count": 500}), 20)
    assert torch.isfinite(torch.tensor(again["run"]["kl"]))


def test_first_passages_are_those_of_a_walk_with_drift():
    """Brownian motion with drift μ reaches b after b/μ on average, with variance 2b/μ³ (inverse Gaussian)."""
    n, dt, b = 20_000, 0.02, 2.0
    generator = torch.Generator().manual_seed(0)
    x = torch.zeros(n, dtype=torch.float64)
    std = math.sqrt(2 * dt)
    way = FirstPassage(x, b, dt, std)
    assert (way.time, way.error) == (None, None)
    while way.arrived < n:
        x = x + dt + std * torch.randn(n, generator=generator, dtype=torch.float64)
        way.look(x)
    # A walk seen after each step is seen at the place after 0 to one step more: half of one on average.
    assert abs(way.time - b) < 4 * math.sqrt(2 * b / n) + 0.5 * dt
    back = FirstPassage(torch.zeros(4), -1.0, dt, 0.0)
    back.look(torch.tensor([-1.0, -0.5, 0.5, -2.0]))
    assert (back.arrived, back.time) == (2, 4 * dt / 2)


def test_escapes_take_what_the_integral_says_over_five_decades():
    plan = load_study(study_path("barrier-and-escape"))
    ways = []
    for cell in plan.cells[:: len(plan.study.all_seeds)]:
        few = cell.scene.with_(
            particles=cell.scene.particles.with_(count=2000), sampler=cell.scene.sampler.with_(step=0.01)
        )
        steps = 1200 if len(ways) < 2 else 1
        *_, found = along_run(Simulation(few, "cpu", budget=0), (steps,), "steps", lambda _: None)
        if steps > 1:
            assert abs(found["escape_time"] - found["passage"]) < 4 * found["escape_error"]
        ways.append((found["barrier"], math.log(found["passage"])))
        # Wells of curvature 8 and a top of −4; what is left of the integral falls as 1/ΔU.
        kramers = 2 * math.pi * math.exp(found["barrier"]) / math.sqrt(32)
        assert 1 < found["passage"] / kramers < 1 + 1 / found["barrier"]
    barriers, times = zip(*ways, strict=True)
    assert (times[-1] - times[0]) / math.log(10) > 5
    assert np.polyfit(barriers, times, 1)[0] == pytest.approx(1, abs=0.05)
