"""What is in a file that moves, read by other means than it was written where there are any."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PySide6.QtGui import QImage, QImageReader

Frames = list[tuple[float, np.ndarray]]


def decoded(path: Path) -> Frames:
    """(time, (height, width, 4) R, G, B, A) of every frame."""
    if path.is_dir():
        return [(float(i), pixels(QImage(str(p)))) for i, p in enumerate(sorted(path.iterdir()))]
    if path.suffix == ".webp":
        return _webp(path)
    with av.open(str(path)) as container:
        if path.suffix == ".webm":  # FFmpeg's own VP9 decoder forgets the alpha
            context = av.CodecContext.create("libvpx-vp9", "r")
            frames = [f for packet in container.demux(video=0) for f in context.decode(packet)]
        else:
            frames = list(container.decode(video=0))
        return [(float(f.time), f.to_ndarray(format="rgba")) for f in frames]


def _webp(path: Path) -> Frames:
    reader, out, time = QImageReader(str(path)), [], 0.0
    for _ in range(reader.imageCount()):
        out.append((time, pixels(reader.read())))
        time += reader.nextImageDelay() / 1000
    return out


def pixels(image: QImage) -> np.ndarray:
    """R, G, B, A."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def planes(frame: av.VideoFrame) -> list[np.ndarray]:
    """Brightness and the two differences as they are stored, on the scale of 8 bits."""
    deep = 2 if "10le" in frame.format.name or "12le" in frame.format.name else 1
    scale = {1: 1.0, 2: 16.0 if "12le" in frame.format.name else 4.0}[deep]
    found = []
    for plane in list(frame.planes)[:3]:
        values = np.frombuffer(plane, np.uint16 if deep == 2 else np.uint8)
        found.append(values.reshape(plane.height, -1)[:, : plane.width] / scale)
    return found
