"""What the engine hands on: frozen values with NumPy arrays, nothing of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualizer.engine.drawings import Drawing, Floats, Pixels, Plot


class Diverged(RuntimeError):
    """Particles are no longer finite. The simulation still holds the last state in which they were."""

    def __init__(self, step: int, cause: str) -> None:
        self.step = step
        super().__init__(f"The run diverged at step {step}: {cause}")


@dataclass(frozen=True)
class Frame:
    """One moment of a run: particles x (N, d), the time t and the step they have reached."""

    x: Floats
    t: float
    step: int

    def _repr_png_(self) -> bytes:
        """In a notebook: its particles."""
        found: bytes = import_module("visualizer.notebook").png_of_frame(self)
        return found


@dataclass(frozen=True)
class Kept:
    """A state of a run, enough to go on exactly from here, and what led to it: paths (steps, times, positions)."""

    step: int
    t: float
    x: Floats
    memory: Mapping[str, NDArray[Any]]
    paths: tuple[Floats, Floats, Floats]
    evaluations: float = 0.0


@dataclass(frozen=True)
class Viewport:
    """A rectangle of the plane shown on width × height device pixels, `ratio` of them to a logical one.

    What lies below everything else is opaque unless the picture is to be `transparent`.
    """

    x0: float
    x1: float
    y0: float
    y1: float
    width: int
    height: int
    ratio: float = 1.0
    transparent: bool = False


@dataclass(frozen=True)
class Noise:
    """σ of a process at some of its times, ascending."""

    t: NDArray[np.float64]
    sigma: NDArray[np.float64]

    def time_of(self, sigma: float) -> float:
        """The time at which σ(t) is `sigma`, or the end that is nearer to it."""
        with np.errstate(divide="ignore"):
            return float(np.interp(np.log(sigma), np.log(self.sigma), self.t)) if sigma > 0 else float(self.t[0])


@dataclass(frozen=True)
class Moment:
    """Where the run was when a picture was made, and the noise level the fields are shown at."""

    step: int
    t: float
    count: int
    shown_t: float | None
    alpha: float
    sigma: float
    finished: bool
    last_step: int
    endless: bool = False
    device: str = "cpu"


@dataclass(frozen=True)
class Fourier:
    """|φ|, the filter exp(−½σ²|ω|²) and their product: curves over ω in 1-D, square grids in 2-D, ω₂ falling.

    `images` shows the three in 2-D, and where phases are shown in 1-D the area under the product. `share` is that of
    ∫ p_t² in the band of the view.
    """

    omega: Floats
    phi: Floats
    filter: Floats
    product: Floats
    images: Mapping[str, Pixels]
    share: float | None = None


@dataclass(frozen=True)
class Occupancy:
    """Of each mode its weight in p_0, and the particles' mean probability of having come from it, (K,).

    `sigma` is the noise they are under.
    """

    weights: Floats
    shares: Floats
    sigma: float


@dataclass(frozen=True)
class Picture:
    """A moment of a run: a list of drawings for each layer, from the bottom up, and what stands beside the picture.

    Attributes:
        d: the dimension of the run, 1 or 2.
        viewport: what it was made for.
        moment: where the run was.
        layers: the drawings of each layer, from the bottom up.
        ranges: how far plots reach along the axis of a density, a score or time.
        names: what axes are called that the scene does not name.
        now: where the run is in the river.
        fitting: whether a better fit is being made.
        noise: of the process.
        occupancy, fourier: of the cards beside the picture; None where there is nothing to show.
    """

    d: int
    viewport: Viewport
    moment: Moment
    layers: Mapping[str, tuple[Drawing, ...]]
    ranges: Mapping[Plot, tuple[float, float]] = field(default_factory=dict)
    names: Mapping[Plot, str] = field(default_factory=dict)
    now: float | None = None
    fitting: bool = False
    noise: Noise | None = None
    occupancy: Occupancy | None = None
    fourier: Fourier | None = None
