"""A picture as SVG that looks the same everywhere: what Qt's generator leaves to the viewer is worked out here.

Qt writes lines in data coordinates and asks that their width be kept ("non-scaling-stroke"), which many programs do
not do, and it forgets what is cut off at the edge of a plot. So what lies inside each plot is written by itself, its
points are turned into those of the page, and it is put into a clipped group.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import unescape

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QFont, QPainter, QPainterPath, QTransform
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QStyleOptionGraphicsItem

from visualizer.engine.frame import Picture
from visualizer.gui.canvas.base import Canvas
from visualizer.gui.offscreen.page import Page
from visualizer.gui.theme import FAMILY, font

_GROUP = re.compile(r'<g ([^>]*?) transform="matrix\(([^)]*)\)"([^>]*)>\n(.*?)</g>\n', re.S)
_LINE = re.compile(r'<polyline[^>]* points="([^"]*)" ?/>\n?')
_PATH = re.compile(r' d="([^"]*)"')
_RECT = re.compile(r'<rect x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/>')
_POINT = re.compile(r"(-?[\d.e+-]+),(-?[\d.e+-]+)")
_TEXT = re.compile(r"<text ([^>]*?)>(.*?)</text>", re.S)
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
#: Pixels of the type that outlines are taken from.
_EM = 1000
_FALLBACK = "Helvetica, Arial, sans-serif"


def svg_bytes(page: Page, pictures: tuple[Picture, ...]) -> bytes:
    """A moment as SVG of the capture's logical size."""
    page.figure.show_pictures(pictures)
    for canvas in page.figure.canvases:
        canvas.scene().prepareForPaint()  # pyqtgraph's views work their transforms out as late as this
    width, height = page.look.logical
    views = [(canvas, view) for canvas in page.figure.canvases for view in _views(canvas)]
    clips, inside = [], []
    for number, (canvas, view) in enumerate(views):
        rect = view.sceneBoundingRect().translated(page.offset(canvas))
        clips.append(f'<clipPath id="plot{number}">{_rect(rect)}</clipPath>')
        body = _painted(width, height, lambda p, v=view, c=canvas: _paint_inside(p, v, page.offset(c)))  # type: ignore[misc]  # a default has no type
        inside.append(f'<g clip-path="url(#plot{number})">\n{body}</g>')
    for _, view in views:
        view.childGroup.setVisible(False)
    try:
        ground, around = _painted(width, height, page.paint_ground), _painted(width, height, page.paint_around)
    finally:
        for _, view in views:
            view.childGroup.setVisible(True)
    title = page.scene.title.replace("&", "&amp;").replace("<", "&lt;")
    parts = (
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f"<title>{title}</title>",
        f"<defs>{''.join(clips)}</defs>",
        ground,
        *inside,
        around,
        "</svg>\n",
    )
    text = "\n".join(parts)
    if page.look.outlines:
        text = _TEXT.sub(_outlined, text)
    return text.replace(f'"{FAMILY}"', f'"{FAMILY}, {_FALLBACK}"').encode("utf-8")


def _outlined(found: re.Match[str]) -> str:
    """A text as the outlines of its letters."""
    given = dict(_ATTRIBUTE.findall(found.group(1)))
    letters = font(_EM, QFont.Weight(int(given.get("font-weight", "400"))))
    path = QPainterPath()
    path.addText(QPointF(), letters, unescape(found.group(2), {"&quot;": '"', "&apos;": "'"}))
    size, x, y = float(given["font-size"]) / _EM, float(given["x"]), float(given["y"])
    fill = f'fill="{given.get("fill", "#000000")}" fill-opacity="{given.get("fill-opacity", "1")}" stroke="none"'
    return f'<path {fill} d="{_commands(path, size, x, y)}"/>'


