"""What the engine hands on: frozen values with NumPy arrays, nothing of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint32]


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


#: A grid and the density on it.
Slice = tuple[Floats, Floats]


@dataclass(frozen=True)
class Marginal:
    """One axis: the exact density where it is known, and the particles' histogram over `edges`."""

    exact: Slice | None
    edges: Floats
    histogram: Floats


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
class Tree:
    """A trajectory that doubled, of one particle in 2-D.

    Points (S, 2) in the order of time, the doubling (S,) that reached each (0: the start), and the one drawn from
    all of them, (2,).
    """

    points: Floats
    doublings: NDArray[np.int64]
    drawn: Floats


@dataclass(frozen=True)
class LineStep:
    """What a step did in 1-D: places of refused proposals and of jumps; replicas with their colours; paths (S,) through
    time; momenta (A, 2) as places and displacements."""

    refused: Floats | None = None
    jumps: Floats | None = None
    replicas: tuple[tuple[str, Floats], ...] = ()
    paths: tuple[Floats, ...] = ()
    momenta: Floats | None = None


@dataclass(frozen=True)
class Fitted:
    """A smaller mixture q beside p_t: lines in 2-D, a curve in 1-D; H(p), H(p, q) and both divergences, in nats."""

    kind: str
    contours: tuple[Floats, ...]
    curve: Slice | None
    entropy: float
    cross_entropy: float
    forward_kl: float
    reverse_kl: float
    #: whether it is the best there is, and not one that follows what is dragged or played
    final: bool = True


@dataclass(frozen=True)
class Occupancy:
    """Of each mode its weight in p_0, and the particles' mean probability of having come from it, (K,)."""

    weights: Floats
    shares: Floats


@dataclass(frozen=True)
class ModeMarks:
    """Where modes are, (K, d), and in 2-D lines along which their basins meet."""

    places: Floats
    borders: tuple[Floats, ...] = ()


@dataclass(frozen=True)
class PlanePicture:
    """Everything a 2-D canvas draws. Images are premultiplied ARGB, row 0 at the top."""

    viewport: Viewport
    moment: Moment
    images: Mapping[str, Pixels]
    contours: tuple[Floats, ...] = ()
    #: lines of the tilted density that guidance aims at
    tilted: tuple[Floats, ...] = ()
    arrows: Floats | None = None
    denoiser: Floats | None = None
    #: the same of the target itself, where a network is followed
    exact_arrows: Floats | None = None
    exact_denoiser: Floats | None = None
    trails: Floats | None = None
    trajectories: tuple[Floats, ...] = ()
    momenta: Floats | None = None
    tree: Tree | None = None
    marginals: tuple[Marginal, Marginal] | None = None
    #: p(x | y) and p(y | x), where the scene cuts the plane
    slices: tuple[Slice, Slice] | None = None
    fitted: Fitted | None = None
    #: whether a better fit is being made
    fitting: bool = False
    occupancy: Occupancy | None = None
    modes: ModeMarks | None = None
    fourier: Fourier | None = None
    #: what full colour stands for where a band of frequencies is shown
    band_peak: float | None = None


@dataclass(frozen=True)
class River:
    """p_t(x) over (time, x) as an image, if it is known, and the paths (steps, M) of followed particles at `times`."""

    image: Pixels | None
    times: tuple[float, float]
    path_times: Floats
    paths: Floats
    now: float
    label: str
    reverse: bool


@dataclass(frozen=True)
class LinePicture:
    """Everything a 1-D canvas draws."""

    x0: float
    x1: float
    moment: Moment
    grid: Floats
    #: p_0, p_t and its score, where they are known
    target: Floats | None
    density: Floats | None
    score: Floats | None
    #: the score of the network that is followed
    learned: Floats | None
    edges: Floats
    histogram: Floats
    rug: Floats
    #: points of the data set that the target is
    data: Floats | None = None
    step: LineStep | None = None
    #: the slowest mode of Langevin on the grid, of mean square 1 under p_t
    traps: Floats | None = None
    #: the tilted density that guidance aims at, on the grid
    tilted: Floats | None = None
    #: the part of p_t in the band of frequencies that is shown, on the grid
    band: Floats | None = None
    fitted: Fitted | None = None
    #: whether a better fit is being made
    fitting: bool = False
    river: River | None = None
    occupancy: Occupancy | None = None
    modes: ModeMarks | None = None
    fourier: Fourier | None = None


Picture = PlanePicture | LinePicture
