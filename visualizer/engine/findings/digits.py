"""What is known of walk–jump on handwritten digits. Images are rows of 64 pixels, 0 ground and 1 ink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Pixels along a side, and classes.
SIDE, CLASSES = 8, 10
#: The network that ships.
SHIPPED = "digits.safetensors"
_BINS = 60
#: Steps that a chain takes to another σ, which are not counted.
SETTLING = 25
Images = NDArray[np.float32]


@dataclass(frozen=True)
class Walking:
    """What is walked.

    Attributes:
        sigma: σ of the walk, in units of the ink.
        pace: h/σ², the step in units of σ².
        label: the class that it is pushed towards; None for none.
        guidance: w; 1 is the class itself.
        net: the file of a network, or its name in this session; "" for the exact denoiser of the 1,797 digits.
        seed: of the chain.
    """

    sigma: float = 0.29
    pace: float = 0.3
    label: int | None = None
    guidance: float = 1.0
    net: str = SHIPPED
    seed: int = 0


@dataclass(frozen=True)
class DigitFacts:
    """What does not change.

    Attributes:
        places: of the digits in the plane of their two principal components, (1797, 2).
        labels: their classes.
        neighbour: the median distance from a digit to the next.
        lengths: r, (M,).
        laws: the density of ‖ε‖/√d at r, by d.
    """

    places: NDArray[np.float32]
    labels: NDArray[np.int8]
    neighbour: float
    lengths: NDArray[np.float64]
    laws: Mapping[int, NDArray[np.float64]]


@dataclass(frozen=True)
class DigitWalk:
    """A chain so far.

    Attributes:
        step: steps taken; `since`: the step at which the numbers were last changed. Some steps later the counts begin.
        walk, jumps: y and x̂ of the last steps, (n, 64).
        reads: what the jumps are read as, (n,).
        sure: whether they are recognised: at least 8 of the 10 nearest digits agree, (n,).
        path: the last jumps in the plane of the principal components, (m, 2).
        walked: where y is in that plane, (2,).
        visited: jumps read as each class, (10,).
        norms: how often ‖y − x̂‖/(σ√d) was in each bin, with its edges.
        recognised: jumps that were recognised; `far`: the sum of the distances to the nearest digit.
    """

    step: int
    since: int
    walk: Images
    jumps: Images
    reads: NDArray[np.int8]
    sure: NDArray[np.bool_]
    path: NDArray[np.float32]
    walked: NDArray[np.float32]
    visited: NDArray[np.int64]
    norms: NDArray[np.int64]
    edges: NDArray[np.float64]
    recognised: int
    far: float

    @property
    def counted(self) -> int:
        """Steps that are counted."""
        return max(0, self.step - self.since - (SETTLING if self.since else 0))

    @classmethod
    def begun(cls) -> DigitWalk:
        """Before the first step."""
        none = np.empty((0, SIDE * SIDE), np.float32)
        flat = np.empty((0, 2), np.float32)
        return cls(
            0, 0, none, none, np.empty(0, np.int8), np.empty(0, bool), flat, np.zeros(2, np.float32),
            np.zeros(CLASSES, np.int64), np.zeros(_BINS, np.int64), np.linspace(0.4, 1.6, _BINS + 1), 0, 0.0,
        )  # fmt: skip


@dataclass(frozen=True)
class DigitSigma:
    """What walk–jump does at one σ: classes that a chain visits in 2,000 steps, on average and at least, the share of
    its jumps that are recognised, and the median distance of a jump to the nearest digit."""

    sigma: float
    classes: float
    fewest: int
    recognised: float
    far: float


@dataclass(frozen=True)
class DigitSigmas:
    """The points so far, and the share of the work that is done."""

    points: tuple[DigitSigma, ...]
    done: float


@dataclass(frozen=True)
class DigitSheet:
    """The jumps of one chain, (n, 64), and what they are read as."""

    sigma: float
    jumps: Images
    reads: NDArray[np.int8]


@dataclass(frozen=True)
class DigitLesson:
    """Where the training of the denoiser is: the network's name, steps, losses, and what it makes of noisy digits."""

    name: str
    step: int
    steps: int
    losses: NDArray[np.float32]
    sigma: float
    clean: Images
    noisy: Images
    denoised: Images
