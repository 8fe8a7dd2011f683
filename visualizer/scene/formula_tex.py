"""Formulas in TeX, as they were typed."""

from __future__ import annotations

from visualizer.scene.formula import Node

#: Numbers and names in a line of a typeset formula.
_LINE = 8
#: What is nested deeper takes the typesetter seconds.
_DEEPEST = 8
_NAMED = ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "min", "max")
#: How strongly things hold together: sums, signs, products, powers, what is closed by its look, and what is one thing.
_SUM, _SIGN, _PRODUCT, _POWER, _CLOSED, _ATOM = range(1, 7)


def as_tex(node: Node) -> str:
    """The formula in TeX."""
    return _tex(node, 0)


def as_tex_lines(node: Node) -> tuple[str, ...]:
    """The same in lines of a readable length, broken between the terms of the outermost sum; none if it is too deep."""
    lines, length = [""], 0
    for sign, term in _terms(node):
        more = _leaves(term)
        if length and length + more > _LINE:
            lines, length = [*lines, r"\quad "], 0
        text = _tex(term, _PRODUCT if sign else 0)
        lines[-1] += text if not sign else f" {sign} {text}"
        length += more
    return tuple(lines) if max(map(_depth, lines)) <= _DEEPEST else ()


def _depth(tex: str) -> int:
    """How deep braces and growing parentheses are nested."""
    depth = deepest = 0
    for i, letter in enumerate(tex):
        depth += (letter == "{" or tex.startswith(r"\left", i)) - (letter == "}" or tex.startswith(r"\right", i))
        deepest = max(deepest, depth)
    return deepest


def _terms(node: Node) -> list[tuple[str, Node]]:
    """The terms of a sum with their signs; the first has none."""
    if node.kind not in ("+", "-"):
        return [("", node)]
    return [*_terms(node.parts[0]), (node.kind, node.parts[1])]


def _leaves(node: Node) -> int:
    return sum(map(_leaves, node.parts)) if node.parts else 1


def _tex(node: Node, least: int) -> str:
    """TeX, in parentheses where it holds together less than `least`."""
    text, strength = _number(node.value) if node.kind == "number" else _set(node)
    if strength >= least:
        return text
    return rf"\left({text}\right)" if r"\frac" in text or "^" in text else f"({text})"


def _number(value: float) -> tuple[str, int]:
    if value == int(value) and value < 1e6:
        return str(int(value)), _ATOM
    digits, _, exponent = f"{value:.12g}".partition("e")
    if not exponent:
        return digits, _ATOM
    power = rf"10^{{{int(exponent)}}}"
    return (power, _POWER) if digits == "1" else (rf"{digits} \cdot {power}", _PRODUCT)


def _set(node: Node) -> tuple[str, int]:
    kind, parts = node.kind, node.parts
    if not parts:
        name = kind if len(kind) == 1 else rf"\mathrm{{{kind}}}".replace("_", r"\_")
        return {"pi": r"\pi", "π": r"\pi"}.get(kind, name), _ATOM
    match kind:
        case "/":
            return rf"\frac{{{_tex(parts[0], 0)}}}{{{_tex(parts[1], 0)}}}", _CLOSED
        case "exp":
            return rf"e^{{{_tex(parts[0], 0)}}}", _POWER
        case "sqrt":
            return rf"\sqrt{{{_tex(parts[0], 0)}}}", _ATOM
        case "abs":
            return rf"\left|{_tex(parts[0], 0)}\right|", _ATOM
        case "neg":
            return "-" + _tex(parts[0], _PRODUCT), _SIGN
        case "^":
            return rf"{_tex(parts[0], _ATOM)}^{{{_tex(parts[1], 0)}}}", _POWER
        case "*":
            right = _tex(parts[1], _POWER)
            dot = r" \cdot " if right[:1].isdigit() else r"\,"
            return _tex(parts[0], _SIGN) + dot + right, _PRODUCT
        case "+" | "-":
            return f"{_tex(parts[0], _SUM)} {kind} {_tex(parts[1], _PRODUCT)}", _SUM
    inner = [_tex(p, 0) for p in parts]
    name = rf"\{kind}" if kind in _NAMED else rf"\mathrm{{{kind}}}"
    grows = any(r"\frac" in text or "^" in text for text in inner)
    opening, closing = (r"\left(", r"\right)") if grows else ("(", ")")
    return f"{name}{opening}{', '.join(inner)}{closing}", _POWER
