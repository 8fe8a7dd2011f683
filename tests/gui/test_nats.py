"""The page on where the nats of an autoencoder go."""

from __future__ import annotations

import pytest

from visualizer.engine.findings.nats import Nats
from visualizer.gui.experiments.nats import WhereNatsGo
from visualizer.scene import load_scene


def test_parts_stand_one_after_another_and_negative_ones_on_the_left(make_window, three_modes, qtbot):
    page = WhereNatsGo(make_window(three_modes).desk, "A VAE")
    qtbot.addWidget(page)
    code = (("reconstruction", 2.0), ("level 1", -0.5), ("level 2", 1.5))
    known = Nats(code, (("H(p)", 2.9), ("KL(p ‖ p_θ)", 0.05), ("gap of the bound", 0.05)), (), -2.95, 0.2)
    done, said = page.draw(known)
    assert (done, said) == (0.2, "A VAE. −ELBO 3.000 nats, of which 2.900 are the data's own.")
    bars = [item for _, item in page.passing if hasattr(item, "opts")]
    begins = [bar.opts["x0"][0] for bar in bars]
    assert begins[:3] == [0.0, -0.5, 2.0]
    assert begins[3:] == pytest.approx([0.0, 2.9, 2.95])
    page.draw(Nats(code, known.law, ((1, -3.0), (10, -2.97)), -2.95, 1.0))
    assert len([item for _, item in page.passing if hasattr(item, "opts")]) == 6, "bars are drawn once"
    assert list(page.curves["bounds"].getOriginalDataset()[1]) == [-3.0, -2.97]
    page.clear()
    assert not page.passing


def test_the_exact_score_has_no_code(three_modes):
    assert "Ctrl+T" in WhereNatsGo.refusal(three_modes)
    assert WhereNatsGo.refusal(load_scene("one-latent")) == ""
