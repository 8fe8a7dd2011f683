"""Formulas as text: read by a parser of our own into a small tree, never evaluated as a program."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

#: Letters of a formula, at most.
MAX_LENGTH = 1000
#: Nodes of its tree, at most.
MAX_NODES = 400
#: Depth of its tree, at most.
MAX_DEPTH = 60
#: The largest number in it.
MAX_NUMBER = 1e100
#: Names that mean something in themselves; functions of one argument are called alike in NumPy and torch.
CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}
UNARY = ("exp", "log", "sqrt", "abs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "log1p", "expm1")
BINARY = {"min": "minimum", "max": "maximum", "logaddexp": "logaddexp"}
_ALIASES = {"ln": "log", "atan": "arctan", "√": "sqrt"}
#: Functions that are made of the others.
_MADE = ("sigmoid", "softplus", "relu")
#: All names of functions.
FUNCTIONS = (*UNARY, *BINARY, *_MADE)
#: What formulas are pasted with from programs: the module before a function says nothing here.
_MODULES = ("np", "numpy", "torch", "math", "jnp")
#: Words of LaTeX that are something else here; Greek letters and functions go by their names, and others are ignored.
_LATEX = {"cdot": "*", "times": "*", "frac": "frac", "dfrac": "frac", "tfrac": "frac", "left": "", "right": "", ",": "",
          ";": "", "!": "", "quad": "", "mathrm": "", "operatorname": ""}  # fmt: skip
_GREEK_NAMES = "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"
_GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεζηθκλμνξπρστφχψω", strict=True))
_TOKEN = re.compile(
    r"\s*(?:(?P<latex>\\(?:[a-zA-Z]+|[,;!]))|(?P<power>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹][^\W⁰¹²³⁴⁵⁶⁷⁸⁹]*)|(?P<sign>\*\*|[-+*/^(),−·×|√{}]))"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SAME = {"**": "^", "−": "-", "·": "*", "×": "*", "{": "(", "}": ")"}


class FormulaError(ValueError):
    """What is wrong with a formula, and at which column (from 1)."""

    def __init__(self, text: str, column: int) -> None:
        super().__init__(f"column {column}: {text}")
        self.text, self.column = text, column


@dataclass(frozen=True)
class Node:
    """A number (no parts), a name, or an operation on parts: + - * / ^ neg, or a function's name."""

    kind: str
    parts: tuple[Node, ...] = ()
    value: float = 0.0
    column: int = 0


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """The tree of a formula. `2x` and `2(x+1)` multiply; ^, ** and raised digits are powers, from right to left.

    Raises:
        FormulaError: what was expected, and where.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"expected at most {MAX_LENGTH} characters", MAX_LENGTH)
    return _Parser(_tokens(text), len(text) + 1).whole()


def _tokens(text: str) -> list[_Token]:
    out, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            column = at + len(text[at:]) - len(text[at:].lstrip()) + 1
            raise FormulaError(f"{text[column - 1]!r} means nothing here", column)
        kind = str(found.lastgroup)
        word, column, at = found.group(kind), found.start(kind) + 1, found.end()
        if kind == "latex":
            word = _LATEX.get(word[1:], _GREEK.get(word[1:], word[1:]))
            kind = "sign" if word in ("*", "frac") else "name"
        elif kind == "name" and word in _MODULES and text[at : at + 1] == ".":
            word, at = "", at + 1
        if word:
            out.append(_Token(kind, _SAME.get(word, word), column))
    return out


class _Parser:
    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens, self._at, self._end = tokens, 0, end
        self._nodes = self._depth = self._bars = 0

    def whole(self) -> Node:
        if not self._tokens:
            raise FormulaError("expected a formula, such as -(x^2 - 4)^2/4 - y^2", 1)
        node = self._sum()
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            raise FormulaError(f"{token.text!r} was not expected here", token.column)
        return node

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _next(self) -> _Token:
        if self._at == len(self._tokens):
            raise FormulaError("the formula ends too early", self._end)
        self._at += 1
        return self._tokens[self._at - 1]

    def _node(self, kind: str, *parts: Node, value: float = 0.0, column: int = 0) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise FormulaError(f"expected at most {MAX_NODES} numbers, names and operations", column or 1)
        return Node(kind, parts, value, column)

    def _sum(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormulaError("too many parentheses within each other", self._tokens[self._at - 1].column)
        left = self._product()
        while self._peek() in ("+", "-"):
            token = self._next()
            left = self._node(token.text, left, self._product(), column=token.column)
        self._depth -= 1
        return left

    def _product(self) -> Node:
        left = self._signed()
        while True:
            sign = self._peek()
            if sign in ("*", "/"):
                token = self._next()
                left = self._node(sign, left, self._signed(), column=token.column)
            elif self._at < len(self._tokens) and self._begins(sign):
                left = self._node("*", left, self._power(), column=self._tokens[self._at - 1].column)
            else:
                return left

    def _begins(self, sign: str) -> bool:
        """Whether a factor without a sign before it begins here."""
        if self._tokens[self._at].kind == "name":
            return True
        return sign in ("(", "√", "frac") or (sign == "|" and not self._bars)

    def _signed(self) -> Node:
        signs, column = 0, 0
        while self._peek() in ("+", "-"):
            token = self._next()
            signs, column = signs + (token.text == "-"), token.column
        node = self._power()
        return self._node("neg", node, column=column) if signs % 2 else node

    def _power(self) -> Node:
        base = self._atom()
        if self._at < len(self._tokens) and self._tokens[self._at].kind == "power":  # x²
            token = self._next()
            exponent = self._number(float(token.text.translate(_RAISED)), token.column)
            return self._node("^", base, exponent, column=token.column)
        if self._peek() != "^":
            return base
        token = self._next()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormulaError("too many powers of powers", token.column)
        node = self._node("^", base, self._signed(), column=token.column)
        self._depth -= 1
        return node

    def _number(self, value: float, column: int) -> Node:
        if abs(value) > MAX_NUMBER:
            raise FormulaError(f"expected a number up to {MAX_NUMBER:g}", column)
        return self._node("number", value=value, column=column)

    def _atom(self) -> Node:
        token = self._next()
        if token.kind == "number":
            return self._number(float(token.text), token.column)
        if token.text == "(":
            bars, self._bars = self._bars, 0
            inner = self._sum()
            self._bars = bars
            self._close(token)
            return inner
        if token.text in ("|", "√", "frac"):
            return self._other_way(token)
        if token.kind != "name":
            raise FormulaError(f"expected a number, a name or '(', not {token.text!r}", token.column)
        name = _ALIASES.get(token.text, token.text)
        if name not in FUNCTIONS:
            if self._peek() == "(" and len(name) > 1 and name not in CONSTANTS:
                text = f"there is no function {name}; to multiply, write {name}*(…)"
                raise FormulaError(text, token.column)
            return self._node(name, column=token.column)
        if self._peek() != "(":
            raise FormulaError(f"expected '(' after {token.text}", token.column)
        opening = self._next()
        parts = [self._sum()]
        while self._peek() == ",":
            self._next()
            parts.append(self._sum())
        self._close(opening)
        fits = len(parts) > 1 if name in ("min", "max") else len(parts) == (2 if name in BINARY else 1)
        if not fits:
            raise FormulaError(
                f"{token.text} takes {'two arguments' if name in BINARY else 'one argument'}", token.column
            )
        return self._call(name, parts, token.column)

    def _other_way(self, token: _Token) -> Node:
        """|x|, √x and \\frac{a}{b}: what is written without a function's name."""
        if token.text == "√":
            return self._node("sqrt", self._atom(), column=token.column)
        if token.text == "frac":
            above, below = self._atom(), self._atom()
            return self._node("/", above, below, column=token.column)
        self._bars += 1
        inner = self._sum()
        self._bars -= 1
        if self._peek() != "|":
            raise FormulaError("this '|' is never closed", token.column)
        self._next()
        return self._node("abs", inner, column=token.column)

    def _call(self, name: str, parts: list[Node], column: int) -> Node:
        """A function of its arguments, in those that NumPy and torch have."""
        first = parts[0]
        if name in ("min", "max"):
            for part in parts[1:]:
                first = self._node(name, first, part, column=column)
            return first
        if name == "relu":
            return self._node("max", first, self._number(0.0, column), column=column)
        if name == "softplus":  # log(1 + e^x), which does not overflow
            return self._node("logaddexp", self._number(0.0, column), first, column=column)
        if name == "sigmoid":
            below = self._call("softplus", [self._node("neg", first, column=column)], column)
            return self._node("exp", self._node("neg", below, column=column), column=column)
        if name == "log" and first.kind == "exp":  # log(sigmoid(x)) is −softplus(−x) to the last digit
            return first.parts[0]
        return self._node(name, *parts, column=column)

    def _close(self, opening: _Token) -> None:
        if self._peek() != ")":
            raise FormulaError("this '(' is never closed", opening.column)
        self._next()


