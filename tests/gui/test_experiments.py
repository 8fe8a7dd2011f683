"""Experiments in their dialogs: they fill in, can be cancelled, and are closed with the window."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication

from visualizer.engine.host.talk import Errand
from visualizer.gui.experiments.tradeoff import Tradeoff
from visualizer.gui.run.runner import Runner
from visualizer.scene.model import Scene


def opened(window, qtbot, kind=None):
    """The experiment that was opened last, or that of a kind, which is opened now."""
    if kind is not None:
        window.commands.experiment(kind)
    qtbot.waitUntil(lambda: bool(window.commands.experiments))
    return window.commands.experiments[-1]


def test_the_tradeoff_fills_in_and_a_click_takes_sigma_over(make_window, three_modes, qtbot):
    scene = three_modes.with_(sampler={"kind": "walk-jump", "step": 0.05}, particles={"count": 200})
    window = make_window(scene)
    assert window.desk.cards.sampler.tradeoff.isVisible()
    window.desk.cards.sampler.tradeoff.click()
    dialog = opened(window, qtbot)
    dialog.stop()
    dialog.steps.show_value(100)
    dialog.measure()
    assert dialog.close_button.text() == "Cancel"
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert dialog.bar.isHidden()
    x, hops = dialog.curves["hops"].getOriginalDataset()
    assert len(x) == len(hops) == 12
    assert "Best jumps" in dialog.status.text()
    view = dialog.mixing.getViewBox()
    place = dialog.plots.mapFromScene(view.mapViewToScene(QPointF(-0.3, view.viewRange()[1][1] / 2)))
    qtbot.mouseClick(dialog.plots.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: window.desk.store.scene.sampler.sigma != scene.sampler.sigma)
    assert window.desk.store.scene.sampler.sigma == pytest.approx(10**-0.3, rel=0.02)
    window.desk.store.undo()
    assert window.desk.store.scene.sampler == scene.sampler
    dialog.reject()


def test_a_cancelled_tradeoff_keeps_its_points_and_says_so(make_window, three_modes, qtbot):
    window = make_window(three_modes.with_(sampler={"kind": "walk-jump"}, particles={"count": 200}))
    dialog = opened(window, qtbot, "tradeoff")
    assert isinstance(dialog, Tradeoff)
    dialog.stop()
    dialog.steps.show_value(200)
    dialog.measure()
    qtbot.waitUntil(lambda: dialog.curves["hops"].getOriginalDataset()[0] is not None)
    dialog.close_button.click()
    assert not dialog.runner.running
    assert dialog.status.text().startswith("Cancelled.")
    assert 0 < len(dialog.curves["hops"].getOriginalDataset()[0]) < 12


def test_passage_times_are_drawn_beside_theory_and_refused_with_a_reason(make_window, qtbot):
    target = {"kind": "mixture", "weights": [0.5, 0.5], "means": [-1.5, 1.5], "covariances": [0.36, 0.36]}
    double_well = Scene.model_validate({"target": target, "particles": {"count": 200}})
    window = make_window(double_well)
    qtbot.waitUntil(window.desk.cards.diagnostics.measure.isVisible)
    window.desk.cards.diagnostics.measure.click()
    dialog = opened(window, qtbot)
    dialog.stop()
    dialog.step.show_value(0.05)
    dialog.measure()
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert "4,000 of 4,000 chains have arrived" in dialog.status.text()
    assert "exact 17.002" in dialog.status.text()
    assert dialog.bars.opts["height"].sum() > 0
    dialog.step.show_value(1e-4)
    far = double_well.target.with_(means=(-5.0, 5.0))
    dialog.scene = double_well.with_(target=far)
    dialog.measure()
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert "too long to wait for" in dialog.status.text()
    assert dialog.start.isEnabled()


def test_a_way_is_chosen_and_kramers_is_told_of_high_barriers_alone(make_window, qtbot):
    target = {"kind": "mixture", "weights": [0.5, 0.5], "means": [-0.8, 0.8], "covariances": [0.25, 0.25]}
    window = make_window(Scene.model_validate({"target": target}))
    dialog = opened(window, qtbot, "passages")
    qtbot.waitUntil(lambda: len(dialog.ways) == 2)
    dialog.stop()
    qtbot.waitUntil(lambda: not dialog.runner.running)
    texts = [item.label.toPlainText() for _, item in dialog.marks if hasattr(item, "label")]
    assert any("exact" in text for text in texts)
    assert not any("Kramers" in text for text in texts), "the barrier is low"
    barriers, _ = dialog.curves["kramers"].getOriginalDataset()
    assert barriers is None or not len(barriers) or min(barriers) >= 2
    dialog.way.setCurrentIndex(1 + dialog.ways.index(max(dialog.ways)))
    assert dialog.work().arguments[-1] == max(dialog.ways)
    dialog.reject()


def test_passage_times_ask_for_one_dimension(make_window, three_modes):
    window = make_window(three_modes)
    window.commands.experiment("passages")
    assert "one dimension" in window.desk.banner.text.text()


def test_a_runner_hands_on_the_newest_value_pauses_and_stops(qtbot, player):
    runner, taken, ended = Runner(player), [], []
    runner.progressed.connect(taken.append)
    runner.finished.connect(ended.append)
    gate = threading.Event()

    def work():
        yield 1
        gate.wait(10)
        yield 2
        yield 3

    runner.start(Errand(work))
    qtbot.waitUntil(lambda: taken == [1])
    runner.pause()
    gate.set()
    qtbot.waitUntil(lambda: taken == [1, 2])
    assert runner.paused
    qtbot.wait(200)
    assert taken == [1, 2]
    runner.pause(False)
    qtbot.waitUntil(lambda: ended == [True])
    assert taken == [1, 2, 3]
    assert not runner.running


def test_a_runner_tells_of_errors(qtbot, player):
    runner, failed = Runner(player), []
    runner.failed.connect(failed.append)

    def work():
        yield 1
        raise ValueError("no")

    runner.start(Errand(work))
    qtbot.waitUntil(lambda: bool(failed))
    assert str(failed[0]) == "no"


def test_experiments_can_be_closed_and_opened_again(make_window, qtbot, qapp):
    target = {"kind": "mixture", "weights": [0.5, 0.5], "means": [-1.5, 1.5], "covariances": [0.36, 0.36]}
    window = make_window(Scene.model_validate({"target": target, "particles": {"count": 200}}))
    for _ in range(2):
        dialog = opened(window, qtbot, "passages")
        dialog.reject()
        qtbot.waitUntil(lambda: not window.commands.experiments)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not window._crashed
