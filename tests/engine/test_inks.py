"""A layer says in which colour it is drawn, and is."""

from __future__ import annotations

import pytest

from visualizer.engine.drawings import Arrows, Curve, Lines
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import DARK
from visualizer.engine.stage import Stage
from visualizer.scene.layers import LAYERS
from visualizer.scene.presets import load_scene

VIEW = Viewport(-5.0, 5.0, -4.0, 4.0, 200, 160)


@pytest.mark.parametrize("scene", ["trapped", "reverse-river", "one-latent"])
def test_what_is_drawn_has_the_colour_that_is_said(scene):
    scene = load_scene(scene).with_(particles={"count": 50})
    d = scene.target.d
    names = tuple(n for n in LAYERS if LAYERS[n].ink and LAYERS[n].of(d) is not None)
    key = "plane" if d == 2 else "line"
    stage = Stage(scene.with_(layers=scene.layers.with_(**{key: names})), "cpu")
    stage.simulation.advance(3)
    picture = stage.picture(VIEW)
    followed = scene.field.kind == "learned"
    seen = 0
    for name, drawings in picture.layers.items():
        if name not in names:
            continue
        inks = {d.pen.colour for d in drawings if isinstance(d, Lines | Arrows | Curve)}
        ink = "learned" if followed and LAYERS[name].follows else LAYERS[name].ink
        if inks:
            seen += 1
            assert ink in inks, f"{name}: {inks}"
    assert seen >= 4
    assert all(hasattr(DARK, LAYERS[n].ink) for n in LAYERS if LAYERS[n].ink)
