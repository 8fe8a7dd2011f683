"""One chain told well: what it proposed, from which law, whether it went there, and where it has been."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.pictures import Seen
from visualizer.engine.drawings import Arrows, Bars, Curve, Dots, Drawing, Lines
from visualizer.engine.frame import Viewport
from visualizer.engine.pictures.few import FEW, told
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.samplers import Proposing

VIEW = Viewport(-6.0, 6.0, -5.0, 5.0, 240, 200)
ONE = {"count": 1, "start": {"kind": "point", "at": (0.5, 1.0)}}


def drawn(stage, layer):
    """The drawings of a layer."""
    return Seen(stage.picture(VIEW)).all(layer, Drawing)


@pytest.mark.parametrize("kind", ["langevin", "mala", "random-walk"])
def test_proposals_have_the_mean_and_the_spread_that_are_drawn(three_modes, kind):
    n = 40_000
    start = {"kind": "point", "at": (0.5, 1.0)}
    sim = Simulation(three_modes.with_(sampler={"kind": kind, "step": 0.2}, particles={"count": n, "start": start}))
    assert isinstance(sim.sampler, Proposing)
    mean, spread = sim.sampler.proposal(sim.state.x[:, :1])
    sim.advance()
    proposed = sim.state.x if sim.info.proposal is None else sim.info.proposal
    assert torch.all((proposed.mean(1) - mean[:, 0]).abs() < 4 * spread / math.sqrt(n))
    assert torch.all((proposed.std(1) - spread).abs() < 4 * spread / math.sqrt(2 * n))


@pytest.mark.parametrize("kind", ["mala", "random-walk", "hmc"])
def test_a_chain_is_told_to_have_gone_where_it_went(three_modes, kind):
    sampler = {"kind": kind} if kind == "hmc" else {"kind": kind, "step": 1.5}
    sim = Simulation(three_modes.with_(sampler=sampler, particles={"count": FEW}))
    assert told(sim) is None
    taken = 0
    for _ in range(20):
        before = sim.state.x.T.numpy().copy()
        sim.advance()
        step, now = told(sim), sim.state.x.T.numpy()
        assert np.array_equal(step.before, before)
        assert np.array_equal(now[step.accepted], step.proposal[step.accepted])
        assert np.array_equal(now[~step.accepted], before[~step.accepted])
        assert (len(step.dots) > 0) == (kind == "hmc")
        taken += int(step.accepted.sum())
    assert 0 < taken <= 20 * FEW


def test_what_a_step_did_is_told_after_going_back_to_it(three_modes):
    sim = Simulation(three_modes.with_(sampler={"kind": "mala"}, particles=ONE))
    shown = []
    for _ in range(6):
        sim.advance()
        shown.append(told(sim))
    for step in (4, 2, 6, 1):
        sim.seek(step)
        again = told(sim)
        assert np.array_equal(again.proposal, shown[step - 1].proposal)
        assert np.array_equal(again.before, shown[step - 1].before)


def test_the_circle_is_of_the_radius_of_one_standard_deviation_around_the_mean(three_modes):
    sim = Simulation(three_modes.with_(sampler={"kind": "mala", "step": 0.08}, particles=ONE))
    sim.advance()
    step = told(sim)
    (ring,) = step.rings()
    assert np.allclose(np.hypot(*(ring - step.mean[0]).T), math.sqrt(0.16), atol=1e-5)


def test_arrows_are_green_where_taken_and_red_where_refused(three_modes):
    stage = Stage(three_modes.with_(sampler={"kind": "random-walk", "step": 2.0}, particles=ONE), "cpu")
    colours = set()
    for _ in range(12):
        stage.simulation.advance(1)
        drawings = drawn(stage, "step")
        arrows = {d.pen.colour for d in drawings if isinstance(d, Arrows) and len(d.arrows)}
        refused = sum(len(d.places) for d in drawings if isinstance(d, Dots) and d.colour == "error")
        assert arrows - {"score"} == ({"error"} if refused else {"learned"})
        assert any(isinstance(d, Lines) and d.pen.colour == "noise" for d in drawings)
        colours |= arrows
    assert {"error", "learned"} <= colours


def test_on_the_line_a_bell_stands_over_the_mean(two_wells):
    stage = Stage(two_wells.with_(sampler={"kind": "random-walk", "step": 0.5}, particles={"count": 1}), "cpu")
    stage.simulation.advance(1)
    step = told(stage.simulation)
    bells = [d for d in drawn(stage, "step") if isinstance(d, Curve) and len(d.along) > 20]
    (bell,) = bells
    at = bell.along[bell.across.argmax()]
    assert at == pytest.approx(step.mean[0, 0], abs=1e-5)
    half = bell.along[bell.across >= (bell.across.min() + bell.across.max()) / 2]
    assert half[-1] - half[0] == pytest.approx(2 * math.sqrt(2 * math.log(2)), rel=0.06)  # spread √(2h) = 1


def test_histograms_of_a_chain_count_all_places_and_those_of_many_and_of_diffusion_the_present(three_modes):
    stage = Stage(three_modes.with_(sampler={"kind": "mala"}, particles=ONE), "cpu")
    stage.simulation.advance(50)
    bars = [d for d in drawn(stage, "marginals") if isinstance(d, Bars)]
    assert [(b.heights > 0).sum() > 5 for b in bars] == [True, True]
    area = sum(float((b.heights * np.diff(b.edges)).sum()) for b in bars)
    assert area == pytest.approx(2.0, abs=1e-4)  # all places lie in the view
    alone = Stage(three_modes.with_(sampler={"kind": "reverse"}, particles={"count": 1}), "cpu")
    alone.simulation.advance(20)
    for bar in (d for d in drawn(alone, "marginals") if isinstance(d, Bars)):
        assert (bar.heights > 0).sum() <= 1
