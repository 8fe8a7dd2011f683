"""One class for each kind of moving picture: frames go in one by one, a file (or a folder) comes out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np

from visualizer.export.options import Rate
from visualizer.export.remember import png_with, webp_chunk
from visualizer.export.store import Image, video_frame
from visualizer.scene.remember import marked

#: Numbers of the standard for matrix, primaries and curve, and of brightness from 16 to 235.
_BT709, _LIMITED = 1, 1


class Encoder(Protocol):
    """Writes into `path`, which is there already and empty. `finish` or `abort` is called once.

    Attributes:
        planar: whether a frame may also be (3/2 height, width): brightness, then two differences of half the size, as
            BT.709 has them.
    """

    planar: bool

    def add(self, image: Image) -> None:
        """The next frame, B, G, R, A (straight) or X."""

    def finish(self) -> None:
        """There are no more; the file is complete after this."""

    def abort(self) -> None:
        """There are no more and nobody wants the file: lets go of what is open."""


class _Stream:
    """What streams into a container as it comes."""

    codec, pixels, even = "", "", False
    #: pixels of what is transparent, where they are not those with an a for alpha
    clear = ""
    #: how colours are turned into brightness and two differences, and marked; None: the library's usual way, unmarked
    matrix: int | None = None
    options: dict[str, str] = {}  # noqa: RUF012  # read only
    container_options: dict[str, str] = {}  # noqa: RUF012  # read only

    def __init__(
        self, path: Path, width: int, height: int, fps: Rate, alpha: bool, scene: str, bits: int | None
    ) -> None:
        self._container = av.open(str(path), "w", options=self.container_options)
        stream: Any = self._container.add_stream(self.codec, rate=fps)
        cut = 2 if self.even else 1
        stream.width, stream.height = width - width % cut, height - height % cut
        stream.pix_fmt = (self.clear or self.pixels.replace("yuv", "yuva")) if alpha else self.pixels
        stream.options = self.options if bits is None else self.options | self.bounded(bits)
        if self.matrix is not None:
            context = stream.codec_context
            context.colorspace = context.color_primaries = context.color_trc = self.matrix
            context.color_range = _LIMITED
        if scene:
            self._container.metadata["comment"] = marked(scene).decode("ascii")
        self._stream, self._fps, self._count = stream, fps, 0
        self.planar = self.matrix is not None and stream.pix_fmt == "yuv420p"

    @staticmethod
    def bounded(bits: int) -> dict[str, str]:
        """Options that keep to so many bits a second, over a third of a second already."""
        return {"maxrate": str(bits), "bufsize": str(bits // 3)}

    def add(self, image: Image) -> None:
        cut = image if image.ndim == 2 else image[: self._stream.height, : self._stream.width]
        pixels = self._stream.pix_fmt if self.matrix is not None else ""  # else the library turns them as it does
        frame = video_frame(cut, self._count, self._fps, pixels, self.matrix)
        self._count += 1
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def finish(self) -> None:
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._container.close()

    def abort(self) -> None:
        self._container.close()


class _Video(_Stream):
    """What players take for BT.709, as they do with everything of the size of a screen: so it is, and says so.

    ITU-R (2015). Recommendation BT.709-6. https://www.itu.int/rec/R-REC-BT.709
    """

    even, matrix = True, _BT709


class Mp4(_Video):
    """H.264, 4:2:0, even sizes: plays in PowerPoint, Keynote and browsers."""

    codec, pixels = "libx264", "yuv420p"
    # Three frames of four between two others, and a look ahead at five, halve the bits of clouds of noise; with the
    # rest of "ultrafast" that is half the work of "superfast", at the same bits and the same quality. Half of the cores
    # go to what draws and computes meanwhile: more threads than cores would only get in each other's way.
    options = {  # noqa: RUF012  # read only
        "preset": "ultrafast",
        "crf": "17",
        "x264-params": "bframes=3:b-adapt=0:weightb=1:subme=1:aq-mode=1:mbtree=1:rc-lookahead=5",
        "threads": str(max(1, (os.cpu_count() or 1) // 2)),
    }
    container_options = {"movflags": "+faststart"}  # noqa: RUF012  # read only

    @staticmethod
    def bounded(bits: int) -> dict[str, str]:
        return _Stream.bounded(bits) | {"preset": "medium", "x264-params": "rc-lookahead=40", "threads": "0"}


class WebM(_Video):
    """VP9, with alpha where it is asked for."""

    codec, pixels = "libvpx-vp9", "yuv420p"
    options = {"deadline": "realtime", "cpu-used": "6", "crf": "22", "b": "0", "row-mt": "1"}  # noqa: RUF012  # read only

    @staticmethod
    def bounded(bits: int) -> dict[str, str]:
        return _Stream.bounded(bits) | {"b": str(bits)}


class Mov(_Video):
    """ProRes, for slides and editors: 422 HQ, and 4444 where it is transparent."""

    codec, pixels, clear = "prores_ks", "yuv422p10le", "yuva444p10le"
    # Bits for each block of 16 x 16: with fewer the search for coarser steps takes most of the time.
    options = {"vendor": "apl0", "bits_per_mb": "4000", "alpha_bits": "8"}  # noqa: RUF012  # read only


class WebP(_Stream):
    """Animated WebP, endless. Every frame is a picture of its own: nothing has to be kept until the end."""

    codec, pixels = "libwebp", "yuv420p"
    options = {"quality": "88", "compression_level": "1"}  # noqa: RUF012  # read only
    container_options = {"loop": "0"}  # noqa: RUF012  # read only

    def __init__(
        self, path: Path, width: int, height: int, fps: Rate, alpha: bool, scene: str, bits: int | None
    ) -> None:
        super().__init__(path, width, height, fps, alpha, "", bits)
        self._path, self._scene = path, scene

    def finish(self) -> None:
        super().finish()
        with self._path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            _replace_frames(file, size)
            if self._scene:
                file.seek(size)
                file.write(webp_chunk(self._scene))
                size = file.tell()
            file.seek(4)
            file.write((size - 8).to_bytes(4, "little"))


def _replace_frames(file: Any, size: int) -> None:
    """Marks every frame as taking the place of the one before; libavformat lets them cover it."""
    at = 12
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        if head[:4] == b"ANMF":
            file.seek(at + 8 + 15)
            file.write(b"\x02")
        length = int.from_bytes(head[4:], "little")
        at += 8 + length + length % 2


class PngFolder:
    """A folder of PNGs, 00001.png and on."""

    planar = False

    def __init__(
        self, path: Path, width: int, height: int, fps: Rate, alpha: bool, scene: str, bits: int | None
    ) -> None:
        self._path, self._alpha, self._scene, self._count = path, alpha, scene, 0

    def add(self, image: Image) -> None:
        self._count += 1
        data = png_bytes(image, self._alpha, self._scene)
        (self._path / f"{self._count:05d}.png").write_bytes(data)

    def finish(self) -> None:
        """Every frame is there already."""

    def abort(self) -> None:
        """Nothing is open."""


def png_bytes(image: Image, alpha: bool, scene: str = "") -> bytes:
    """A frame as a PNG file that remembers its scene."""
    context: Any = av.CodecContext.create("png", "w")
    context.width, context.height = image.shape[1], image.shape[0]
    context.pix_fmt = "rgba" if alpha else "rgb24"
    context.options = {"compression_level": "3", "pred": "mixed"}
    frame = video_frame(np.ascontiguousarray(image), 0, 1, context.pix_fmt)
    context.time_base = frame.time_base
    data = b"".join(bytes(p) for p in (*context.encode(frame), *context.encode(None)))
    return png_with(data, scene) if scene else data
