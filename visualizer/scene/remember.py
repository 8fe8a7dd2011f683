"""The scene inside the file that was drawn from it, and how it is found again.

One line of ASCII in the place each format has for remarks: a mark, the scene's TOML compressed and in base64, an end.
It is found by looking for the mark in the first and last megabytes of a file, so that no file of a stranger has to be
taken apart to find it.
"""

from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path

#: What stands before a scene in another file.
MARK = b"visualizer-scene:"
#: What stands behind it.
END = b";"
#: Endings of files that carry their scene.
CARRIERS = (".mp4", ".webm", ".gif", ".webp", ".png", ".svg", ".pdf", ".html")
#: Scenes are looked for in so much of the beginning and of the end of a file.
_NEAR = 16 << 20
#: As large as a scene file may be.
_MAX_TEXT = 4_000_000
#: A byte that is no letter of base64: files that have to interrupt the line do it with this one.
BREAK = b"\xfe"
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]*")


def marked(text: str) -> bytes:
    """The line that carries a scene's text."""
    return MARK + base64.b64encode(zlib.compress(text.encode("utf-8"), 9)) + END


def remembered(path: Path) -> str | None:
    """The scene's text in a file that was exported, None where there is none.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        for start in dict.fromkeys((0, max(0, size - _NEAR))):
            file.seek(start)
            text = unmarked(file.read(_NEAR))
            if text is not None:
                return text
    return None


def unmarked(data: bytes) -> str | None:
    """The text in the first mark of `data`; what is damaged or too large is none."""
    at = data.find(MARK)
    if at < 0:
        return None
    data = data[at:].replace(BREAK, b"")
    found = _BASE64.match(data, len(MARK))
    if found is None or data[found.end() : found.end() + 1] != END:
        return None
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(base64.b64decode(found.group(), validate=True), _MAX_TEXT)
        return text.decode("utf-8") if unpacker.eof else None
    except (ValueError, zlib.error):
        return None
