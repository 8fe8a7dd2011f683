"""Frames → MP4 (H.264) or GIF, encoded in a thread of its own, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import queue
import tempfile
import threading
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

VIDEO_SUFFIXES = (".mp4", ".gif")
_QUEUE = 4
#: One palette for the whole GIF is found from at most this many frames.
_GIF_PALETTE_FRAMES = 40
Image = NDArray[np.uint8]


class VideoWriter:
    """Takes frames (height, width, 4) B, G, R, X and writes them when closed without an error.

    The file appears under its name only when complete: it is written beside it and renamed.

    Args:
        path: ends in .mp4 (H.264, yuv420p, even sizes) or .gif (one shared palette).
        width, height: of the frames.
        fps: frames per second; GIF knows hundredths of a second only.
    """

    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        if path.suffix.lower() not in VIDEO_SUFFIXES:
            raise ValueError(f"{path.name}: expected a name that ends in {' or '.join(VIDEO_SUFFIXES)}")
        self.path = path
        self._shape = (height, width, 4)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix.lower(), dir=path.parent)
        os.close(handle)
        self._partial = Path(name)
        make = _Mp4 if path.suffix.lower() == ".mp4" else _Gif
        self._encoder = make(self._partial, width, height, fps)
        self._queue: queue.Queue[Image | None] = queue.Queue(_QUEUE)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while (image := self._queue.get()) is not None:
                self._encoder.add(image)
            self._encoder.finish()
        except BaseException as error:  # handed to the thread that writes
            self._error = error
            while self._queue.get() is not None:
                continue

    def write(self, image: Image) -> None:
        """Adds a frame; the array may be used again at once.

        Raises:
            ValueError: it has another size than the video.
            Exception: whatever stopped the encoder.
        """
        if image.shape != self._shape:
            raise ValueError(f"expected a frame of shape {self._shape}, not {image.shape}")
        if self._error is not None:
            raise self._error
        self._queue.put(image.copy())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        self._thread.join()
        try:
            if error is None:
                if self._error is not None:
                    raise self._error
                umask = os.umask(0)
                os.umask(umask)
                os.chmod(self._partial, 0o666 & ~umask)
                os.replace(self._partial, self.path)
        finally:
            with contextlib.suppress(OSError):
                self._partial.unlink(missing_ok=True)


def _frame(image: Image, index: int, fps: int) -> Any:
    frame = av.VideoFrame.from_ndarray(image, format="bgra")
    frame.pts = index
    frame.time_base = Fraction(1, fps)
    return frame


class _Mp4:
    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        self._container = av.open(str(path), "w")
        stream: Any = self._container.add_stream("libx264", rate=fps)
        stream.width, stream.height = width - width % 2, height - height % 2
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "17", "tune": "animation"}
        self._stream, self._fps, self._count = stream, fps, 0

    def add(self, image: Image) -> None:
        frame = _frame(np.ascontiguousarray(image[: self._stream.height, : self._stream.width]), self._count, self._fps)
        self._count += 1
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def finish(self) -> None:
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._container.close()


class _Gif:
    """Two passes: frames are kept compressed in a temporary lossless file, then mapped to one palette."""

    def __init__(self, path: Path, width: int, height: int, fps: int) -> None:
        self._path, self._size, self._fps, self._count = path, (width, height), fps, 0
        handle, name = tempfile.mkstemp(prefix=".frames.", suffix=".mkv", dir=path.parent)
        os.close(handle)
        self._store = Path(name)
        self._container = av.open(str(self._store), "w")
        stream: Any = self._container.add_stream("ffv1", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        self._stream = stream

    def add(self, image: Image) -> None:
        frame = av.VideoFrame.from_ndarray(image, format="bgra").reformat(format="bgr0")
        frame.pts, frame.time_base = self._count, Fraction(1, self._fps)
        self._count += 1
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def finish(self) -> None:
        try:
            for packet in self._stream.encode():
                self._container.mux(packet)
            self._container.close()
            self._map(self._palette())
        finally:
            self._store.unlink(missing_ok=True)

    def _decoded(self) -> Any:
        with av.open(str(self._store)) as source:
            for index, frame in enumerate(source.decode(video=0)):
                rgb = frame.reformat(format="bgra")
                rgb.pts, rgb.time_base = index, Fraction(1, self._fps)
                yield rgb

    def _palette(self) -> Any:
        graph = Graph()
        source = self._source(graph)
        make, sink = graph.add("palettegen", "stats_mode=full"), graph.add("buffersink")
        source.link_to(make)
        make.link_to(sink)
        graph.configure()
        every = max(1, self._count // _GIF_PALETTE_FRAMES)
        for index, frame in enumerate(self._decoded()):
            if index % every == 0:
                source.push(frame)
        source.push(None)
        return sink.pull()

    def _source(self, graph: Graph) -> Any:
        width, height = self._size
        return graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("bgra"), time_base=Fraction(1, self._fps)
        )

    def _map(self, palette: Any) -> None:
        graph = Graph()
        source = self._source(graph)
        colours = graph.add_buffer(
            width=palette.width, height=palette.height, format=palette.format, time_base=Fraction(1, self._fps)
        )
        use, sink = graph.add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle"), graph.add("buffersink")
        source.link_to(use, 0, 0)
        colours.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        palette.pts, palette.time_base = 0, Fraction(1, self._fps)
        colours.push(palette)
        colours.push(None)
        with av.open(str(self._path), "w") as container:
            stream: Any = container.add_stream("gif", rate=self._fps)
            stream.width, stream.height, stream.pix_fmt = *self._size, "pal8"
            for frame in self._decoded():
                source.push(frame)
                self._drain(sink, stream, container)
            source.push(None)
            self._drain(sink, stream, container)
            for packet in stream.encode():
                container.mux(packet)

    @staticmethod
    def _drain(sink: Any, stream: Any, container: Any) -> None:
        while True:
            try:
                frame = sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            for packet in stream.encode(frame):
                container.mux(packet)