def names(node: Node) -> dict[str, int]:
    """The free names of a formula and where each comes first."""
    found: dict[str, int] = {}

    def look(n: Node) -> None:
        if not n.parts and n.kind != "number" and n.kind not in CONSTANTS:
            found.setdefault(n.kind, n.column)
        for part in n.parts:
            look(part)

    look(node)
    return found


def evaluate(node: Node, values: Mapping[str, Any], lib: Any, constant: Callable[[float], Any] = float) -> Any:
    """The value of a formula with `values` for its names, by the functions of `lib` (NumPy or torch).

    `constant` makes of a number what the functions of `lib` take.
    """
    kind = node.kind
    if kind == "number":
        return constant(node.value)
    if not node.parts:
        return values[kind] if kind in values else constant(CONSTANTS[kind])
    parts = [evaluate(p, values, lib, constant) for p in node.parts]
    match kind:
        case "+":
            return parts[0] + parts[1]
        case "-":
            return parts[0] - parts[1]
        case "*":
            return parts[0] * parts[1]
        case "/":
            return parts[0] / parts[1]
        case "^":
            exponent = node.parts[1]
            # A whole number as it is: the power of a negative number is real then, and so is its derivative.
            whole = exponent.kind == "number" and exponent.value == int(exponent.value) and abs(exponent.value) < 100
            return parts[0] ** (int(exponent.value) if whole else parts[1])
        case "neg":
            return -parts[0]
    return getattr(lib, BINARY.get(kind, kind))(*parts)
