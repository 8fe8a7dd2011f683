"""A scene as a web page of one file: video, words, equation, link, and a player where a page can run it.

Nothing in a page asks for anything elsewhere, and its policy forbids it. The page remembers its scene.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from visualizer.engine.frame import Viewport
from visualizer.engine.palette import THEMES
from visualizer.engine.player import for_page, refusal
from visualizer.export.playing import played
from visualizer.export.video import VideoWriter
from visualizer.gui.document.images import encoded
from visualizer.gui.offscreen.capture import Capture, moments, planes
from visualizer.gui.offscreen.page import Look
from visualizer.gui.offscreen.render import Clock
from visualizer.gui.qr import Matrix, modules
from visualizer.gui.widgets.math import typeset
from visualizer.gui.words.equations import equation
from visualizer.scene.errors import SceneError
from visualizer.scene.files import dump_scene, portable, write_atomic
from visualizer.scene.link import as_link
from visualizer.scene.model import Scene
from visualizer.scene.paths import data_folder
from visualizer.scene.remember import marked

#: The poster is the picture at this share of the run.
_POSTER = 0.62
_QUALITY = 82
#: Type of the equation, in pixels.
_SIZE = 22.0
#: White modules around a code.
_RIM = 4
_TITLE = re.compile(r"<title>(.*?)</title>", re.S)
_PICTURE = re.compile(r'poster="(data:image/jpeg;base64,[A-Za-z0-9+/=]*)"')


def render_page(
    scene: Scene, path: Path, look: Look, clock: Clock, device: str, progress: Callable[[int], None]
) -> None:
    """Draws the run into a page; whole or not at all.

    Args:
        scene: what to draw; the page remembers it.
        path: ends in .html.
        look: of the video.
        clock: of the video.
        device: auto, cpu, cuda or mps.
        progress: is told how many frames are done.

    Raises:
        OSError, SceneError, Diverged: as for other files.
    """
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        poster, view = _film(scene, film, look, clock, device, progress)
        video = film.read_bytes()
    text = page(scene, path.parent, look, video, poster, (view.x0, view.x1, view.y0, view.y1))
    write_atomic(path, text.encode("utf-8"))


def _film(
    scene: Scene, film: Path, look: Look, clock: Clock, device: str, progress: Callable[[int], None]
) -> tuple[bytes, Viewport]:
    """The run as a video; returns its poster and what of the plane it shows."""
    capture = Capture(scene, look)
    poster = b""
    try:
        with (
            closing(moments(capture, clock.frames, device)) as run,
            closing(played(map(capture.draw, run), clock.hold, clock.loop, film, False)) as shown,
            VideoWriter(film, look.width, look.height, clock.fps, bits=clock.bits, planes=planes) as writer,
        ):
            for done, image in enumerate(shown, 1):
                writer.write(image)
                if done == max(1, round(_POSTER * clock.frames)):
                    poster = _jpeg(image)
                progress(done)
        return poster, capture.views[0]
    finally:
        capture.close()


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    height, width, _ = pixels.shape
    return encoded(QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32), "JPG", _QUALITY)


def page(
    scene: Scene, folder: Path, look: Look, video: bytes, poster: bytes, view: tuple[float, float, float, float]
) -> str:
    """The text of the page."""
    why = refusal(scene)
    style, script, scripts = _read("page.css"), "", ""
    if why:
        player = f'<p class="why">{html.escape(why)}</p>'
    else:
        ratio = (view[1] - view[0]) / (view[3] - view[2])
        style += f".stage {{ aspect-ratio: {ratio:.4f}; }}\n"
        player = '<div id="player"></div>'
        script = _read("mathematics.js") + _read("player.js")
        data = json.dumps(for_page(scene, view), allow_nan=False).replace("<", "\\u003c")
        scripts = f'<script type="application/json" id="player-scene">{data}</script>\n<script>{script}</script>'
    return _filled(
        "page.html",
        style=style,
        style_hash=_hash(style),
        script_hash=_hash(script),
        mark=marked(dump_scene(portable(scene, folder))).decode("ascii"),
        title=html.escape(scene.title or "A scene"),
        caption=html.escape(scene.caption),
        theme=scene.view.theme,
        width=look.width,
        height=look.height,
        poster=_base64(poster),
        video=_base64(video),
        equation=_equation(scene),
        code=_code(scene),
        link=_link(scene),
        player=player,
        scripts=scripts,
    )


def write_index(folder: Path, pages: Sequence[Path]) -> None:
    """A page with the pictures of others, in a folder."""
    cards = []
    for path in pages:
        text = path.read_text("utf-8")
        title, picture = _TITLE.search(text), _PICTURE.search(text)
        assert title is not None
        assert picture is not None  # this program has just made it
        cards.append(f'<a href="{quote(path.name)}"><img alt="" src="{picture[1]}"><span>{title[1]}</span></a>')
    style = _read("page.css")
    text = _filled("index.html", style=style, style_hash=_hash(style), cards="\n".join(cards))
    write_atomic(folder / "index.html", text.encode("utf-8"))


def _read(name: str) -> str:
    return (data_folder("resources") / "player" / name).read_text("utf-8")


def _filled(name: str, **parts: Any) -> str:
    return Template(_read(name)).substitute(parts)


def _hash(text: str) -> str:
    return "sha256-" + _base64(hashlib.sha256(text.encode("utf-8")).digest())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _equation(scene: Scene) -> str:
    theme = THEMES[scene.view.theme]
    return "\n".join(typeset(line, theme.text, _SIZE) for line in equation(scene, theme, None, False))


def _code(scene: Scene) -> str:
    """The QR code of the link as a drawing; nothing where no telephone could read it."""
    try:
        matrix: Matrix = modules(scene)
    except SceneError:
        return ""
    side = len(matrix) + 2 * _RIM
    dark = "".join(f"M{x + _RIM} {y + _RIM}h1v1h-1z" for y, row in enumerate(matrix) for x, on in enumerate(row) if on)
    box = f'viewBox="0 0 {side} {side}" role="img" aria-label="QR code of the link"'
    return f'<svg {box}><path d="{dark}" fill="#000"/></svg>'


def _link(scene: Scene) -> str:
    try:
        link = as_link(scene)
    except SceneError as error:
        why = "; ".join(problem.expected for problem in error.problems)
        return f"<p>There is no link: {html.escape(why)}.</p>"
    return (
        "<p>Or paste this link into the window, or give it to <code>visualizer</code>:</p>"
        f'<textarea readonly aria-label="Link of the scene">{html.escape(link)}</textarea>'
    )
