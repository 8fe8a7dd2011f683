"""Reports: what they say of runs whose state is known."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch
from scipy.stats import norm

from visualizer.diagnostics.convergence import convergence
from visualizer.diagnostics.hops import HopCounter
from visualizer.diagnostics.modes import Components
from visualizer.engine.host.reports import Reports
from visualizer.engine.report import Reporter
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.engine.targets.mixture import build_mixture
from visualizer.scene.processes import PROCESSES


def report_of(scene, steps):
    simulation = Simulation(scene, "cpu")
    reporter = Reporter(simulation)
    for _ in range(steps):
        simulation.advance()
        reporter.look()
    return reporter.measure(reporter.sample())


def test_hops_are_passages_between_cores(three_modes):
    counter, modes = HopCounter(), Components(build_mixture(three_modes.target))
    a, b = np.array(three_modes.target.means[0]), np.array(three_modes.target.means[1])
    ridge = (a + b) / 2

    def look(places, step):
        counter.look(modes.cores(np.array(places).T), step)

    look([a, a, b], 0)
    look([ridge, a, b], 5)  # on the ridge it still belongs to the mode it came from
    assert counter.hops == 0
    look([a, ridge, b], 6)
    assert counter.hops == 0
    look([b, a, a], 9)
    assert (counter.hops, counter.since) == (2, 9)
    look([b, a, a], 30)
    assert (counter.hops, counter.since) == (2, 9)
    look([a, a, a], 20)  # back in the run: counted anew
    assert (counter.hops, counter.since) == (0, 20)


def test_exact_samples_are_reported_at_the_floor_and_trapped_ones_above(three_modes):
    exact = three_modes.with_(particles={"count": 5000, "start": {"kind": "target"}})
    r = report_of(exact, 0)
    assert r.w2.value < 2 * r.w2.floor
    assert r.kl.value < 2 * r.kl.floor
    trapped = report_of(three_modes.with_(particles={"count": 5000}), 0)
    assert trapped.w2.value > 20 * trapped.w2.floor


def test_a_report_counts_evaluations_and_acceptance(three_modes):
    scene = three_modes.with_(sampler={"kind": "hmc", "leapfrog_steps": 7}, particles={"count": 400})
    r = report_of(scene, 30)
    assert r.evaluations == 7 * 30
    assert 0.5 < r.acceptance <= 1
    assert r.energy_error > 0
    assert r.relaxation_steps is None  # trajectories are not steps of a diffusion
    langevin = report_of(three_modes.with_(particles={"count": 400}), 30)
    # The same process in twice the steps: the relaxation time is counted in steps of h.
    half = three_modes.sampler.with_(step=three_modes.sampler.step / 2)
    slower = report_of(three_modes.with_(particles={"count": 400}, sampler=half), 30)
    assert slower.relaxation_steps == pytest.approx(2 * langevin.relaxation_steps)


def test_going_back_counts_evaluations_from_there(three_modes):
    scene = three_modes.with_(sampler={"kind": "hmc", "leapfrog_steps": 3}, particles={"count": 50})
    simulation = Simulation(scene, "cpu")
    reporter = Reporter(simulation)
    simulation.advance(20)
    reporter.look()
    simulation.seek(8)
    reporter.look()
    assert reporter.sample().facts["evaluations"] == 24
    simulation.advance(2)
    reporter.look()
    facts = reporter.sample().facts
    assert facts["evaluations"] == 30
    assert (facts["seen"], facts["quiet"]) == (2, 2)


def test_modes_of_a_run_along_time_come_and_go_and_are_not_counted(three_modes):
    scene = three_modes.with_(
        sampler={"kind": "reverse", "steps": 20}, process={"kind": "vp-linear"}, particles={"count": 2000}
    )
    r = report_of(scene, 2)
    assert r.hops is None
    simulation = Simulation(scene, "cpu")
    reporter = Reporter(simulation)
    simulation.edit(scene.with_(sampler={"kind": "reverse", "steps": 20, "lam": 0.5}))
    reporter.look()  # another sampler, whose times are an array as those of the first are
    assert reporter.sample().facts["step"] == 0
    # It is still noise: as it should be at t, and far from the target.
    assert r.w2.value < 0.2 * r.target_w2.value
    assert r.target_w2.value > 10 * r.target_w2.floor
    assert report_of(scene, 20).target_w2.value < 0.2 * r.target_w2.value


def test_the_log_likelihood_of_the_flow_is_reported_against_the_exact_one(three_modes):
    scene = three_modes.with_(
        sampler={"kind": "reverse", "lam": 0.0, "method": "dopri5", "steps": 6},
        process={"kind": "vp-linear"},
        particles={"count": 300},
    )
    r = report_of(scene, 6)
    assert r.log_prob_error < 1e-2  # float32
    assert r.convergence is None


def test_convergence_is_that_of_independent_draws_and_of_chains_that_differ():
    g = np.random.default_rng(0)
    good = convergence(g.normal(size=(64, 200, 2)))
    assert good.rhat < 1.01
    # Antithetic luck aside, independent draws count in full; a standard error of the estimate is a few percent.
    assert good.ess_bulk == pytest.approx(64 * 200, rel=0.2)
    apart = convergence(g.normal(size=(64, 200, 1)) + 3 * (np.arange(64) % 2)[:, None, None])
    assert apart.rhat > 1.5
    assert convergence(np.zeros((64, 200, 1))) is None
    assert convergence(g.normal(size=(64, 10, 1))) is None


def test_a_single_gaussian_has_no_hops(three_modes):
    target = {"kind": "mixture", "weights": [1], "means": [[0, 0]], "covariances": [[[1, 0], [0, 1]]]}
    r = report_of(three_modes.with_(target=target, particles={"count": 300}), 3)
    assert r.hops is None
    assert torch.isfinite(torch.tensor(r.w2.value))


def test_a_prior_that_is_not_p_at_the_end_is_told_with_its_divergence(three_modes):
    """KL(p_T ‖ prior) of two far modes on a line under little noise, against the integral."""
    two = {
        "kind": "mixture",
        "weights": (0.3, 0.7),
        "means": ((-3.0,), (3.0,)),
        "covariances": (((0.25,),), ((0.25,),)),
    }
    scene = three_modes.with_(
        target=two, process={"kind": "ve", "t_max": 1.5}, sampler={"kind": "reverse"}, particles={"count": 500}
    )
    reporter = Reporter(Simulation(scene, "cpu"))
    x = np.linspace(-15, 15, 60_001)
    weights, std = (0.3, 0.7), math.sqrt(0.25 + 1.5**2)
    p = sum(w * norm.pdf(x, m, std) for w, m in zip(weights, (-3, 3), strict=True))
    mean = 0.4 * 3
    q = norm.pdf(x, mean, math.sqrt(std**2 + 9 - mean**2))
    terms = p * np.log(p / q)
    spread = math.sqrt(((p * np.log(p / q) ** 2).sum() - (terms.sum()) ** 2 * (x[1] - x[0])) * (x[1] - x[0]))
    found = reporter.measure(reporter.sample()).start_kl
    assert abs(found - terms.sum() * (x[1] - x[0])) < 4 * spread / math.sqrt(20_000)
    wide = scene.with_(process={"kind": "ve", "t_max": 50.0})
    reporter = Reporter(Simulation(wide, "cpu"))
    assert reporter.measure(reporter.sample()).start_kl < 1e-3
    for other in ({"sampler": {"kind": "langevin"}}, {"particles": {"count": 500, "start": {"kind": "gaussian"}}}):
        reporter = Reporter(Simulation(scene.with_(**other), "cpu"))
        assert reporter.measure(reporter.sample()).start_kl is None


@pytest.mark.parametrize("kind", ["ve", "brownian", "ou", "ve-geometric"])
def test_a_process_that_suits_a_target_ends_near_its_prior(three_modes, kind):
    """Two modes at ±12 under the process as the window chooses it; a target of the usual size changes no default."""
    two = {
        "kind": "mixture",
        "weights": (0.5, 0.5),
        "means": ((-12.0,), (12.0,)),
        "covariances": (((1.0,),), ((1.0,),)),
    }
    plain = PROCESSES[kind]()
    suited = plain.suited(13.0)
    far = [
        Reporter(Simulation(three_modes.with_(target=two, process=q, sampler={"kind": "reverse"}), "cpu"))
        for q in (plain, suited)
    ]
    before, after = (r.measure(r.sample()).start_kl for r in far)
    assert after < 0.02
    assert before > 0.02 or kind == "ou"  # which ends late enough for this target, too
    assert kind == "brownian" or plain.suited(3.0) == plain  # σ = √10 is little beside a target of the usual size
    assert plain.suited(1e6).last_time <= 1000


def test_a_report_is_not_of_another_sampler(two_wells):
    """What is known of the run before is held back at once, until the run of now has been measured."""
    stage, reports = Stage(two_wells.with_(sampler={"kind": "langevin"}, particles={"count": 200}), "cpu"), Reports()

    def found():
        for _ in range(200):
            (report,) = reports.latest([stage], dragging=False)
            if report is not None:
                return report
            time.sleep(0.05)
        raise AssertionError("no report")

    stage.simulation.advance(3)
    first = found()
    stage.simulation.edit(stage.simulation.scene.with_(sampler={"kind": "langevin", "steps_per_frame": 4}))
    assert reports.latest([stage], dragging=True) == (first,), "faster is the same run"
    stage.simulation.edit(stage.simulation.scene.with_(sampler={"kind": "langevin", "step": 0.03}))
    assert reports.latest([stage], dragging=True) == (None,)
    assert found() is not first
    reports.close()
