"""Axes whose logarithmic ticks are 1, 2 and 5 times powers of ten, and no more than there is room for."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg

#: Decades above which only powers of ten have a tick, and those that have room side by side.
_FEW, _ROOM = 2.0, 8
Ticks = list[tuple[float | None, list[float]]]


class TidyAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis like any other where it is linear."""

    def logTickValues(
        self, low: float, high: float, size: float, std_ticks: Any
    ) -> list[tuple[float | None, list[float]]]:
        """Places in log₁₀ between two limits."""
        decades = range(math.floor(low), math.ceil(high) + 1)
        every = max(1, math.ceil(len(decades) / _ROOM))
        if high - low > _FEW:
            return [(None, [float(k) for k in decades if k % every == 0 and low <= k <= high])]
        within = [k + math.log10(m) for k in decades for m in (1, 2, 5)]
        return [(None, [v for v in within if low <= v <= high])]

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """0.02, 1, 500 or 10⁵."""
        return [_said(10.0**v) for v in values]


def _said(value: float) -> str:
    return f"{value:g}" if 1e-4 < value < 1e5 else f"10{str(round(math.log10(value))).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
