"""The page on what each stroke costs."""

from __future__ import annotations

import numpy as np

from visualizer.engine.findings.variational import Variational
from visualizer.gui.experiments.variational import VariationalView


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
    assert said.startswith("By the exact denoiser: 8 strokes need 1.419 nats, the data have 1.419")
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
    assert "bits per dimension, the data have 2.047" in page.status.text()
    x, y = page.curves["small"].getOriginalDataset()
    np.testing.assert_allclose(y[0], known().excess(1, "small") / np.log(2))
    assert list(x) == [2**k for k in range(10)]