def _commands(path: QPainterPath, size: float, x: float, y: float) -> str:
    """A path so many times as large, moved to a point, as SVG writes it."""
    kinds, said = QPainterPath.ElementType, []
    for i in range(path.elementCount()):
        element: Any = path.elementAt(i)
        letter = {kinds.MoveToElement: "M", kinds.LineToElement: "L", kinds.CurveToElement: "C"}.get(element.type, " ")
        said.append(f"{letter}{x + size * element.x:.2f},{y + size * element.y:.2f}")
    return "".join(said)


def _views(canvas: Canvas) -> list[Any]:
    """The view boxes of a canvas that are to be seen."""
    plots = [item for item in canvas.ci.items if hasattr(item, "getViewBox")]
    return [p.getViewBox() for p in plots if p.isVisible() and p.getViewBox().sceneBoundingRect().isValid()]


def _paint_inside(painter: QPainter, view: Any, offset: QPointF) -> None:
    """The items of a view, from the lowest to the highest."""
    page = QTransform.fromTranslate(offset.x(), offset.y())
    _paint_item(painter, view.childGroup, page)


def _paint_item(painter: QPainter, item: Any, page: QTransform) -> None:
    if not item.isVisible():
        return
    painter.save()
    painter.setWorldTransform(item.sceneTransform() * page)
    exports = hasattr(item, "setExportMode")
    if exports:  # symbols as curves, not as copies of an image
        item.setExportMode(True, {"painter": painter})
    try:
        item.paint(painter, QStyleOptionGraphicsItem(), None)
    finally:
        if exports:
            item.setExportMode(False)
        painter.restore()
    for child in sorted(item.childItems(), key=lambda c: c.zValue()):
        _paint_item(painter, child, page)


def _painted(width: int, height: int, paint: Callable[[QPainter], None]) -> str:
    """What is painted as the inside of an SVG, in coordinates of the page."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(96)  # otherwise axes and data are scaled differently
    generator.setSize(QSize(width, height))
    generator.setViewBox(QRect(0, 0, width, height))
    painter = QPainter(generator)
    paint(painter)
    painter.end()
    text = bytes(data.data()).decode("utf-8")
    start = text.index("<g ", text.index("</defs>"))
    text = text[start : text.rindex("</svg>")]
    return _GROUP.sub(_flattened, text)


def _flattened(group: re.Match[str]) -> str:
    """A group of Qt's with its transform worked into its points; nothing where it is empty."""
    before, matrix, after, body = group.groups()
    if not body.strip():
        return ""
    a, b, c, d, e, f = map(float, matrix.split(","))
    body = body.replace(' vector-effect="non-scaling-stroke"', "")
    if "<image" in body or "<text" in body or (a, b, c, d) == (1, 0, 0, 1):
        return f'<g {before} transform="matrix({matrix})"{after}>\n{body}</g>\n'

    def moved(point: re.Match[str]) -> str:
        x, y = float(point.group(1)), float(point.group(2))
        return f"{a * x + c * y + e:.2f},{b * x + d * y + f:.2f}"

    body = _RECT.sub(lambda r: f'<path d="{_corners(*map(float, r.groups()))}"/>', body)
    body = _PATH.sub(lambda p: f' d="{_POINT.sub(moved, p.group(1))}"', body)
    lines = [_POINT.sub(moved, points) for points in _LINE.findall(body)]
    joined = "".join(f"M{'L'.join(points.split())}" for points in lines)
    body = _LINE.sub("", body)
    return f"<g {before}{after}>\n{body}" + (f'<path fill="none" d="{joined}"/>\n' if joined else "") + "</g>\n"


def _corners(x: float, y: float, w: float, h: float) -> str:
    return f"M{x},{y} L{x + w},{y} L{x + w},{y + h} L{x},{y + h} Z"


def _rect(r: QRectF) -> str:
    return f'<rect x="{r.x():.2f}" y="{r.y():.2f}" width="{r.width():.2f}" height="{r.height():.2f}"/>'
