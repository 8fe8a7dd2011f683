"""How often and in which order the frames of a run are shown: once, held at the end, or there and back."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path

from visualizer.export.store import FrameStore, Image


def shown_count(frames: int, hold: int, loop: bool) -> int:
    """How many frames are shown."""
    return frames + hold + (max(0, frames - 2) if loop else 0)


def played(images: Iterator[Image], hold: int, loop: bool, path: Path, alpha: bool) -> Generator[Image]:
    """The images, the last of them `hold` times more; with `loop` then back to the second, so that it joins on.

    On the way back they come from a temporary file beside `path`: memory does not grow with their number.
    """
    store: FrameStore | None = None
    last: Image | None = None
    try:
        for image in images:
            if loop:
                store = store or FrameStore(path, image.shape[1], image.shape[0], alpha)
                store.add(image)
            yield image
            last = image
        if last is None:
            return
        last = last.copy()
        for _ in range(hold):
            yield last
        if store is not None:
            store.finish()
            yield from islice(store.backwards(), 1, max(1, store.count - 1))
    finally:
        if store is not None:
            store.remove()
