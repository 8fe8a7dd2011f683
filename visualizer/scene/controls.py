"""How fields of a part are offered for editing. Plain data: what draws them lives elsewhere.

They stand in a field's annotation, so a name, a unit and a range are written once, where the field is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from visualizer.scene.base import Part


@dataclass(frozen=True)
class Number:
    """A number to slide or type, within low … high; `log` spaces the slider evenly in its logarithm."""

    name: str
    tip: str
    low: float
    high: float
    log: bool = False
    integer: bool = False
    digits: int = 3


@dataclass(frozen=True)
class Options:
    """One of several (value, text) pairs, or what gives them once they are asked for."""

    name: str
    tip: str
    options: tuple[tuple[str, str], ...] | Callable[[], tuple[tuple[str, str], ...]]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs."""
        return list(self.options() if callable(self.options) else self.options)


@dataclass(frozen=True)
class Place:
    """A point of the target's space to type."""

    name: str
    tip: str


@dataclass(frozen=True)
class Numbers:
    """A short list of numbers to type, within low … high."""

    name: str
    tip: str
    low: float
    high: float


#: Fields that many parts have and that stand below those of their own.
LAST = ("steps", "grid", "steps_per_frame")
#: Those of them that a first look does without.
ASIDE = frozenset({"convention", "grid", "steps_per_frame"})
Control = Number | Options | Place | Numbers


def controls(part: type[Part]) -> dict[str, Control]:
    """The fields of a part that are offered for editing, in their order; those in `LAST` at the end."""
    found: dict[str, Control] = {}
    for name, field in part.model_fields.items():
        for item in field.metadata:
            if isinstance(item, Number | Options | Place | Numbers):
                found[name] = item
    return dict(sorted(found.items(), key=lambda pair: LAST.index(pair[0]) if pair[0] in LAST else -1))
