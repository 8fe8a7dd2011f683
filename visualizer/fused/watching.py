"""What is asked of particles as a step makes them, while they are in the cache: whether they are finite, and where.

Asked afterwards, the same takes a pass of its own: with ten million particles a tenth of a frame and more.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from torch import Tensor

Span = tuple[float, float]


class Cells(NamedTuple):
    """Equal cells along each axis, d of them.

    Attributes:
        limits: from where to where along each axis; down instead of up, if the second is the lower one.
        sizes: cells along each axis.
    """

    limits: tuple[Span, ...]
    sizes: tuple[int, ...]


class Seen(NamedTuple):
    """What a pass has found of the particles that it made.

    Attributes:
        x: the particles, (d, N).
        version: torch's number of times that they have been changed.
        finite: whether all coordinates are numbers below 10¹⁹.
        cells, counts: what was counted, if anything, and how many lie in each cell, with those outside at the borders.
    """

    x: Tensor
    version: int
    finite: bool
    cells: Cells | None
    counts: Tensor | None


class Watch:
    """Remembers what passes have seen of the last state of a run.

    Cells that are asked for once are counted with the next step, too, until nobody asks any more. Of a sampler whose
    steps do not end with a pass nothing is seen.
    """

    def __init__(self) -> None:
        self._seen: Seen | None = None
        self._wanted: Cells | None = None
        self._shown, self._asked, self._useless = False, False, False

    @contextmanager
    def over(self, shown: bool) -> Generator[None]:
        """A step is taken within the block; `shown`: its particles may be looked at."""
        if self._seen is not None and self._seen.counts is not None and not self._asked:
            self._wanted = None
        self._seen, self._shown, self._asked = None, shown, False
        token = _WATCH.set(None if self._useless else self)
        try:
            yield
        finally:
            _WATCH.reset(token)

    def wanted(self, d: int) -> Cells | None:
        """What a pass is to count of particles in d dimensions."""
        return self._wanted if self._wanted is not None and self._shown and len(self._wanted.sizes) == d else None

    def saw(self, x: Tensor, finite: bool, cells: Cells | None, counts: Tensor | None) -> None:
        """A pass has made particles; nobody changes them behind torch's back."""
        self._seen = Seen(x, x._version, finite, cells, counts)

    def finite(self, x: Tensor) -> bool | None:
        """Whether all coordinates are finite, if that was seen."""
        seen = self._seen_of(x)
        self._useless |= self._seen is not None and seen is None  # the pass was not the last word
        return None if seen is None else seen.finite

    def counts(self, x: Tensor, cells: Cells) -> Tensor | None:
        """How many lie in each cell, if that was seen; from the next step on it will be."""
        seen, self._wanted, self._asked = self._seen_of(x), cells, True
        return seen.counts if seen is not None and seen.cells == cells else None

    def _seen_of(self, x: Tensor) -> Seen | None:
        seen = self._seen
        if seen is None or seen.x.data_ptr() != x.data_ptr() or seen.x.shape != x.shape or seen.version != x._version:
            return None
        return seen


#: Who watches the step that is being taken.
_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


def watch() -> Watch | None:
    """Who watches the step that is being taken in this thread."""
    return _WATCH.get()
