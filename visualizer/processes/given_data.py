"""Where x_s is, from x_t and the clean x_0: what every stroke of a diffusion is taken from."""

from __future__ import annotations

import math


def given_data(now: tuple[float, float], then: tuple[float, float]) -> tuple[float, float, float]:
    """(a, c, σ_Q): q(x_s | x_t, x_0) = N(a x_t + c x_0, σ_Q² I), from (α, σ) at t to those at s < t.

    With α_ts = α_t/α_s and σ_ts² = σ_t² − α_ts² σ_s²: a = α_ts σ_s²/σ_t², c = α_s σ_ts²/σ_t² and σ_Q² = σ_s² σ_ts²/σ_t²
    (Kingma et al. 2021, https://arxiv.org/abs/2107.00630, appendix A).
    """
    (alpha_t, sigma_t), (alpha_s, sigma_s) = now, then
    ratio = alpha_t / alpha_s
    between = sigma_t**2 - (ratio * sigma_s) ** 2
    return ratio * sigma_s**2 / sigma_t**2, alpha_s * between / sigma_t**2, sigma_s * math.sqrt(between) / sigma_t
