"""The latent space and the strip of parts, as they are shown and opened."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from visualizer.engine.findings.anatomy import Anatomy, Organ
from visualizer.engine.findings.latents import Latents, Posterior
from visualizer.gui.experiments.latents import LatentSpace, carried_to
from visualizer.scene import load_scene


def known(latent=2, d=2, **more):
    axis = np.linspace(-4, 4, 61 if latent == 2 else 401).astype(np.float32)
    z = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1) if latent == 2 else axis[:, None]
    carried = (2 * z if latent == d else np.repeat(z, d, -1)).astype(np.float32)  # g(z) = 2 z, or (z, z)
    rng = np.random.default_rng(0)
    data, codes = (rng.normal(size=(40, k)).astype(np.float32) for k in (d, latent))
    modes = np.arange(40) % 3
    facts = (
        "A VAE",
        data,
        modes,
        codes,
        np.ones_like(codes),
        codes,
        0.5,
        axis,
        carried,
        data,
        data,
        (0.02, 0.001),
        True,
    )
    return Latents(*facts)


@pytest.fixture
def page(make_window, three_modes, qtbot):
    made = LatentSpace(make_window(three_modes).desk, "A VAE")
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(("latent", "d"), [(2, 2), (1, 2), (1, 1)])
def test_what_is_known_is_drawn_and_a_code_is_carried(page, latent, d):
    done, said = page.draw(known(latent, d))
    assert done == 1.0
    assert said == "A VAE. Junk, where p has hardly any mass: 2.0% of z from p(z) and 0.1% of z from q(z)."
    assert page.passing
    v = known(latent, d)
    np.testing.assert_allclose(carried_to(v, (0.63, -0.4)[:latent])[0], 1.26 if latent == d else 0.63, rtol=1e-4)
    page._point_at_code(v, 0.5, 0.25)
    x, y = page.curves["places"].getData()
    if d == 2:
        middle = (1.0, 0.5) if latent == 2 else (0.5, 0.5)
        np.testing.assert_allclose(np.hypot(x - middle[0], y - middle[1]), 0.5, rtol=1e-4)
    else:
        np.testing.assert_allclose(x, [0.5, 1.5], rtol=1e-4)
    for choice in ("", "of_codes"):
        page.drawn.show_value(choice)
        page._show()
    page.clear()
    assert not page.passing


def test_the_newest_place_is_asked_for_and_shown_in_both(page, monkeypatch):
    page.draw(known())
    asked = []
    monkeypatch.setattr(
        page.desk.player, "ask", lambda owner, errand, done, failed: asked.append((errand, done, failed))
    )
    for x in (0.1, 0.2, 0.3):
        page._point_at_data(page._known, x, 1.0)
    assert [errand.arguments[2] for errand, *_ in asked] == [(0.1, 1.0)]
    ring = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    asked[0][1](Posterior((0.1, 1.0), None, (ring,), np.array([1.0, 2.0]), np.array([0.5, 0.1]), 0.25))
    assert [errand.arguments[2] for errand, *_ in asked] == [(0.1, 1.0), (0.3, 1.0)]
    assert page.status.text().startswith("At this x the encoder is 0.25 nats from the exact posterior.")
    x, y = page.curves["encoder"].getData()
    assert np.nanmax(x) == pytest.approx(2.0, abs=0.01)  # 1 + 2 · 0.5
    assert np.nanmax(y) == pytest.approx(2.2, abs=0.01)
    np.testing.assert_allclose(page.curves["exact"].getData()[0][:3], [1, 0, -1])
    asked[1][2](ValueError("gone"))
    assert page.status.text() == "gone"


def test_what_is_no_autoencoder_is_refused(three_modes):
    assert "exact score is followed" in LatentSpace.refusal(three_modes)
    assert LatentSpace.refusal(load_scene("one-latent")) == ""


# the strip above the picture


def organs():
    points = np.random.default_rng(0).random((50, 2)).astype(np.float32)
    modes = np.arange(50) % 3
    image = np.full((4, 4, 4), 90, np.uint8)
    return Anatomy((
        Organ("data", "", points, modes),
        Organ("codes, q(z)", "encoder", points, modes, "latents"),
        Organ("noise", "", points, modes, "stroke:0"),
        Organ("samples", "decoder", points, modes, "stroke:2"),
        Organ("D", "D", points, modes * 0, "layer:denoiser", image),
    ), "A model", 2)  # fmt: skip


def test_the_strip_shows_the_parts_of_what_is_followed(make_window, qtbot):
    window = make_window(load_scene("two-latents"))
    strip = window.desk.anatomy
    assert strip.isHidden()
    window.commands.toggle_anatomy()
    qtbot.waitUntil(lambda: strip.shown is not None)
    assert strip.accessibleDescription() == "data, codes, q(z), noise, samples"
    first = strip.shown
    scene = window.desk.scene
    window.desk.store.edit(scene.with_(seed=scene.seed + 1), "seed")
    qtbot.waitUntil(lambda: strip.shown is not first)
    window.commands.toggle_anatomy()
    assert not strip.runner.running


def test_a_click_and_return_open_a_part_in_the_big_picture(make_window, three_modes, qtbot, monkeypatch):
    window = make_window(three_modes)
    strip = window.desk.anatomy
    monkeypatch.setattr(strip.runner, "start", lambda errand: None)
    strip.setVisible(True)
    strip.show_anatomy(organs())
    strip.resize(900, strip.height())
    opened = []
    strip.opened.connect(opened.append)
    places = strip.places()
    assert len({place.width() for place in places}) == 1
    assert places[-1].right() < 900
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=places[3].center())
    assert opened == ["stroke:2"]
    assert window.desk.scene.sampler.kind == "strokes"
    assert window.desk.scene.sampler.strokes == 2
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 2 * window.desk.scene.sampler.frames)
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Return)
    assert "denoiser" in window.desk.scene.layers.plane
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=places[0].center())
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert opened == ["stroke:2", "layer:denoiser"], "the data open nothing"
    picture = strip.grab().toImage()
    inside = places[4].adjusted(4, 4, -4, -4)
    assert picture.pixelColor(inside.topLeft()).name() != window.desk.theme.canvas


def test_without_a_target_the_strip_says_so(make_window, qtbot):
    window = make_window(load_scene("trapped"))
    strip = window.desk.anatomy
    strip.setVisible(True)
    strip._failed(ValueError("no model"))
    assert strip.shown is None
    assert strip._said == "no model"
    strip.grab()
