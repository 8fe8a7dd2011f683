"""Numbers in words: as few digits as say what is to be known."""

from __future__ import annotations

import math

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """Three digits."""
    size = abs(float(f"{value:.3g}"))
    if size == 0 or 1e-3 <= size < 1e3:
        return f"{value:.3g}"
    return power(value) if size < 1 else big(value)


def big(value: float) -> str:
    """A count: to the last digit below 100 000, then to three, from ten millions on as a power of ten."""
    if not math.isfinite(value) or abs(value) >= 1e7:
        return power(value)
    value = value if abs(value) < 1e5 else float(f"{value:.3g}")
    return f"{value:,.0f}".replace(",", "\u202f")


def rows_said(count: int) -> str:
    """So many rows, to the last."""
    return "one row" if count == 1 else f"{count:,} rows".replace(",", "\u202f")


def power(value: float) -> str:
    """Two digits and a power of ten, 3.7·10¹²; what has none is said to be so."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else "∞" if value > 0 else "−∞"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}·10{str(int(exponent)).translate(_RAISED)}"
