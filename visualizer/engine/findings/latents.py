"""The latent space of an autoencoder beside its data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Latents:
    """What encoder and decoder say now. Rows are places of the data (n, d) or of the latents (n, l).

    Attributes:
        words: what the network is.
        data, modes: draws of p and the mode each belongs to.
        mean, std: of q(z | x) at each of them, (n, l).
        codes: a draw of q(z | x) for each, so draws of q(z).
        tau: τ, of N(x; g(z), τ² I).
        axis: values of z along an axis, (m,); `carried`: g(z) there, (m, d) or (m, m, d), the first latent first.
        of_prior, of_codes: draws of g(z) + τε with z from p(z), and with z from q(z).
        junk: the share of either where p has but a thousandth of its draws.
        plain: whether p(z) is N(0, I) and the posterior known; of a hierarchy z is its lowest level, whose law is not.
    """

    words: str
    data: Floats
    modes: NDArray[np.int64]
    mean: Floats
    std: Floats
    codes: Floats
    tau: float
    axis: Floats
    carried: Floats
    of_prior: Floats
    of_codes: Floats
    junk: tuple[float, float]
    plain: bool


@dataclass(frozen=True)
class Posterior:
    """The exact p_θ(z | x) at one x: on a line its density over `axis`; in the plane lines that hold 39 % and 86 %.

    Attributes:
        x: where.
        curve: (m,), for one latent.
        rings: lines (k, 2), for two latents.
        mean, std: of q(z | x) there.
        gap: KL(q(z | x) ‖ p_θ(z | x)), nats; None where the posterior is not known.
    """

    x: tuple[float, ...]
    curve: Floats | None
    rings: tuple[Floats, ...]
    mean: Floats
    std: Floats
    gap: float | None = None
