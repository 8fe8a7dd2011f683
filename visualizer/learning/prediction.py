"""What a network predicts, and how each prediction gives the others."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Prediction = Literal["x0", "epsilon", "score", "v", "velocity"]
#: (α̇, σ̇)
Rates = tuple[float, float]


class Undetermined(ValueError):
    """The prediction says nothing of what was asked for at this noise level; the message says where that is."""


def clean_of(kind: Prediction, out: Tensor, x: Tensor, alpha: float, sigma: float, rates: Rates) -> Tensor:
    """The denoiser D = E[x_0 | x_t = x].

    From x = α D + σ ε̂ and: ε̂ = −σ s; v = α ε̂ − σ D (Salimans & Ho 2022), so D = (α x − σ v)/(α² + σ²);
    u = α̇ D + σ̇ ε̂ (Lipman et al. 2023), so D = (σ̇ x − σ u)/(α σ̇ − σ α̇).

    Args:
        kind: what `out` is.
        out, x: prediction and place, of one shape.
        alpha, sigma: the noise level.
        rates: (α̇, σ̇), asked only for a velocity.

    Raises:
        Undetermined: at α = 0 noise and score say nothing of the signal.
    """
    if kind == "x0":
        return out
    if kind == "v":
        return (alpha * x - sigma * out) / (alpha**2 + sigma**2)
    if kind == "velocity":
        d_alpha, d_sigma = rates
        return (d_sigma * x - sigma * out) / (alpha * d_sigma - sigma * d_alpha)
    if alpha == 0:
        raise Undetermined(f"at α = 0 the {kind} does not determine the denoiser")
    noise = out if kind == "epsilon" else -sigma * out
    return (x - sigma * noise) / alpha


def noise_of(kind: Prediction, out: Tensor, x: Tensor, alpha: float, sigma: float, rates: Rates) -> Tensor:
    """ε̂ = E[ε | x_t = x]; at σ = 0 it is 0 for every density. Arguments as of `clean_of`."""
    if sigma == 0:
        return x * 0
    if kind == "epsilon":
        return out
    if kind == "score":
        return -sigma * out
    if kind == "v":
        return (sigma * x + alpha * out) / (alpha**2 + sigma**2)
    if kind == "velocity":
        d_alpha, d_sigma = rates
        return (alpha * out - d_alpha * x) / (alpha * d_sigma - sigma * d_alpha)
    return (x - alpha * out) / sigma


def score_of(kind: Prediction, out: Tensor, x: Tensor, alpha: float, sigma: float, rates: Rates) -> Tensor:
    """s = −ε̂/σ. Arguments as of `clean_of`.

    Raises:
        Undetermined: at σ = 0 nothing but the score itself determines it.
    """
    if kind == "score":
        return out
    if sigma == 0:
        raise Undetermined(f"at σ = 0 the {kind} does not determine the score")
    return noise_of(kind, out, x, alpha, sigma, rates) / -sigma


def prediction_of(
    kind: Prediction,
    clean: Tensor,
    noise: Tensor,
    score: Tensor,
    alpha: float,
    sigma: float,
    rates: tuple[float, float],
) -> Tensor:
    """What a perfect network of this kind would predict, from D, ε̂ and s."""
    if kind == "x0":
        return clean
    if kind == "epsilon":
        return noise
    if kind == "score":
        return score
    if kind == "v":
        return alpha * noise - sigma * clean
    return rates[0] * clean + rates[1] * noise
