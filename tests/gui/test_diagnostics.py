"""The diagnostics panel: sentences that say what is so, numbers that come while the run goes on."""

from __future__ import annotations

import dataclasses

import pytest

from visualizer.diagnostics.findings import Barrier, Convergence, Distance, Passage
from visualizer.engine.findings.report import Report
from visualizer.gui.cards.diagnostics import DiagnosticsCard, rows, verdict
from visualizer.gui.cards.start import StartChooser
from visualizer.gui.words.digits import number

PLAIN = Report(
    step=1240, evaluations=1240, w2=Distance(2.0, 0.05), kl=Distance(0.7, 0.01), target_w2=Distance(2.0, 0.05), hops=0, seen=1240, quiet=1240,
    watched=500, relaxation_steps=9.1e5, passage=None, step_size=0.01, acceptance=None, energy_error=None, swaps=(), convergence=None,
    log_prob_error=None,
)  # fmt: skip


def test_sentences_say_what_is_so():
    assert (
        verdict(PLAIN)
        == "Trapped: no hop among 500 particles in 1\u202f240 steps. Exact Langevin relaxes in about 910\u202f000 steps."
    )
    assert verdict(dataclasses.replace(PLAIN, step=140, seen=40, quiet=40)).startswith("No hop between modes yet.")
    mixing = dataclasses.replace(PLAIN, hops=1860, quiet=1, relaxation_steps=300.0)
    assert (
        verdict(mixing) == "A particle changes modes every 333 steps or so. Exact Langevin relaxes in about 300 steps."
    )
    # Under so much noise that all is one mode nobody hops, and nobody is trapped.
    relaxed = dataclasses.replace(PLAIN, relaxation_steps=5.0, w2=Distance(0.05, 0.05), kl=Distance(0.01, 0.01))
    assert verdict(relaxed).startswith("As close to pₜ as exact samples")
    slow = dataclasses.replace(mixing, hops=1, relaxation_steps=24640.0)
    assert verdict(slow).startswith("Still trapped: one hop among 500 particles in 1\u202f240 steps. Exact Langevin")
    stopped = dataclasses.replace(PLAIN, hops=5, quiet=1000, relaxation_steps=None)
    assert verdict(stopped) == "Trapped: no hop among 500 particles in 1\u202f000 steps."
    pausing = dataclasses.replace(PLAIN, hops=17, seen=1208, quiet=139, relaxation_steps=None)
    assert verdict(pausing).startswith("A particle changes modes every")  # 139 steps without are two pauses of 63
    alone = dataclasses.replace(PLAIN, hops=None, w2=Distance(0.051, 0.05), kl=Distance(0.011, 0.01))
    assert verdict(alone) == "As close to pₜ as exact samples of this number."
    blurred = dataclasses.replace(alone, kl=Distance(0.03, 0.01))
    assert verdict(blurred) == "3 times as far from pₜ as exact samples of this number, by KL."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (99_999.4, "99\u202f999"),
        (123_456.0, "123\u202f000"),
        (9.994e6, "9\u202f990\u202f000"),
        (3.74e12, "3.7·10¹²"),
        (2.5e-4, "2.5·10⁻⁴"),
        (0.0123, "0.0123"),
        (999.7, "1\u202f000"),
        (-5000.0, "-5\u202f000"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (float("nan"), "–"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert number(value) == text


def test_a_log_density_that_is_nowhere_is_told():
    """Particles beyond the edge of a density: their log p is −∞, and the error of what is carried along infinite."""
    assert rows(dataclasses.replace(PLAIN, log_prob_error=float("inf")))["log_prob"] == ("∞", "nats")


def test_until_the_next_report_is_there_the_last_stays_greyed(qapp, qtbot):
    panel = DiagnosticsCard()
    qtbot.addWidget(panel)
    panel.show_report(None, measured=True)
    assert panel.isHidden()  # there was none yet
    panel.show_report(PLAIN, measured=True)
    assert panel.isEnabled()
    panel.show_report(None, measured=True)
    assert not panel.isHidden()
    assert not panel.isEnabled()
    assert panel.verdict.text() == verdict(PLAIN)
    panel.show_report(None, measured=False)
    assert panel.isHidden()


def test_rows_that_do_not_apply_are_empty():
    shown = rows(PLAIN)
    assert shown["w2"] == ("2", "exact 0.05")
    assert all(shown[key] == ("", "") for key in ("acceptance", "energy", "swaps", "ess", "target"))
    assert rows(dataclasses.replace(PLAIN, acceptance=0.1))["acceptance"] == ("10.0 %", "step too large?")


def test_passage_times_are_told_in_steps():
    over = Barrier(bottom=-1.5, top=0.0, height=2.43, kramers_time=11.23)
    shown = rows(dataclasses.replace(PLAIN, passage=Passage(-1.5, 1.5, 17.0023, over)))
    assert shown["passage"] == ("1\u202f700 steps", "-1.5 → 1.5")
    assert shown["kramers"] == ("1\u202f123 steps", "ΔU = 2.43")


@pytest.mark.parametrize("kind", ["langevin", "hmc", "parallel-tempering", "walk-jump"])
def test_numbers_come_while_the_run_goes_on_and_when_it_rests(make_window, three_modes, qtbot, kind):
    scene = three_modes.with_(sampler={"kind": kind}, particles={"count": 500})
    window = make_window(scene)
    panel = window.desk.cards.diagnostics
    qtbot.waitUntil(lambda: panel.isVisible() and panel.values["w2"].text() != "")
    window.desk.player.play(True)
    qtbot.waitUntil(lambda: window.desk.figure.canvases[0].picture.moment.step > 30)
    window.desk.player.play(False)
    qtbot.waitUntil(lambda: panel._report.step == window.desk.figure.canvases[0].picture.moment.step)
    assert (panel.values["acceptance"].text() != "") == (kind in ("hmc", "parallel-tempering"))
    assert (panel.values["energy"].text() != "") == (kind == "hmc")
    assert (panel.values["swaps"].text() != "") == (kind == "parallel-tempering")
    assert (panel.values["target"].text() != "") == (kind == "walk-jump")
    assert panel.values["ess"].text() != ""


def test_a_prior_that_is_far_from_p_is_told_where_the_start_is_chosen(qapp):
    chooser = StartChooser()
    for nats, told in ((None, False), (0.0004, False), (0.117, True), (None, False)):
        chooser.show_gap(nats)
        assert chooser.gap.isVisibleTo(chooser) == told
    chooser.show_gap(0.117)
    assert "0.12 nats from p at t_max" in chooser.gap.text()


def test_r_hat_is_blind_while_nobody_has_left_a_mode():
    """Chains that began in one mode agree: 1.00 is no praise then."""
    agreeing = Convergence(rhat=1.003, ess_bulk=900.0, ess_tail=800.0)
    trapped = dataclasses.replace(PLAIN, convergence=agreeing)
    assert rows(trapped)["rhat"] == ("1.00", "blind")
    assert rows(dataclasses.replace(trapped, hops=49))["rhat"][1] == "blind"
    assert rows(dataclasses.replace(trapped, hops=400))["rhat"] == ("1.00", "")
    assert rows(dataclasses.replace(trapped, hops=None))["rhat"] == ("1.00", "")  # there is but one mode
    apart = dataclasses.replace(agreeing, rhat=1.2)
    assert rows(dataclasses.replace(trapped, convergence=apart))["rhat"] == ("1.20", "should be 1")
    assert rows(dataclasses.replace(trapped, hops=400, convergence=apart))["rhat"] == ("1.20", "should be 1")


def test_kramers_time_is_told_of_barriers_that_are_high_enough():
    for height, told in ((0.1, False), (1.9, False), (2.0, True), (8.0, True)):
        passage = Passage(
            start=-2.0, end=2.0, time=50.0, barrier=Barrier(bottom=-2.0, top=0.0, height=height, kramers_time=40.0)
        )
        found = rows(dataclasses.replace(PLAIN, passage=passage))
        assert bool(found["kramers"][0]) == told
        assert found["passage"][0]
