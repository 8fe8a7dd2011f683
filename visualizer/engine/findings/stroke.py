"""One stroke of a diffusion, from one place x_t: where x_s may be, exactly and as a Gaussian says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
#: A round Gaussian: its mean, (d,), and its standard deviation.
Round = tuple[Floats, float]


@dataclass(frozen=True)
class Stroke:
    """What is known of x_s given x_t. In the plane laws are rings that hold 39 % and 86 %; on a line they are curves.

    Attributes:
        x: x_t, (d,).
        exact: p(x_s | x_t).
        around: p_s, faintly behind.
        axis: where the curves are, (m,); empty in the plane.
        told: the Gaussian p_θ(x_s | x_t) around what the denoiser says.
        known: q(x_s | x_t, x_0) for one x_0 drawn from p(x_0 | x_t).
        x0: that x_0.
        kl: KL(p(x_s | x_t) ‖ p_θ(x_s | x_t)) at this x_t, nats.
    """

    x: Floats
    exact: tuple[Floats, ...]
    around: tuple[Floats, ...]
    axis: Floats
    told: Round
    known: Round
    x0: Floats
    kl: float
