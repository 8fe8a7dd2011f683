"""A scene as a line of text, `visualizer:s1.…`, to be mailed, pasted or photographed.

The line is the scene's TOML, deflated with a dictionary of what scenes have in common, in base64url. The dictionary
belongs to the name s1 and never changes: another dictionary needs another name.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from functools import cache
from pathlib import Path

from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.files import dump_scene, parse_scene, with_files
from visualizer.scene.model import Scene
from visualizer.scene.paths import data_folder, net_path

#: What every link begins with.
SCHEME = "visualizer:"
_VERSION = "s1."
#: Bytes of a link, and of the scene in it, at most.
MAX_PACKED, MAX_TEXT = 16_384, 1_000_000
#: Raw deflate with the largest window.
_WINDOW = -15
#: What an error calls the place of a fault.
_SOURCE = "this link"


@cache
def _dictionary() -> bytes:
    return (data_folder("resources") / "links" / "s1.txt").read_bytes()


def is_link(text: str) -> bool:
    """Whether a text is meant as a link."""
    return text.lstrip()[: len(SCHEME)].lower() == SCHEME


def as_link(scene: Scene) -> str:
    """The scene as a link.

    Raises:
        SceneError: it reads files, which a link cannot carry, or it is too large.
    """
    _without_files(scene, "a link carries no files. Save the scene, and send it with this file: {}")
    packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW, 9, zlib.Z_DEFAULT_STRATEGY, _dictionary())
    data = packer.compress(dump_scene(scene).encode()) + packer.flush()
    if len(data) > MAX_PACKED:
        raise _refused(f"the scene is too large for a link ({len(data):,} bytes). Save it, and send the file")
    return SCHEME + _VERSION + base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_link(link: str) -> Scene:
    """The scene in a link; white space in it, as mail programs put it there, is left out.

    Raises:
        SceneError: the link is damaged, too large, from a newer version, or its scene is at fault or reads files.
    """
    text = "".join(link.split())[len(SCHEME) :]
    if not text.startswith(_VERSION):
        if text[:1] == "s" and text[1:].partition(".")[0].isdigit():
            raise _refused("it was made by a newer version of the program: please update")
        raise _refused(f"expected it to begin with {SCHEME}{_VERSION}")
    scene = parse_scene(_unpacked(text[len(_VERSION) :]), _SOURCE)
    _without_files(scene, "it names the file {}, and links may not read files. Ask for the scene as a file")
    return scene


def _unpacked(text: str) -> str:
    damaged = _refused("it is damaged or not whole: copy the whole line, from visualizer: to its end")
    if len(text) > MAX_PACKED * 4 // 3 + 4:
        raise _refused("it is longer than any that this program makes")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj(_WINDOW, _dictionary())
        data = unpacker.decompress(packed, MAX_TEXT)
        inside = data.decode()
    except (binascii.Error, zlib.error, ValueError):
        raise damaged from None
    if len(data) == MAX_TEXT:
        raise _refused("it holds more than a scene may have")
    if not unpacker.eof or unpacker.unused_data:
        raise damaged
    return inside


def _without_files(scene: Scene, sentence: str) -> None:
    """Refuses a scene that reads files, other than the networks that ship with the program."""

    def look(name: str) -> str:
        if net_path(name) == Path(name):  # no network of that name ships
            raise _refused(sentence.format(name))
        return name

    with_files(scene, look)


def _refused(text: str) -> SceneError:
    return SceneError(_SOURCE, [Problem("", text)])
