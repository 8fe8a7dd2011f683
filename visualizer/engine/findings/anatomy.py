"""The parts of a model as small pictures, joined by arrows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Organ:
    """A part of a model: what points are there.

    Attributes:
        name: what is shown, below the picture.
        arrow: what led there from the part before, above the arrow; "" where the part begins a row of its own.
        points: (n, 2), within 0…1 of the picture, y upwards.
        modes: the mode of the data that each point belongs to, or ends in, (n,).
        opens: what a click opens in the big picture: "stroke:3", "layer:critic", "latents", or "" for nothing.
        image: B, G, R, A behind the points, (h, w, 4) uint8, the first row at the top; None where there is none.
    """

    name: str
    arrow: str
    points: NDArray[np.float32]
    modes: NDArray[np.int64]
    opens: str = ""
    image: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Anatomy:
    """All parts, in the order of the arrows; `strokes` from noise to samples."""

    organs: tuple[Organ, ...]
    words: str
    strokes: int
