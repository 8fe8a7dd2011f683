"""Frames kept without loss in a temporary file, to be read again forwards or backwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from visualizer.export.options import Rate

Image = NDArray[np.uint8]
#: So many frames are decoded at a time when going backwards.
_BLOCK = 16
_RATE = 25
#: Pixels of a row from which on it is read where it lies.
_WIDE = 64


def video_frame(image: Image, index: int, fps: Rate, pixels: str = "", matrix: int | None = None) -> Any:
    """An image as a frame at its time, in other pixels if they are named, by a colour matrix.

    The image has B, G, R, A or X, (height, width, 4), or is a frame as a video keeps it, (3/2 height, width).
    """
    if image.ndim == 2:  # where it lies; but there the library takes heights for multiples of four
        given = av.VideoFrame.from_ndarray if image.shape[0] % 6 else av.VideoFrame.from_numpy_buffer
        frame = given(image, format="yuv420p")
    elif pixels in ("", "bgra"):
        frame = av.VideoFrame.from_ndarray(image, format="bgra")
    else:  # what is turned into others is copied by that; of narrow rows the library reads more than there is
        given = av.VideoFrame.from_numpy_buffer if image.shape[1] >= _WIDE else av.VideoFrame.from_ndarray
        # With several threads rows of ten bits begin with wrong pixels, where widths are no multiple of 16.
        threads = 1 if "10" in pixels else 0
        frame = given(image, format="bgra").reformat(format=pixels, dst_colorspace=matrix, threads=threads)
    frame.pts, frame.time_base = index, Fraction(1, fps)
    return frame


class FrameStore:
    """First `add` all frames, then `finish`, then read; `remove` when done.

    Args:
        path: what is being made; the temporary file lies beside it.
        width, height: of the frames.
        alpha: whether the fourth byte means anything.
    """

    def __init__(self, path: Path, width: int, height: int, alpha: bool) -> None:
        handle, name = tempfile.mkstemp(prefix=f".{path.name.lstrip('.')}.", suffix=".mkv", dir=path.parent)
        os.close(handle)
        self.path, self.count = Path(name), 0
        try:
            self._container = av.open(name, "w")
            stream: Any = self._container.add_stream("ffv1", rate=_RATE)
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise
        stream.width, stream.height, stream.pix_fmt = width, height, "bgra" if alpha else "bgr0"
        self._stream = stream

    def add(self, image: Image) -> None:
        """Keeps a frame (height, width, 4)."""
        frame = video_frame(image, self.count, _RATE, self._stream.pix_fmt)
        self.count += 1
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def finish(self) -> None:
        """There are no more frames."""
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._container.close()

    def forwards(self) -> Iterator[Any]:
        """The frames in their order."""
        with av.open(str(self.path)) as source:
            yield from source.decode(video=0)

    def backwards(self) -> Iterator[Image]:
        """The images from the last to the first."""
        with av.open(str(self.path)) as source:
            stream: Any = source.streams.video[0]
            for end in range(self.count, 0, -_BLOCK):
                start = max(0, end - _BLOCK)
                source.seek(int(start / _RATE / stream.time_base), stream=stream)
                block: list[Image] = []
                frames: Any = source.decode(stream)
                for frame in frames:
                    index = round(float(frame.pts * stream.time_base) * _RATE)
                    if start <= index < end:
                        block.append(frame.to_ndarray(format="bgra"))
                    if index >= end - 1:
                        break
                yield from reversed(block)

    def remove(self) -> None:
        """The temporary file goes, finished or not."""
        try:
            self._container.close()
        finally:  # on a full disk closing fails, too
            self.path.unlink(missing_ok=True)
