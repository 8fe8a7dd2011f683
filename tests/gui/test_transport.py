"""The page with the plan of transport on the line."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.engine.experiments.transport import transport
from visualizer.gui.experiments.transport import TransportPlan
from visualizer.scene import load_scene


@pytest.mark.parametrize("source", ["noise", "uniform", "two"])
def test_a_plan_has_both_laws_and_costs_at_least_what_sorting_costs(source):
    found = transport(load_scene("reverse-river"), source, 0.1)
    dx, dy = np.diff(found.x).mean(), np.diff(found.y).mean()
    assert found.plan.sum() * dx * dy == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(found.plan.sum(1) * dy, found.source, atol=2e-3 * found.source.max())
    np.testing.assert_allclose(found.plan.sum(0) * dx, found.target, atol=2e-3 * found.target.max())
    assert found.cost > found.least > 0
    assert (np.diff(found.sorted) >= 0).all()
    assert found.threads.shape == (120, 2)
    more = transport(load_scene("reverse-river"), source, 2.0)
    assert more.cost > found.cost
    assert more.information < found.information


def test_the_newest_numbers_count_and_the_plane_is_refused(make_window, two_wells, three_modes, qtbot, monkeypatch):
    assert "press D" in TransportPlan.refusal(three_modes)
    window = make_window(two_wells)
    asked = []
    monkeypatch.setattr(
        window.desk.player, "ask", lambda owner, errand, done, failed: asked.append((errand, done, failed))
    )
    page = TransportPlan(window.desk)
    qtbot.addWidget(page)
    for value in (0.2, 0.5):
        page.epsilon.edited.emit(value)
    assert [errand.arguments[2] for errand, *_ in asked] == [0.1]
    found = transport(two_wells, "noise", 0.1)
    asked[0][1](found)
    assert [errand.arguments[2] for errand, *_ in asked] == [0.1, 0.5]
    assert f"at least W₂² = {found.least:.3f}" in page.status.text()
    np.testing.assert_allclose(page.curves["sorted"].getData()[1], found.sorted)
    asked[1][2](ValueError("too narrow"))
    assert page.status.text() == "too narrow"
