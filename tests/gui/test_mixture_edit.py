"""Edits by hand keep a mixture valid, whatever the hand does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from tests.conftest import THREE_MODES, TWO_WELLS
from visualizer.gui.canvas import mixture_edit as edit
from visualizer.scene import parse_scene

PLANE = parse_scene(THREE_MODES).target
LINE = parse_scene(TWO_WELLS).target
anywhere = st.floats(-1e5, 1e5, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2), st.integers(0, 1), anywhere, anywhere)
def test_dragging_an_axis_anywhere_keeps_the_covariance_definite(k, which, x, y):
    target = edit.drag_axis(PLANE, k, which, (x, y))
    values = np.linalg.eigvalsh(np.array(target.covariances[k]))
    assert values[0] > 0
    assert np.sqrt(values[-1]) <= edit.STD_RANGE[1] * 1.001


def test_an_axis_goes_where_it_is_dragged():
    target = edit.drag_axis(PLANE, 0, 0, (0.6, 0.8))
    std, axes = edit.principal_axes(target, 0)
    assert std[0] == pytest.approx(1.0, rel=1e-6)
    assert abs(axes[:, 0] @ [0.6, 0.8]) == pytest.approx(1.0, abs=1e-6)
    before, _ = edit.principal_axes(PLANE, 0)
    assert std[1] == pytest.approx(before[1], rel=1e-6)


def test_weights_keep_their_sum_and_the_others_their_ratios():
    target = edit.scale_weight(PLANE, 0, 1.1)
    w = target.normalised_weights
    assert w[0] == pytest.approx(0.55)
    assert w[1] / w[2] == pytest.approx(1.5)
    for _ in range(200):
        target = edit.scale_weight(target, 0, 2.0)
    assert target.normalised_weights[0] < 1


def test_adding_and_removing():
    target = edit.add_component(PLANE, (1.0, 2.0), 0.5)
    assert len(target.weights) == 4
    assert target.normalised_weights[3] == pytest.approx(0.25)
    assert edit.remove_component(target, 3).means == PLANE.means
    single = edit.remove_component(edit.remove_component(PLANE, 0), 0)
    assert edit.remove_component(single, 0) is single


def test_dimension_there_and_back():
    line = edit.to_dimension(PLANE, 1)
    assert line.d == 1
    assert [m[0] for m in line.means] == [m[0] for m in PLANE.means]
    assert [c[0][0] for c in line.covariances] == [c[0][0] for c in PLANE.covariances]
    assert edit.to_dimension(edit.to_dimension(LINE, 2), 1) == LINE


@pytest.mark.parametrize("kind", ["plane", "line"])
def test_a_component_outside_the_picture_is_pointed_at_on_the_edge(make_window, three_modes, two_wells, qtbot, kind):
    window = make_window(three_modes if kind == "plane" else two_wells.with_(view={"picture": "line"}))
    canvas, t = window.desk.figure.canvases[0], window.desk.theme
    qtbot.waitUntil(lambda: canvas.picture is not None)
    target = window.desk.scene.target
    k = int(np.argmax([mean[0] for mean in target.means]))
    colours = {QColor(t.components[k % len(t.components)]).rgb()}

    box = canvas.view if kind == "plane" else canvas.plot.getViewBox()

    def at_the_right_edge():
        view, image = box.sceneBoundingRect(), canvas.grab().toImage()
        ratio = image.width() / canvas.width()
        columns, rows = (
            (a * ratio, b * ratio) for a, b in ((view.right() - 16, view.right() - 5), (view.top(), view.bottom()))
        )
        return any(image.pixel(x, y) in colours for x in range(*map(round, columns)) for y in range(*map(round, rows)))

    assert not at_the_right_edge()
    middle = target.means[k][0] - 1.0
    box.setXRange(middle - 2.0, middle, padding=0)
    qtbot.waitUntil(at_the_right_edge)
