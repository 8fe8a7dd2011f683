"""Frames → a file that moves, encoded in a thread of its own, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from visualizer.export.encoders import Encoder, Mov, Mp4, PngFolder, WebM, WebP
from visualizer.export.gif import Gif
from visualizer.export.options import Rate
from visualizer.export.store import Image

#: Endings of files that move, with what writes them; no ending: a folder of PNGs.
_ENCODERS: dict[str, type[Mp4 | WebM | Mov | WebP | Gif | PngFolder]] = {
    ".mp4": Mp4,
    ".webm": WebM,
    ".mov": Mov,
    ".gif": Gif,
    ".webp": WebP,
    "": PngFolder,
}
VIDEO_SUFFIXES = tuple(suffix for suffix in _ENCODERS if suffix)
#: Those that can be kept below a size.
BOUNDED_SUFFIXES = (".mp4", ".webm", ".gif")
#: Those that can be transparent.
ALPHA_SUFFIXES = (".webm", ".mov", ".gif", ".webp", "")
#: Times in a GIF are hundredths of a second, and viewers slow down what has one of them.
GIF_MAX_FPS = 50
_QUEUE = 4


class VideoWriter:
    """Takes frames (height, width, 4) B, G, R, A or X and writes them when closed without an error.

    The file appears under its name only when complete: it is written beside it and renamed.

    Args:
        path: ends in .mp4 (H.264, even sizes), .webm (VP9), .mov (ProRes), .gif (one shared palette) or .webp; a name
            without an ending becomes a folder of PNGs.
        width, height: of the frames.
        fps: frames per second; GIF knows hundredths of a second only.
        alpha: whether the fourth byte is an opacity (straight, not premultiplied).
        scene: the text of the scene, which the file is to remember.
        bits: a second, at most, of an .mp4 or a .webm, and of a .gif, whose pictures become smaller for it.
        planes: makes brightness and two differences of half the size of a frame, by BT.709; whoever has something
            quicker than the library hands it over. None from it means that the library is to do it.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        fps: Rate,
        *,
        alpha: bool = False,
        scene: str = "",
        bits: int | None = None,
        planes: Callable[[Image], Image | None] = lambda _: None,
    ) -> None:
        suffix = path.suffix.lower()
        if bits is not None and suffix not in BOUNDED_SUFFIXES:
            raise ValueError(f"{path.name}: only {', '.join(BOUNDED_SUFFIXES)} can be kept below a size")
        if suffix not in _ENCODERS:
            raise ValueError(f"{path.name}: expected a name that ends in {', '.join(VIDEO_SUFFIXES)}, or a new folder")
        if alpha and suffix not in ALPHA_SUFFIXES:
            others = ", ".join(s for s in ALPHA_SUFFIXES if s)
            raise ValueError(f"{path.name}: {suffix} cannot be transparent; choose one of {others}")
        if not suffix and path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise FileExistsError(17, "there is something of that name already; choose a new folder", str(path))
        if suffix == ".gif" and fps > GIF_MAX_FPS:
            raise ValueError(f"{path.name}: a GIF shows at most {GIF_MAX_FPS} frames a second; choose fewer, or .webp")
        self.path = path
        self._shape, self._planes = (height, width, 4), planes
        self._partial = _place_beside(path, suffix)
        try:
            self._encoder: Encoder = _ENCODERS[suffix](self._partial, width, height, fps, alpha, scene, bits)
        except BaseException:
            _remove(self._partial)
            raise
        self._queue: queue.Queue[Image | None] = queue.Queue(_QUEUE)
        self._error: BaseException | None = None
        self._unwanted = False
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (image := self._queue.get()) is not None:
            if self._error is None:  # after one nothing more is encoded, but the frames are taken
                self._try(lambda image=image: self._encoder.add(image))  # type: ignore[misc]  # a default has no type
        if self._error is None and not self._unwanted:
            self._try(self._encoder.finish)
        if self._error is not None or self._unwanted:
            with contextlib.suppress(Exception):  # what went wrong is known already
                self._encoder.abort()

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except BaseException as error:  # handed to the thread that writes
            self._error = error

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
        turned = self._planes(image) if self._encoder.planar else None
        self._queue.put(image.copy() if turned is None else turned)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unwanted = error is not None
        self._queue.put(None)
        self._thread.join()
        try:
            if error is None:
                if self._error is not None:
                    raise self._error
                umask = os.umask(0)
                os.umask(umask)
                os.chmod(self._partial, (0o777 if self._partial.is_dir() else 0o666) & ~umask)
                os.replace(self._partial, self.path)
        finally:
            _remove(self._partial)


def _remove(partial: Path) -> None:
    """What is not complete goes."""
    if partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    with contextlib.suppress(OSError):
        partial.unlink(missing_ok=True)


def _place_beside(path: Path, suffix: str) -> Path:
    """A new empty file, or folder, beside `path`."""
    if not suffix:
        return Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=suffix, dir=path.parent)
    os.close(handle)
    return Path(name)
