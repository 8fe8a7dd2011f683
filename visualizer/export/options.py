"""What `visualizer render` is told, as words of a command line: for the export dialog, and for many scenes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

FORMATS = ("mp4", "webm", "mov", "gif", "webp", "png", "svg", "pdf", "html", "frames")
SIZES = {"720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160), "square": (1080, 1080)}
_NAMES = ("size", "hold", "device", "scale", "fps", "frames", "seconds", "at_most", "layers", "theme", "seed")
_FLAGS = ("loop", "transparent", "outlines", "no_title", "caption", "equation")


#: Frames a second: a whole number, or a broadcaster's, such as 30000/1001.
Rate = int | Fraction
#: Film and television count frames in 1001ths of a second times 1000: 23.976, 29.97, 59.94.
_BROADCAST = {name: Fraction(1000 * whole, 1001) for name, whole in (("23.976", 24), ("29.97", 30), ("59.94", 60))}


def rate_of(text: str) -> Rate:
    """Frames a second as they are written: 30, 29.97, 12.5 or 30000/1001.

    Raises:
        ValueError: it is no number.
    """
    try:
        found = _BROADCAST.get(text) or Fraction(text).limit_denominator(10_000)
    except ZeroDivisionError:
        raise ValueError(f"{text} is no number") from None
    return found.numerator if found.denominator == 1 else found


def arguments(options: Any) -> list[str]:
    """The words for those attributes of `options` that are set; scenes, output, format and jobs are not among them."""
    out: list[str] = []
    for name in _NAMES:
        value = getattr(options, name, None)
        if value is not None:
            out += [f"--{name.replace('_', '-')}", str(value)]
    return out + [f"--{name.replace('_', '-')}" for name in _FLAGS if getattr(options, name, False)]
