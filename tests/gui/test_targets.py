"""Choosing and typing targets in the window: formulas with parameters and errors, shapes, and back without loss."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from visualizer.scene.presets import find_scene


def choose(window, kind, qtbot):
    panel = window.target
    panel.kind.setCurrentIndex(panel.kind.findData(kind))
    panel.kind.activated.emit(0)
    qtbot.waitUntil(lambda: window.store.scene.target.kind == kind, timeout=10_000)


def type_formula(window, text):
    line = window.target.formula.text
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.fixture
def formula_window(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    choose(window, "formula", qtbot)
    return window


def test_a_formula_is_typed_and_its_parameters_slide(formula_window, three_modes, qtbot):
    window = formula_window
    store, form = window.store, window.target.formula
    assert form.isVisible()
    assert not window.target.mixture.isVisible()
    type_formula(window, "-(x^2-4)^2/4 - k*y^2")
    qtbot.waitUntil(lambda: store.scene.target.parameters == {"k": 1.0}, timeout=10_000)
    assert form.trouble.isHidden()
    form.sliders["k"].edited.emit(2.5)
    qtbot.waitUntil(lambda: store.scene.target.parameters == {"k": 2.5}, timeout=10_000)
    # What the parameter is worth stays while the formula is typed on.
    type_formula(window, "-(x^2-4)^2/4 - k*y^2 + m*x")
    qtbot.waitUntil(lambda: store.scene.target.parameters == {"k": 2.5, "m": 1.0}, timeout=10_000)
    # One dimension less; and all of it can be undone.
    type_formula(window, "-x^4 + x^2")
    qtbot.waitUntil(lambda: store.scene.target.d == 1, timeout=10_000)
    qtbot.waitUntil(lambda: window.pictures and hasattr(window.pictures[0], "grid"), timeout=10_000)
    for _ in range(5):
        store.undo()
    assert store.scene == three_modes


@pytest.mark.parametrize(
    ("text", "words", "selected"),
    [
        ("-(x^2 - 4", "Column 2", 1),
        ("-x^2 + 3 $", "Column 10", 9),
        ("x^2 + y^2", "It does not integrate", None),
        ("sqrt(x) - x^2", "not a real number", None),
    ],
)
def test_a_faulty_formula_is_told_and_marked_and_the_density_stays(formula_window, qtbot, text, words, selected):
    window = formula_window
    before = window.store.scene
    type_formula(window, text)
    form = window.target.formula
    qtbot.waitUntil(lambda: words in form.trouble.text(), timeout=10_000)
    assert "The last density is kept" in form.trouble.text()
    assert window.store.scene == before
    assert form.text.text() == text  # what was typed is not taken away
    if selected is not None:
        assert (form.text.selectionStart(), form.text.selectionLength()) == (selected, 1)
    type_formula(window, before.target.log_density)
    qtbot.waitUntil(form.trouble.isHidden, timeout=10_000)


def test_shapes_are_chosen_and_changed(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    choose(window, "shape", qtbot)
    store, form = window.store, window.target.shape
    assert store.scene.target.name == "two-moons"
    form.noise.edited.emit(0.3)
    qtbot.waitUntil(lambda: store.scene.target.noise == 0.3, timeout=10_000)
    form.name.setCurrentIndex(form.name.findData("norm"))
    form.name.activated.emit(0)
    qtbot.waitUntil(lambda: store.scene.target.name == "norm", timeout=10_000)
    assert form.noise.isHidden()
    form.dimension.edited.emit(400)
    qtbot.waitUntil(lambda: store.scene.target.dimension == 400, timeout=10_000)
    qtbot.waitUntil(lambda: window.figure.views()[0].x0 > 10, timeout=10_000)  # around √400
    choose(window, "mixture", qtbot)
    assert store.scene.target == three_modes.target  # as it was


def test_commands_for_components_say_what_they_need(formula_window):
    window = formula_window
    for command, words in (
        (window.commands.measure_tradeoff, "Gaussian mixture"),
        (window.commands.change_dimension, "as many dimensions"),
    ):
        command()
        assert words in window.banner.text.text()
    window.commands.next_component()
    window.commands.nudge_left()
    window.commands.remove_component()
    assert window.selection == -1
    assert window.store.scene.target.kind == "formula"


@pytest.mark.parametrize("name", ["typed-potential", "two-moons", "funnel", "many-wells", "length"])
def test_presets_of_other_targets_are_shown(make_window, name, qtbot):
    window = make_window(find_scene(name).with_(particles={"count": 2000}))
    window.player.step_by(3)
    qtbot.waitUntil(lambda: window.pictures[0].moment.step == 3, timeout=20_000)
    qtbot.waitUntil(lambda: window.report(0) is not None, timeout=20_000)
