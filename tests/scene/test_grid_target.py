"""Targets as formulas and shapes: what is a density is found wherever it lies, what is none is refused in a sentence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.scene import SceneError, dump_scene, parse_scene
from visualizer.scene.shapes import SHAPES
from visualizer.scene.support import DEPTH
from visualizer.scene.targets.formula import FormulaTarget
from visualizer.scene.targets.shape import ShapeTarget


def scene(lines):
    return parse_scene(f"[target]\n{lines}\n")


def typed(text, **more):
    return FormulaTarget(log_density=text, **more)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        # Gaussians are DEPTH nats down at √(2·DEPTH) standard deviations.
        ("-x^2/2", [(-6, 6)]),
        ("-(x - 400)^2/2 - (y + 300)^2/0.02", [(394, 406), (-300.6, -299.4)]),
        ("-abs(x)", [(-18, 18)]),
        ("-1e6*x^2 - y^2", [(-0.00424, 0.00424), (-4.24, 4.24)]),
        ("-x^4 - (y/1000)^2/2", [(-2.06, 2.06), (-6000, 6000)]),
    ],
)
def test_the_box_is_found(text, box):
    found = typed(text).support
    assert math.sqrt(2 * DEPTH) == 6
    for (a, b), (low, high) in zip(found.box, box, strict=True):
        width = high - low
        assert a == pytest.approx(low, abs=0.08 * width)
        assert b == pytest.approx(high, abs=0.08 * width)
        assert a <= low + 0.01 * width
        assert b >= high - 0.01 * width
    assert found.values.max() == 0


def test_the_extent_is_that_of_so_many_standard_deviations():
    for (a, b), std in zip(typed("-x^2/2 - y^2/8").extent(3.0), (1.0, 2.0), strict=True):
        assert (a, b) == pytest.approx((-3 * std, 3 * std), abs=0.06 * std)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('log_density = "x^2"', r"does not integrate.* As an energy U it would do: write -\(x\^2\)"),
        ('log_density = "x^2*y"', r"does not integrate: (?!.*energy)"),
        ('log_density = "-x^2 + 0*y"', "does not integrate"),
        ('log_density = "-log(1 + x^2)"', "too slowly"),
        ('log_density = "0*x"', "does not integrate"),
        ('log_density = "1/abs(x) - x^2"', "narrower|infinite"),
        ('log_density = "1/(x - x)"', "infinite|not a real number"),
        ('log_density = "sqrt(x) - x^2"', "not a real number at x = -"),
        ('log_density = "(-2)^0.5 - x^2"', "not a real number"),
        ('log_density = "9^9^9^9 - x^2"', "infinite"),
        ('log_density = "-9^9^9^9 - x^2"', "minus infinity everywhere"),
        ('log_density = "-x^2 + z"', "column 8: z is unknown"),
        ('log_density = "-y^2"', "a formula in x"),
        ('log_density = "-x^2 +"', "column 7"),
        ('log_density = "-1e14*(x-0.1)^2"', "narrower"),
        ('log_density = "-x^2"\nparameters = { sin = 1.0 }', "has a meaning"),
        ('log_density = "-x^2"\nparameters = { "a b" = 1.0 }', "a name of at most 20"),
        ('log_density = "-(x^2-4)^2/4 + 2.5*y^2"', "does not integrate: along y"),
        ('log_density = "-x^2"\nbox = [[1, 0]]', "low < high"),
        ('log_density = "-x^2"\nbox = [[-1, 1], [-1, 1]]', "each of 1"),
        ('log_density = "-x^2"\nfile = "x"', "unknown key"),
    ],
)
def test_what_is_no_density_is_refused_in_a_sentence(lines, words):
    with pytest.raises(SceneError, match=words):
        scene('kind = "formula"\n' + lines)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("-x^2*(x - 20)^2/40", [(0,), (20,)]),
        ("logaddexp(-x^2/2, 5 - (x - 50)^2/2)", [(0,), (50,)]),
        ("logaddexp(-(x^2 + y^2)/2, -((x - 30)^2 + y^2)/2)", [(0, 0), (30, 0)]),
        ("logaddexp(-(x/9)^2/2, -((x + 900)/9)^2/2)", [(0,), (-900,)]),
    ],
)
def test_modes_far_from_each_other_are_all_in_the_box(text, places):
    found = typed(text).support
    for place in places:
        assert all(a < v < b for v, (a, b) in zip(place, found.box, strict=True))
    width = [b - a for a, b in found.box]
    apart = [max(p[i] for p in places) - min(p[i] for p in places) for i in range(len(width))]
    assert all(w < 1.5 * v + 60 for w, v in zip(width, apart, strict=True))


@pytest.mark.parametrize(
    ("text", "box", "words"),
    [
        ("-x^2/2", [[-1e6, 1e6]], "narrower than a grid can show"),
        ("-x^2/2", [[100, 101]], "lie outside of the box"),
        ("-x^2/2", [[-2, 2]], "4.5 % of it lie outside"),
        ("-x^2/2", [[0, 1e-300]], "narrower than a grid can show"),
        ("-x", [[0, 20]], "lie outside of the box"),
        ("-x^2/2", [[-4, 2]], "2.3 % of it lie outside"),
        ("log(exp(-x^2/2) + 1000*exp(-((x - 1.3017)/1e-4)^2/2))", None, "too narrow for a grid that holds all of it"),
    ],
)
def test_boxes_that_do_not_fit_are_refused(text, box, words):
    with pytest.raises(ValueError, match=words):
        typed(text, box=box)


def test_a_box_may_end_where_the_density_does():
    assert typed("log(max(x, 1e-12)) - x^2/2", box=[[0, 8]]).support.box == ((0, 8),)
    assert typed("-x^2/2", box=[[-4, 4]]).support.box == ((-4, 4),)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="xya12.+-*/^()expsqrtlog ", max_size=40))
def test_any_formula_is_a_density_or_is_refused(text):
    try:
        target = FormulaTarget(log_density=text, parameters={"a": 1.0})
    except ValueError:
        return
    assert np.isfinite(target.support.values.max())


@pytest.mark.parametrize("name", list(SHAPES))
def test_shapes_have_a_place_and_survive_a_file(name):
    found = scene(f'kind = "shape"\nname = "{name}"')
    assert found.target.d == SHAPES[name].d
    assert all(b - a > 1 for a, b in found.target.extent(3.0))
    assert parse_scene(dump_scene(found)) == found


def test_a_formula_survives_a_file():
    text = 'kind = "formula"\nlog_density = "-(x^2 - a)^2 - y^2"\nparameters = { a = 1.5 }\nbox = [[-4, 4], [-5, 5]]'
    found = scene(text)
    assert parse_scene(dump_scene(found)) == found
    assert found.target.support.box == ((-4, 4), (-5, 5))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('name = "moon"', "two-moons"),
        ('name = "donut"\nnoise = 0.2', "no lines"),
        ('name = "two-moons"\nnoise = 1e-9', "greater than or equal"),
        ('name = "rings"\ndimension = 4', "only norm"),
    ],
)
def test_faulty_shapes_are_refused(lines, words):
    with pytest.raises(SceneError, match=words):
        scene('kind = "shape"\n' + lines)


def test_what_needs_components_is_refused():
    text = '[target]\nkind = "shape"\nname = "donut"\n'
    with pytest.raises(SceneError, match="another start"):
        parse_scene('[field]\nkind = "learned"\nfile = "a.onnx"\n[particles]\nstart = { kind = "mode", index = 0 }\n')
    with pytest.raises(SceneError, match="a class of the target"):
        parse_scene(text + '[guidance]\nkind = "class"\nlabel = 0\n')
    assert ShapeTarget(name="donut").components == 0
