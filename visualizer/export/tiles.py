"""Films made of small pictures that stand in rows on a ground: a chain of images as it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visualizer.export.options import Rate
from visualizer.export.store import Image
from visualizer.export.video import VideoWriter

#: Frames from one word of how far it is to the next.
_EVERY = 10


@dataclass(frozen=True)
class TileRow:
    """A row of places for pictures.

    Attributes:
        tiles: the pictures, (T, h, w, 4), B, G, R, X; each is made as large as its place, without smoothing.
        left, top, width, height, step: of the first place in pixels, and from one place to the next.
        frames: which picture stands where, (F, C), −1: none.
    """

    tiles: NDArray[np.uint8]
    left: int
    top: int
    width: int
    height: int
    step: int
    frames: NDArray[np.int32]

    def put(self, image: Image, frame: int) -> None:
        """Sets the pictures of a frame into an image."""
        down = np.arange(self.height) * self.tiles.shape[1] // self.height
        across = np.arange(self.width) * self.tiles.shape[2] // self.width
        for column, which in enumerate(self.frames[frame]):
            if which >= 0:
                left = self.left + column * self.step
                place = image[self.top : self.top + self.height, left : left + self.width]
                place[:] = self.tiles[which][down][:, across][: place.shape[0], : place.shape[1]]


def film(path: str, ground: Image, rows: tuple[TileRow, ...], fps: Rate) -> Iterator[float]:
    """Writes the film, whole or not at all; yields the share that is done.

    Args:
        path: as for `VideoWriter`.
        ground: what stands behind the pictures, (H, W, 4), B, G, R, X.
        rows: of as many frames each.
        fps: frames a second.

    Raises:
        ValueError, OSError: as `VideoWriter`.
    """
    count = len(rows[0].frames)
    with VideoWriter(Path(path), ground.shape[1], ground.shape[0], fps) as writer:
        for frame in range(count):
            image = ground.copy()
            for row in rows:
                row.put(image, frame)
            writer.write(image)
            if frame % _EVERY == 0:
                yield frame / count
    yield 1.0
