"""GIF with one palette for all frames, found from the frames themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.filter import Graph

from visualizer.export.options import Rate
from visualizer.export.remember import gif_comment
from visualizer.export.store import FrameStore, Image

#: The palette is found from at most this many frames.
_PALETTE_FRAMES = 40


#: Where a GIF has to be smaller: room that is left below its size, how often pictures shrink, and their least side.
_SPARE, _TRIES, _LEAST = 0.95, 4, 64


class Gif:
    """Two passes: frames are kept in a temporary lossless file, then mapped to one palette with error diffusion."""

    planar = False

    def __init__(
        self, path: Path, width: int, height: int, fps: Rate, alpha: bool, scene: str, bits: int | None
    ) -> None:
        self._path, self._fps, self._alpha, self._scene = path, fps, alpha, scene
        self._size: tuple[int, ...] = (width, height)
        self._store, self._bits = FrameStore(path, width, height, alpha), bits

    def add(self, image: Image) -> None:
        self._store.add(image)

    def abort(self) -> None:
        self._store.remove()

    def finish(self) -> None:
        try:
            self._store.finish()
            palette = self._palette()
            self._map(palette)
            self._shrink(palette)
        finally:
            self._store.remove()
        if self._scene:
            with self._path.open("r+b") as file:
                file.seek(-1, 2)  # before the trailer
                file.write(gif_comment(self._scene) + b";")

    def _shrink(self, palette: Any) -> None:
        """Smaller pictures until the file is as small as it has to be: a GIF has nothing else to give."""
        if self._bits is None:
            return
        most = self._bits * self._store.count / self._fps / 8
        for _ in range(_TRIES):
            over = self._path.stat().st_size / most
            if over <= 1:
                return
            self._size = tuple(max(_LEAST, int(side * _SPARE / float(over) ** 0.5)) for side in self._size)
            self._map(palette)
        if self._path.stat().st_size > most:
            raise ValueError(f"{self._store.count} frames do not fit in so few bytes: allow more, or fewer frames")

    def _decoded(self) -> Any:
        width, height = self._size
        for index, frame in enumerate(self._store.forwards()):
            rgb = frame.reformat(width, height, "bgra")
            rgb.pts, rgb.time_base = index, Fraction(1, self._fps)
            yield rgb

    def _palette(self) -> Any:
        graph = Graph()
        source = self._source(graph)
        settings = f"stats_mode=full:reserve_transparent={int(self._alpha)}"
        make, sink = graph.add("palettegen", settings), graph.add("buffersink")
        source.link_to(make)
        make.link_to(sink)
        graph.configure()
        every = max(1, self._store.count // _PALETTE_FRAMES)
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
