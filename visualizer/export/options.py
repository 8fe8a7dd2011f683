"""What `visualizer render` is told, as words of a command line: for the export dialog, and for many scenes."""

from __future__ import annotations

from typing import Any

FORMATS = ("mp4", "webm", "gif", "webp", "png", "svg", "pdf", "frames")
SIZES = {"720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160), "square": (1080, 1080)}
_NAMES = ("size", "hold", "device", "scale", "fps", "frames", "seconds", "layers", "theme", "seed")
_FLAGS = ("loop", "transparent", "no_title", "caption", "equation")


def arguments(options: Any) -> list[str]:
    """The words for those attributes of `options` that are set; scenes, output, format and jobs are not among them."""
    out: list[str] = []
    for name in _NAMES:
        value = getattr(options, name, None)
        if value is not None:
            out += [f"--{name}", str(value)]
    return out + [f"--{name.replace('_', '-')}" for name in _FLAGS if getattr(options, name, False)]
