"""Formulas: read as written, refused with the place, evaluated alike by NumPy and torch, never run as a program."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.scene.formula import FormulaError, Node, evaluate, names, parse
from visualizer.scene.formula_tex import as_tex, as_tex_lines

X, Y = 1.7, -0.6
VALUES = [
    ("-(x^2-4)^2/4 - y^2", -((X**2 - 4) ** 2) / 4 - Y**2),
    ("-x^2", -(X**2)),
    ("2^3^2", 512.0),
    ("2**-1", 0.5),
    ("-2^2", -4.0),
    ("(-2)^2", 4.0),
    ("2x(x+1)", 2 * X * (X + 1)),
    ("2 x y", 2 * X * Y),
    ("x/y/2", X / Y / 2),
    ("1 - 2 - 3", -4.0),
    ("--x", X),
    ("exp(-x^2/2)/sqrt(2 pi)", math.exp(-X * X / 2) / math.sqrt(2 * math.pi)),
    ("log(x) + ln(x) + log1p(x) + expm1(x)", 2 * math.log(X) + math.log1p(X) + math.expm1(X)),
    ("sin(x) cos(y) + tan(x) - atan(y)", math.sin(X) * math.cos(Y) + math.tan(X) - math.atan(Y)),
    ("abs(y) + min(x, y) + max(x, 3)", 0.6 - 0.6 + 3),
    ("logaddexp(x, y)", math.log(math.exp(X) + math.exp(Y))),
    ("sinh(x) - cosh(y)·tanh(x)", math.sinh(X) - math.cosh(Y) * math.tanh(X)),
    ("1.5e-1x − π + e", 0.15 * X - math.pi + math.e),
    ("a*x + b_1", 3 * X - 2),
    ("-x² + 2y⁻¹ - (x+1)¹⁰", -(X**2) + 2 / Y - (X + 1) ** 10),
    ("a²x³", 9 * X**3),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_formulas_mean_what_they_say(text, value):
    tree = parse(text)
    given_names = {"x": np.array([X]), "y": np.array([Y]), "a": 3.0, "b_1": -2.0}
    assert float(np.ravel(evaluate(tree, given_names, np, np.float64))[0]) == pytest.approx(value, rel=1e-12)
    tensors = {k: torch.tensor(float(np.ravel(v)[0]), dtype=torch.float64) for k, v in given_names.items()}
    constant = lambda v: torch.tensor(v, dtype=torch.float64)  # noqa: E731  # as the engine does it
    assert float(evaluate(tree, tensors, torch, constant)) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "expected a formula"),
        ("x + ²", 5, "expected a number"),
        ("-x" + "⁹" * 200, 3, "a number up to 1e\\+100"),
        ("-x^1e400", 4, "a number up to 1e\\+100"),
        ("x+", 3, "ends too early"),
        ("(x", 1, "never closed"),
        ("log(x", 4, "never closed"),
        ("x)", 2, "not expected"),
        ("3 # 4", 3, "means nothing"),
        ("x = 2", 3, "means nothing"),
        ("min(x)", 1, "two arguments"),
        ("sin(x, y)", 1, "one argument"),
        ("sin x", 1, "expected '.' after sin"),
        ("*x", 1, "expected a number"),
        ("x.real", 2, "means nothing"),
        ("x[0]", 2, "means nothing"),
        ("'a'", 1, "means nothing"),
        ("x" * 1001, 1000, "at most 1000"),
        ("(" * 80 + "x" + ")" * 80, None, "parentheses"),
        ("+".join(["x"] * 450), None, "at most 400"),
        ("^".join(["2"] * 80), None, "powers"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(text, column, words):
    with pytest.raises(FormulaError, match=words) as caught:
        parse(text)
    assert column is None or caught.value.column == column


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet="xyab01.29+-*/^(), πelogsincabtmx_#=[]'\"\\{}é\n\t", max_size=80))
def test_any_text_is_a_formula_or_a_sentence(text):
    """Nothing crashes, hangs or is executed; what is read can be set and evaluated."""
    try:
        tree = parse(text)
    except FormulaError as error:
        column = error.column
    else:
        column = 1
        assert as_tex(tree)
        with np.errstate(all="ignore"):
            values = {n: np.linspace(0.1, 2, 5) for n in names(tree)}
            evaluate(tree, values, np, np.float64)
    assert 1 <= column <= len(text) + 1


def test_names_and_tex():
    tree = parse("-a*(x - b)^2/2 + sqrt(abs(y))")
    assert names(tree) == {"a": 2, "x": 5, "b": 9, "y": 27}
    assert as_tex(tree) == r"\frac{-a\,(x - b)^{2}}{2} + \sqrt{\left|y\right|}"


def read_again(tex):
    """TeX as a formula is typed, by what it looks like: fractions and braces become parentheses."""
    marks = {
        r"\left(": "(",
        r"\right)": ")",
        r"\,": "*",
        r" \cdot ": "*",
        r"\pi": "pi",
        r"\left|": "abs(",
        r"\right|": ")",
    }
    for mark, text in marks.items():
        tex = tex.replace(mark, text)
    tex = re.sub(r"\\mathrm\{(\w+)\}", r"\1", tex)
    tex = re.sub(r"\\(log|sin|cos|tanh)", r"\1", tex)
    inner = re.compile(r"\\frac<([^<>]*)><([^<>]*)>|\\sqrt<([^<>]*)>|\^<([^<>]*)>")
    tex = tex.replace("{", "<").replace("}", ">")
    while True:
        again = inner.sub(
            lambda m: (
                f"(({m[1]})/({m[2]}))" if m[1] is not None else f"sqrt({m[3]})" if m[3] is not None else f"^({m[4]})"
            ),
            tex,
        )
        if again == tex:
            return tex
        tex = again


LEAF = st.sampled_from(["x", "a", "pi", "e"]).map(Node) | st.sampled_from([0.5, 2.0, 3.0, 12345678.0, 1e-7]).map(
    lambda v: Node("number", value=v)
)
TREE = st.recursive(
    LEAF,
    lambda t: (
        st.builds(lambda k, a, b: Node(k, (a, b)), st.sampled_from("+-*/^"), t, t)
        | st.builds(lambda k, a: Node(k, (a,)), st.sampled_from(["neg", "exp", "sqrt", "abs", "log", "sin"]), t)
        | st.builds(lambda a, b: Node("max", (a, b)), t, t)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(TREE)
def test_what_is_set_means_what_was_typed(tree):
    """TeX read as one reads it, and evaluated, is the formula: no parenthesis is missing."""
    values = {"x": np.array([0.7, 1.9]), "a": np.array([1.3, 0.4])}
    tex = as_tex(tree).replace(r"\max", "max")
    with np.errstate(all="ignore"):
        wanted = evaluate(tree, values, np, np.float64)
        found = evaluate(parse(read_again(tex)), values, np, np.float64)
    np.testing.assert_allclose(*np.broadcast_arrays(found, wanted), rtol=1e-9)


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("x*(-2)", r"x\,(-2)"),
        ("x*-x", r"x\,(-x)"),
        ("(x/2)^2", r"\left(\frac{x}{2}\right)^{2}"),
        ("exp(-x)^2", r"\left(e^{-x}\right)^{2}"),
        ("12345678*x", r"12345678\,x"),
        ("2.5e-7*x", r"2.5 \cdot 10^{-7}\,x"),
        ("log(x)^2", r"(\log(x))^{2}"),
        ("-x*y", r"-x\,y"),
        ("1e15*x", r"10^{15}\,x"),
    ],
)
def test_signs_powers_and_large_numbers_are_set_right(text, tex):
    assert as_tex(parse(text)) == tex


def test_what_is_nested_too_deep_is_not_set():
    deep = "x"
    for _ in range(12):
        deep = f"1 + x*({deep})^2"
    assert as_tex_lines(parse(deep)) == ()
    assert as_tex_lines(parse("1 + x*(1 + x*(1 + x))"))


def test_an_unknown_function_is_no_product():
    """`k(x - 1)` is a product, as in a book; a word before a parenthesis is a function that there is not."""
    assert as_tex(parse("k(x - 1)")) == as_tex(parse("k*(x - 1)"))
    assert as_tex(parse("pi(x + 1)")) == as_tex(parse("pi*(x + 1)"))
    with pytest.raises(FormulaError, match=r"no function erf; to multiply, write erf\*") as caught:
        parse("-x^2 + erf(x)")
    assert caught.value.column == 8


def test_long_sums_are_set_in_lines():
    text = "-(x^2 - 4)^2/4 - y^2 + 0.3*x*y - sin(x)*cos(y) + (x - y)^4/100 - exp(-x^2 - y^2)"
    lines = as_tex_lines(parse(text))
    assert len(lines) > 2
    joined = "".join(lines).replace(r"\quad ", "").replace(" ", "")
    assert joined == as_tex(parse(text)).replace(" ", "")
    assert as_tex_lines(parse("-x^2")) == (as_tex(parse("-x^2")),)


#: As people paste them, and what they mean.
PASTED = [
    (r"-\frac{1}{2}x^2", "-x^2/2"),
    (r"-\left(x^2+y^2\right)", "-(x^2+y^2)"),
    ("-x²/(2σ²) - log(σ√(2π))", "-x^2/(2*σ^2) - log(σ*sqrt(2*pi))"),
    (r"-\frac{x^{2}}{2\sigma^{2}} - \log(\sigma\sqrt{2\pi})", "-x^2/(2*σ^2) - log(σ*sqrt(2*pi))"),
    (r"-\exp\left(x\right) \cdot y", "-exp(x)*y"),
    ("-np.abs(x) - torch.cos(y)", "-abs(x) - cos(y)"),
    ("-|x|", "-abs(x)"),
    ("-2|x - |y||", "-2*abs(x - abs(y))"),
    ("-|x|(|y|)", "-abs(x)*abs(y)"),
    ("max(-(x-2)^2, -(x+2)^2, -x^2)", "max(max(-(x-2)^2, -(x+2)^2), -x^2)"),
    ("-x^2 + log(sigmoid(3*x))", "-x^2 - log(1+exp(-3*x))"),
    ("-softplus(x) - relu(y)", "-log(1+exp(x)) - max(y, 0)"),
]


@pytest.mark.parametrize(("pasted", "meant"), PASTED)
def test_what_is_pasted_from_papers_and_programs_is_understood(pasted, meant):
    x = np.linspace(-3, 3, 25)
    values = {"x": x, "y": 0.7 - x / 2, "σ": np.float64(1.3)}
    one, other = (evaluate(parse(text), values, np, np.float64) for text in (pasted, meant))
    np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


def test_functions_that_are_made_of_others_do_not_overflow():
    x = np.array([-1000.0, 1000.0])
    found = evaluate(parse("log(sigmoid(x))"), {"x": x}, np, np.float64)
    np.testing.assert_array_equal(found, [-1000.0, 0.0])


@pytest.mark.parametrize("text", ["|x", "x|", "||", "\\frac{x}", "\\frac", "√", "\\left", "np.", "-|x|y|", "{x", "x}"])
def test_what_is_pasted_in_part_is_told_with_its_column(text):
    with pytest.raises(FormulaError):
        parse(text)
