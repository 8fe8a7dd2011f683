"""An image as a density: dark on light or light on dark, whatever its border says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageReader, QPainter, QTransform

from visualizer import apart
from visualizer.scene.painting import drawing
from visualizer.scene.reading import checked_file
from visualizer.scene.targets.drawn import DrawnTarget

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
#: What files may hold, whatever they are called: an SVG can read other files, and take for ever.
_FORMATS = ("png", "jpeg", "bmp", "gif", "webp")
#: Bytes of an image's file, at most.
_MAX_BYTES = 100_000_000
#: Pixels of an image, at most.
_MAX_PIXELS = 40_000_000
#: Pixels along each side, at least.
_LEAST = 16
#: Cells along each side of what is painted.
_SIZE = 256
#: Width of a painting in the plane.
_WIDEST = 8.0
#: Exif's tag of the orientation, and tags that are looked at, at most.
_ORIENTATION, _MOST_TAGS = 0x0112, 100
#: Sides that differ by more than this factor are refused.
_LONGEST = 20


#: What a camera's orientation asks for, by its number in Exif: quarter turns clockwise, and whether mirrored before.
_ORIENTATIONS = {2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (1, False), 7: (1, True), 8: (3, False)}


def turned(image: QImage, orientation: int) -> QImage:
    """An image as it was meant to be seen."""
    quarters, mirrored = _ORIENTATIONS.get(orientation, (0, False))
    image = image.flipped(Qt.Orientation.Horizontal) if mirrored else image
    return image.transformed(QTransform().rotate(90 * quarters)) if quarters else image


def webp_orientation(data: bytes) -> int:
    """The orientation in a WebP file's Exif, which Qt leaves alone in that format; 1 where none is told.

    RIFF and Exif 2.3: chunks of a name, a length and a content of even size; in "EXIF" a TIFF header whose first
    directory may have the tag 0x0112.
    """
    at, exif = 12, b""
    while at + 8 <= len(data) and not exif:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        exif = data[at + 8 : at + 8 + size] if data[at : at + 4] == b"EXIF" else b""
        at += 8 + size + size % 2
    exif = exif.removeprefix(b"Exif\0\0")
    order: Literal["little", "big"] = "little" if exif[:2] == b"II" else "big"

    def number(start: int, length: int) -> int:
        return int.from_bytes(exif[start : start + length], order)

    directory = number(4, 4)
    for i in range(min(number(directory, 2), _MOST_TAGS)):
        entry = directory + 2 + 12 * i
        if number(entry, 2) == _ORIENTATION:
            return number(entry + 8, 2)
    return 1


def image_target(name: str) -> DrawnTarget:
    """The brightness of an image as a density, its longer side 8 units; what is transparent is white.

    An image with a bright border is taken as ink on paper: dark is dense. It is decoded in a process that may die.

    Raises:
        ValueError: it is no image, too small or too large, or all of one colour.
        SceneError: there is no such file.
    """
    path = checked_file(Path(name))
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError(f"{path.name}: expected an image below {_MAX_BYTES // 10**6} MB")
    try:
        found = apart.call("visualizer.gui.document.images:brightness", str(path))
    except apart.Refused as error:
        raise ValueError(f"{path.name}: {error}") from None
    except apart.Broken as error:
        raise ValueError(f"{path.name}: the image is damaged ({error})") from None
    return _of(found["rows"], found["size"])


def brightness(name: str) -> dict[str, Any]:
    """Of an image file: `rows` of 256 × 256 grey values, 0 to 255, and its `size`; called in the process that parses.

    Raises:
        ValueError: it is no image, or too small or too large.
    """
    app = QGuiApplication.instance() or QGuiApplication(["parsing", "-platform", "offscreen"])
    assert app is not None  # Qt finds the readers of formats by it
    reader = QImageReader(name)
    reader.setAutoTransform(True)
    known = bytes(reader.format().data()).decode("ascii", "replace") in _FORMATS
    size = reader.size() if known else QSize()
    if not known or not reader.canRead() or not size.isValid():
        raise ValueError("expected an image (PNG, JPEG, BMP, GIF or WebP); this is none, or damaged")
    said = f"{size.width()} × {size.height()}"
    if min(size.width(), size.height()) < _LEAST:
        raise ValueError(f"expected {_LEAST} × {_LEAST} pixels or more, not {said}")
    if max(size.width(), size.height()) > _LONGEST * min(size.width(), size.height()):
        raise ValueError(f"expected one side at most {_LONGEST} times the other, not {said}")
    if size.width() * size.height() > _MAX_PIXELS:
        raise ValueError(f"expected at most {_MAX_PIXELS // 10**6} megapixels")
    path = Path(name)
    image = turned(reader.read(), webp_orientation(path.read_bytes()) if path.suffix.lower() == ".webp" else 1)
    if image.isNull():
        raise ValueError("the image cannot be read: it is damaged")
    return {"rows": _grey(image), "size": [image.width(), image.height()]}


def _grey(image: QImage) -> NDArray[np.uint8]:
    size = QSize(_SIZE, _SIZE)
    flat = QImage(size, QImage.Format.Format_RGB32)
    flat.fill(Qt.GlobalColor.white)
    small = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    painter = QPainter(flat)
    painter.drawImage(0, 0, small)
    painter.end()
    grey = flat.convertToFormat(QImage.Format.Format_Grayscale8)
    return np.frombuffer(grey.constBits(), np.uint8).reshape(_SIZE, grey.bytesPerLine())[:, :_SIZE].copy()


def _of(rows: NDArray[np.uint8], size: list[int]) -> DrawnTarget:
    border = np.concatenate([rows[0], rows[-1], rows[:, 0], rows[:, -1]])
    values = 255 - rows if border.mean() > 127 else rows.copy()
    if int(values.max()) - int(values.min()) < 2:
        raise ValueError("the image is all of one colour: there is nothing to see in it")
    half = [0.5 * _WIDEST * side / max(size) for side in size]
    return drawing(np.ascontiguousarray(values[::-1].T), ((-half[0], half[0]), (-half[1], half[1])))


def png_bytes(image: QImage) -> bytes:
    """An image as the bytes of a PNG file.

    Raises:
        OSError: it could not be encoded.
    """
    return encoded(image, "PNG")


def encoded(image: QImage, kind: str, quality: int = -1) -> bytes:
    """An image as the bytes of a file of a kind that Qt knows.

    Raises:
        OSError: it could not be encoded.
    """
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, kind, quality):  # type: ignore[call-overload]  # the stubs say bytes, Qt takes text
        raise OSError("the picture could not be encoded")
    return bytes(data.data())
