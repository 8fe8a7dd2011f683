"""How well x_0 can be guessed from x_t: the least mean square error, and that of any denoiser."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from visualizer.densities import Density
from visualizer.diagnostics.fits import nodes

#: Nodes that an expectation is summed over.
_NODES = 20_000


def mmse(p: Density, alpha: float, sigma: float, count: int = _NODES) -> float:
    """E‖x_0 − E[x_0 | x_t]‖² of x_t = α x_0 + σ ε, by quadrature over p_t.

    With little noise by Tweedie's formula, (σ²/α²)(d − σ² E‖∇ log p_t‖²); with more as E‖x_0 − m‖² − E‖D(x_t) − m‖².
    Each would lose digits where the other is used.
    """
    noised = p.noised(alpha, sigma)
    x, w, _ = nodes(noised, count)
    score = noised.score(x)
    if sigma < alpha * p.standard_deviation:
        return (sigma / alpha) ** 2 * (p.d - sigma**2 * float(w @ score.square().sum(1)))
    denoised = (x + sigma**2 * score) / alpha - p.mean.double()
    return float(p.covariance.double().diagonal().sum()) - float(w @ denoised.square().sum(1))


def excess(p: Density, denoise: Callable[[Tensor], Tensor], alpha: float, sigma: float, count: int = _NODES) -> float:
    """E‖D_θ(x_t) − D(x_t)‖² of another denoiser, (d, N) → (d, N): what its mean square error has beyond the least."""
    noised = p.noised(alpha, sigma)
    x, w, _ = nodes(noised, count)
    exact = (x + sigma**2 * noised.score(x)) / alpha
    guessed = denoise(x.T.float().contiguous()).T.double()
    return float(w.double() @ (guessed - exact).square().sum(1))


def entropy_bound_terms(second: float, d: int, log_snr: tuple[float, float]) -> tuple[float, float]:
    """The ends of the variational bound of a diffusion from ln SNR = log_snr[1] (least noise) to log_snr[0], in nats.

    E KL(q(x_1 | x_0) ‖ N(0, I)) for a process that preserves variance, and what a Gaussian last stroke costs,
    (d/2)(ln 2πe − ln SNR_0) (Kingma et al. 2021, https://arxiv.org/abs/2107.00630).

    Args:
        second: E‖x_0‖².
        d: dimension.
        log_snr: ln α²/σ² at the noisy and at the clean end.
    """
    alpha2, sigma2 = (1 / (1 + math.exp(-v)) for v in (log_snr[0], -log_snr[0]))
    prior = 0.5 * (alpha2 * second + d * (sigma2 - 1 - math.log(sigma2)))
    last = 0.5 * d * (math.log(2 * math.pi) + 1 - log_snr[1])
    return prior, last
