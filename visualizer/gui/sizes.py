"""How large type is: what has a size in pixels asks here, and grows with it while the program runs.

At its start the program is magnified as a whole, by Qt. What is chosen later is told to the style sheet and to what has
a size of its own; the factor here is what was chosen over what the program began with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar
from weakref import ref

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

_Widget = TypeVar("_Widget", bound=QWidget)
#: No bound to a width or a height: what Qt calls QWIDGETSIZE_MAX.
ANY = 16_777_215
_PIXELS = re.compile(r"(\d+)px")


class _Type:
    """The one state of it, as there is one style sheet."""

    began = 1.0
    factor = 1.0


#: What grows, as long as its widget lives.
_grows: dict[int, tuple[ref[Any], Callable[[Any], object]]] = {}
_numbers = count()


def begin_at(magnification: float) -> None:
    """The program has begun with everything so many times as large."""
    _Type.began, _Type.factor = magnification, 1.0


def factor() -> float:
    """How many times as large as at the start."""
    return _Type.factor


def px(pixels: float) -> int:
    """So many pixels of the start, now."""
    return round(pixels * _Type.factor)


def grown(sheet: str) -> str:
    """A style sheet with its pixels as they are now; hairlines stay."""
    return _PIXELS.sub(lambda m: m.group(0) if m.group(1) == "1" else f"{px(int(m.group(1)))}px", sheet)


def sized(widget: _Widget, apply: Callable[[_Widget], object]) -> None:
    """Gives a widget its size, now and whenever type becomes larger or smaller."""
    apply(widget)
    number = next(_numbers)
    _grows[number] = (ref(widget, lambda _: _grows.pop(number, None)), apply)


def magnify(magnification: float, restyle: Callable[[], None]) -> None:
    """Everything so many times as large as usual; `restyle` sets the style sheet, after which sizes are taken."""
    _Type.factor = magnification / _Type.began
    restyle()
    for key, apply in list(_grows.values()):
        widget = key()
        if widget is not None and isValid(widget):
            apply(widget)
