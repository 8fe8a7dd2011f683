"""The fitted mixture in the picture: the numbers of the fit, lines where q is, and a drag that is followed."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.pictures import Seen
from visualizer.diagnostics.fits import fit, surprise
from visualizer.engine.drawings import Curve, Lines
from visualizer.engine.frame import Viewport
from visualizer.engine.stage import Stage
from visualizer.scene import parse_scene
from visualizer.scene.compare import add_picture, picture, with_picture
from visualizer.scene.files import dump_scene

VIEW = Viewport(-8.0, 8.0, -8.0, 8.0, 200, 200)


def fit_in(stage, view=VIEW, *, dragging=False):
    """The fit that the picture shows, which is drawn and told in it."""
    picture = Seen(stage.picture(view, dragging=dragging))
    shown = stage.fitter.shown
    assert (shown is None) == (picture.one("fit", Curve if view.y1 == 1 else Lines) is None)
    if picture.readout is not None:
        assert picture.readout["H(p)"] == f"{shown.entropy:.3f} nats"
    return shown


@pytest.mark.parametrize("kind", ["covering", "seeking"])
def test_the_picture_tells_what_the_fit_is(three_modes, kind):
    scene = three_modes.with_(fit={"kind": kind}, sampler={"kind": "langevin", "sigma": 0.5})
    stage = Stage(scene, "cpu")
    shown = fit_in(stage)
    p = stage.simulation.density.noised(1.0, 0.5)
    q = fit(p, kind, 1)
    found = surprise(p, q)
    assert shown.kind == kind
    assert (shown.entropy, shown.forward_kl, shown.reverse_kl) == pytest.approx(
        (found.entropy, found.forward_kl, found.reverse_kl), abs=1e-9
    )
    centre = np.concatenate(shown.contours[:1]).mean(0)
    assert centre == pytest.approx(q.means[0].numpy(), abs=0.3)
    assert fit_in(stage) is shown  # nothing has changed: nothing is done again


def test_in_one_dimension_q_is_a_curve_that_is_a_density(two_wells):
    scene = two_wells.with_(fit={"kind": "covering", "components": 2}, view={"picture": "line", "t": 0.0})
    shown = fit_in(Stage(scene, "cpu"), Viewport(-6.0, 6.0, 0, 1, 300, 200))
    x, density = shown.curve
    assert np.trapezoid(density, x) == pytest.approx(1.0, abs=1e-3)
    assert shown.forward_kl < 1e-3


def test_a_drag_is_followed_from_the_fit_before(three_modes):
    scene = three_modes.with_(fit={"kind": "seeking"})
    stage = Stage(scene, "cpu")
    before = fit_in(stage)
    target = scene.target.with_(means=((-2.0, 1.0), *scene.target.means[1:]))
    stage.edit(scene.with_(target=target))
    after = fit_in(stage, dragging=True)
    moved = np.concatenate(after.contours[:1]).mean(0) - np.concatenate(before.contours[:1]).mean(0)
    assert moved == pytest.approx((0.6, -0.6), abs=0.1)


def test_a_fit_that_takes_long_comes_later_and_the_last_is_shown_meanwhile(three_modes):
    """Pictures do not wait; what is not wanted any more is not waited for, either."""
    scene = three_modes.with_(fit={"kind": "seeking", "components": 3})
    with ThreadPoolExecutor(1) as pool:
        stage = Stage(scene, "cpu", background=pool)
        assert fit_in(stage) is None
        assert stage.picture(VIEW).fitting
        assert stage.busy
        while not stage.refresh():
            time.sleep(0.01)
        shown = fit_in(stage)
        assert not stage.picture(VIEW).fitting
        assert not stage.busy
        waited = fit_in(Stage(scene, "cpu"))
        assert shown.reverse_kl == waited.reverse_kl
        # A drag is followed from the last one, and nothing that was made before takes its place.
        for x in (-2.2, -2.4):
            stage.edit(scene.with_(target=scene.target.with_(means=((x, 1.0), *scene.target.means[1:]))))
            dragged = fit_in(stage, dragging=True)
            assert not stage.busy
            exact = surprise(stage.simulation.density, fit(stage.simulation.density, "seeking", 3))
            assert dragged.entropy == pytest.approx(exact.entropy, abs=0.01)
            assert not dragged.final
        # At rest a better one is made; until then the one of the drag is shown.
        assert fit_in(stage) is dragged
        while not stage.refresh():
            time.sleep(0.01)
        assert fit_in(stage).final
        # Moved on twice: the one in between is dropped, and numbers of another p are not shown.
        for x in (-2.0, -1.5):
            stage.edit(scene.with_(target=scene.target.with_(means=((x, 1.0), *scene.target.means[1:]))))
            assert fit_in(stage) is None
            assert stage.picture(VIEW).fitting
        while not stage.refresh():
            time.sleep(0.01)
        last = fit_in(stage)
        assert not stage.busy
        assert last.entropy == fit_in(Stage(stage.simulation.scene, "cpu")).entropy
        # Another kind of fit is not what was shown.
        stage.edit(stage.simulation.scene.with_(fit={"kind": "covering", "components": 2}))
        assert fit_in(stage) is None
        stage.stop()
        assert not stage.busy


def test_a_mixture_of_many_components_has_a_fit_too(three_modes):
    g = np.random.default_rng(0)
    means = g.normal(0, 2, (600, 2)).round(3).tolist()
    target = {"kind": "mixture", "weights": [1.0] * 600, "means": means, "covariances": [[[0.2, 0], [0, 0.2]]] * 600}
    scene = three_modes.with_(target=target, fit={"kind": "covering", "components": 1}, particles={"count": 100})
    shown = fit_in(Stage(scene, "cpu"))
    cov = np.cov(np.array(means).T, bias=True) + 0.2 * np.eye(2)
    # A Gaussian with the moments: H(p, q) = log 2π + ½ log |Σ| + 1.
    assert shown.cross_entropy == pytest.approx(math.log(2 * math.pi) + 0.5 * np.linalg.slogdet(cov)[1] + 1, abs=1e-3)


def test_no_fit_unless_it_is_asked_for(three_modes):
    assert fit_in(Stage(three_modes, "cpu")) is None


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
    before = fit_in(stage)
    monkeypatch.setattr("visualizer.engine.pictures.fitted.fit", lambda *a: pytest.fail("q is the same"))
    after = fit_in(stage, Viewport(-2.0, 9.0, -3.0, 8.0, 200, 200))
    assert after.entropy == before.entropy
    assert after.contours[0].shape != before.contours[0].shape or (after.contours[0] != before.contours[0]).any()
