"""Colours that mean something can be told apart, by everybody and on every ground."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from visualizer.engine.palette import THEMES, rgb, to_oklab

ROLES = ("density", "particles", "score", "noise", "learned", "error")
#: Complete protanopia, deuteranopia and tritanopia in linear RGB (Machado, Oliveira & Fernandes 2009, severity 1).
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
#: Differences in OKLab: 0.02 is just noticeable.
APART = 0.055


def linear(colour):
    c = np.array(rgb(colour)) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def seen(colour, sight):
    light = np.clip(np.array(SIGHT[sight]) @ linear(colour), 0, 1)
    return to_oklab(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055))


def contrast(a, b):
    """WCAG 2.1 contrast ratio."""
    light = sorted((float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b)), reverse=True)
    return (light[0] + 0.05) / (light[1] + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_roles_are_told_apart_with_any_sight(theme, sight):
    t = THEMES[theme]
    for a, b in combinations(ROLES, 2):
        difference = np.linalg.norm(seen(getattr(t, a), sight) - seen(getattr(t, b), sight))
        assert difference > APART, (a, b, difference)


@pytest.mark.parametrize("theme", THEMES)
def test_text_and_lines_stand_out_from_their_ground(theme):
    t = THEMES[theme]
    for ground in (t.window, t.card, t.canvas):
        assert contrast(t.text, ground) > 7
        assert contrast(t.muted, ground) > 4.5
    for role in ROLES:
        assert contrast(getattr(t, role), t.canvas) > 3


def test_the_outline_that_is_painted_first_has_the_colours_of_the_dark_theme():
    from visualizer.gui import app

    dark = THEMES["dark"]

    assert (dark.window, dark.canvas, dark.card, dark.line) == (app._WINDOW, app._CANVAS, app._CARD, app._LINE)
