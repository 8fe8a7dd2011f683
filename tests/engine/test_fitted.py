"""The fitted mixture in the picture: the numbers of the fit, lines where q is, and a drag that is followed."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.diagnostics.fits import fit, surprise
from visualizer.engine.frame import Viewport
from visualizer.engine.stage import Stage
from visualizer.scene import parse_scene
from visualizer.scene.compare import add_picture, picture, with_picture
from visualizer.scene.files import dump_scene

VIEW = Viewport(-8.0, 8.0, -8.0, 8.0, 200, 200)


@pytest.mark.parametrize("kind", ["covering", "seeking"])
def test_the_picture_tells_what_the_fit_is(three_modes, kind):
    scene = three_modes.with_(fit={"kind": kind}, sampler={"kind": "langevin", "sigma": 0.5})
    stage = Stage(scene, "cpu")
    shown = stage.picture(VIEW).fitted
    p = stage.simulation.density.noised(1.0, 0.5)
    q = fit(p, kind, 1)
    found = surprise(p, q)
    assert shown.kind == kind
    assert (shown.entropy, shown.forward_kl, shown.reverse_kl) == pytest.approx(
        (found.entropy, found.forward_kl, found.reverse_kl), abs=1e-9
    )
    centre = np.concatenate(shown.contours[:1]).mean(0)
    assert centre == pytest.approx(q.means[0].numpy(), abs=0.3)
    assert stage.picture(VIEW).fitted is shown  # nothing has changed: nothing is done again


def test_in_one_dimension_q_is_a_curve_that_is_a_density(two_wells):
    scene = two_wells.with_(fit={"kind": "covering", "components": 2}, view={"picture": "line", "t": 0.0})
    shown = Stage(scene, "cpu").picture(Viewport(-6.0, 6.0, 0, 1, 300, 200)).fitted
    x, density = shown.curve
    assert np.trapezoid(density, x) == pytest.approx(1.0, abs=1e-3)
    assert shown.forward_kl < 1e-3


def test_a_drag_is_followed_from_the_fit_before(three_modes):
    scene = three_modes.with_(fit={"kind": "seeking"})
    stage = Stage(scene, "cpu")
    before = stage.picture(VIEW).fitted
    target = scene.target.with_(means=((-2.0, 1.0), *scene.target.means[1:]))
    stage.edit(scene.with_(target=target))
    after = stage.picture(VIEW, dragging=True).fitted
    moved = np.concatenate(after.contours[:1]).mean(0) - np.concatenate(before.contours[:1]).mean(0)
    assert moved == pytest.approx((0.6, -0.6), abs=0.1)


def test_no_fit_unless_it_is_asked_for(three_modes):
    assert Stage(three_modes, "cpu").picture(VIEW).fitted is None


def test_a_picture_has_a_fit_of_its_own(three_modes):
    scene = add_picture(three_modes)
    own = scene.with_(panels=(scene.panels[0].with_(fit={"kind": "covering"}), scene.panels[1]))
    assert [p.fit.kind for p in own.resolved_panels()] == ["covering", "none"]
    after = with_picture(own, 0, picture(own, 0).with_(fit={"kind": "seeking", "components": 2}))
    assert after.panels[0].fit.kind == "seeking"
    assert after.fit.kind == "none"
    assert parse_scene(dump_scene(after)) == after


def test_moving_the_view_does_not_fit_again(three_modes, monkeypatch):
    stage = Stage(three_modes.with_(fit={"kind": "covering"}), "cpu")
    before = stage.picture(VIEW).fitted
    monkeypatch.setattr("visualizer.engine.fitted.fit", lambda *a: pytest.fail("q is the same"))
    after = stage.picture(Viewport(-2.0, 9.0, -3.0, 8.0, 200, 200)).fitted
    assert after.entropy == before.entropy
    assert after.contours[0].shape != before.contours[0].shape or (after.contours[0] != before.contours[0]).any()
