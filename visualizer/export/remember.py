"""Where each format has room for the scene it was drawn from."""

from __future__ import annotations

import zlib

from visualizer.scene.remember import BREAK, marked


def png_with(data: bytes, text: str) -> bytes:
    """A PNG with the scene in a text chunk behind its header (PNG 1.2, 11.3.4.3)."""
    body = b"tEXt" + b"Comment\0" + marked(text)
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    after_header = 8 + 25
    return data[:after_header] + chunk + data[after_header:]


def gif_comment(text: str) -> bytes:
    """The scene as a comment extension (GIF89a, 24), in pieces whose length is no letter of base64."""
    line = marked(text)
    piece = BREAK[0]  # the length of each piece interrupts the line
    pieces = (line[i : i + piece].ljust(piece) for i in range(0, len(line), piece))
    return b"!\xfe" + b"".join(BREAK + p for p in pieces) + b"\0"


def webp_chunk(text: str) -> bytes:
    """The scene as a chunk of its own, which readers skip (RIFF)."""
    line = marked(text)
    line += b" " * (len(line) % 2)
    return b"NOTE" + len(line).to_bytes(4, "little") + line


def svg_with(data: bytes, text: str) -> bytes:
    """An SVG with the scene in its metadata."""
    start = data.index(b">", data.index(b"<svg")) + 1
    return data[:start] + b"\n<metadata>" + marked(text) + b"</metadata>" + data[start:]
