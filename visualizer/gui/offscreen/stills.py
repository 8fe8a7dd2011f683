"""A picture in a file: PNG, SVG or PDF. In the latter two text stays text and curves stay curves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QSizeF
from PySide6.QtGui import QPageSize, QPainter, QPdfWriter

from visualizer.engine.frame import Picture
from visualizer.export.remember import png_with, svg_with
from visualizer.gui.document.images import png_bytes
from visualizer.gui.offscreen.page import Page
from visualizer.gui.offscreen.vector import svg_bytes
from visualizer.scene.files import dump_scene, portable
from visualizer.scene.model import Scene
from visualizer.scene.remember import marked

STILL_SUFFIXES = (".png", ".svg", ".pdf")
#: Logical pixels to an inch.
_DPI = 96
#: Points to a logical pixel.
_POINTS = 72 / 96
_XMP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:source>SCENE</dc:source></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def pdf_bytes(page: Page, pictures: tuple[Picture, ...], scene: str) -> bytes:
    """A moment as a PDF of one page; the scene is attached to it."""
    width, height = page.look.logical
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(QSizeF(width * _POINTS, height * _POINTS), QPageSize.Unit.Point))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(page.scene.title)
    writer.setCreator("Visualizer")
    writer.setDocumentXmpMetadata(QByteArray(_XMP.replace(b"SCENE", marked(scene))))
    writer.addFileAttachment("scene.toml", scene.encode("utf-8"), "application/toml")
    painter = QPainter(writer)
    page.paint(painter, pictures)
    painter.end()
    return bytes(data.data())


def still(suffix: str, page: Page, pictures: tuple[Picture, ...], of: Scene, folder: Path) -> Callable[[], bytes]:
    """A moment `of` a scene as a file with that ending, the scene inside: painted now, encoded when it is called."""
    scene = dump_scene(portable(of, folder))
    if suffix == ".png":
        image = page.image(pictures).copy()
        return lambda: png_with(png_bytes(image), scene)
    data = svg_bytes(page, pictures) if suffix == ".svg" else pdf_bytes(page, pictures, scene)
    return lambda: svg_with(data, scene) if suffix == ".svg" else data


def suffix_of(path: Path) -> str:
    """The kind of still a name asks for, "" if none."""
    suffix = path.suffix.lower()
    return suffix if suffix in STILL_SUFFIXES else ""
