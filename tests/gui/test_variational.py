"""The page on what each stroke costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest

from visualizer.engine.findings.stroke import Stroke
from visualizer.engine.findings.variational import Variational
from visualizer.engine.palette import THEMES
from visualizer.gui.experiments.one_stroke import OneStroke
from visualizer.gui.experiments.variational import VariationalView
from visualizer.scene import load_scene


def known(done=1.0):
    """N(0, 1) in one dimension: mmse = 1/(1 + SNR)."""
    log_snr = np.linspace(-10, 10, 161)
    mmse = 1 / (1 + np.exp(log_snr))
    entropy = 0.5 * np.log(2 * np.pi * np.e)
    return Variational(log_snr, mmse, mmse, entropy, (0.0, entropy - 5.0), 1, False, done)


def test_what_is_chosen_is_drawn_and_said(make_window, three_modes, qtbot):
    page = VariationalView(make_window(three_modes).desk)
    qtbot.addWidget(page)
    page._show()  # nothing is known yet
    assert page.draw(known(0.5))[0] == 0.5
    done, said = page.draw(known())
    assert done == 1.0
    assert said.startswith(
        "By the exact denoiser: 8 strokes need 1.419 nats (bars 5.000, both ends -3.581), the data have 1.419"
    )
    edges, heights = page._outline.getData()
    assert (len(edges), len(heights)) == (9, 8)
    np.testing.assert_allclose(heights, known().steps(8, "best")[::-1])
    page._slid(1)
    page.variance.show_value("small")
    page._show()
    assert len(page._outline.getData()[1]) == 1
    assert "one stroke needs" in page.status.text()
    page.units.show_value("bits")
    page._show_all()
    assert "the data have 2.047" in page.status.text()
    assert "bits per dimension" in page.status.text()
    x, y = page.curves["small"].getOriginalDataset()
    np.testing.assert_allclose(y[0], known().excess(1, "small") / np.log(2))
    assert list(x) == [2**k for k in range(10)]


def stroke(d=2):
    ring = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    axis = np.linspace(-3, 3, 61).astype(np.float32)
    x = np.zeros(d, np.float32)
    exact = (ring,) if d == 2 else (np.exp(-(axis**2)),)
    return Stroke(x, exact, exact, axis if d == 1 else axis[:0], (x + 1, 0.5), (x, 0.2), x + 0.3, 0.123)


def test_a_bar_is_clicked_and_the_place_is_dragged(make_window, three_modes, qtbot, monkeypatch):
    page = VariationalView(make_window(three_modes).desk)
    qtbot.addWidget(page)
    asked = []
    monkeypatch.setattr(
        page.desk.player, "ask", lambda owner, errand, done, failed: asked.append((errand, done, failed))
    )
    page.draw(known())
    assert len(asked) == 1
    page.from_xt.place.setPos(0.4, -0.2)
    page.from_xt.place.setPos(0.5, -0.2)
    assert len(asked) == 1, "one question at a time"
    asked[0][1](stroke())
    assert asked[1][0].arguments[2] == (0.5, -0.2)
    asked[1][1](stroke())
    assert page.status.text().endswith("At this xₜ the exact kernel is 0.123 nats from the Gaussian.")
    x, y = page.from_xt.told.getData()
    assert np.nanmax(np.hypot(x - 1, y - 1)) == pytest.approx(1.0, rel=1e-5)  # two standard deviations of 0.5
    page._stroke = 5
    page._show()
    noisy, clean = asked[2][0].arguments[3]
    assert (noisy, clean) == (2.5, 5.0)
    assert asked[2][0].arguments[4] == pytest.approx(np.interp(2.5, known().log_snr, known().mse))
    page.variance.show_value("exact")
    page._show()
    asked[2][1](stroke())
    assert len(page.from_xt.told.getData()[0] if page.from_xt.told.getData()[0] is not None else ()) == 0
    asked[3][2](ValueError("too narrow"))
    assert page.status.text() == "too narrow"


def test_of_a_network_its_own_or_the_exact_denoiser_is_looked_at(make_window, qtbot, monkeypatch):
    page = VariationalView(make_window(load_scene("learned-score")).desk)
    qtbot.addWidget(page)
    assert not page.whose.isHidden()
    asked = []
    monkeypatch.setattr(page.desk.player, "ask", lambda owner, errand, done, failed: asked.append(errand))
    page.draw(replace(known(), learned=True, mse=2 * known().mmse))
    assert page.status.text().startswith("By a network's denoiser")
    assert asked[-1].arguments[0].field.kind == "learned"
    page._asking = False
    page.whose.show_value("exact")
    page._chosen()
    assert page.status.text().startswith("By the exact denoiser")
    assert asked[-1].arguments[0].field.kind == "exact"


def test_on_a_line_the_place_stays_on_it(qtbot):
    layout = pg.GraphicsLayoutWidget()
    qtbot.addWidget(layout)
    plot = layout.addPlot()
    one = OneStroke(plot, THEMES["dark"], 1, lambda plot, name, ink: plot.plot(pen=ink))
    said = []
    one.wanted.connect(said.append)
    one.place.setPos(1.5, 0.7)
    assert said == [(1.5,)]
    assert one.place.pos().y() == 0
    one.show(stroke(1), True)
    axis, density = one.told.getData()
    assert np.trapezoid(density, axis) == pytest.approx(1.0, abs=1e-3)
