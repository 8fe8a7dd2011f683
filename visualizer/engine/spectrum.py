"""The Fourier view: |φ|, the Gaussian filter and their product."""

from __future__ import annotations

import math

import numpy as np
import torch

from visualizer.densities import Density, GaussianMixture
from visualizer.engine.build import Level
from visualizer.engine.frame import Fourier

_CURVE = 401
_IMAGE = 97
_MANY = 256
#: |φ| below this has died away, as that of a Gaussian has at 3.2/σ.
_DIED = 0.006


def fourier(p: Density, level: Level) -> Fourier:
    """|φ_0(αω)|, exp(−½σ²|ω|²) and their product |φ_t(ω)|, out to where φ_0 has died away.

    x_t = α x_0 + σ ε has φ_t(ω) = φ_0(αω) exp(−½σ²|ω|²): noise removes high frequencies (α = 1: plain smoothing).
    """
    reach = 3.2 / math.sqrt(float(p.variances.min())) if isinstance(p, GaussianMixture) else p.source.bandwidth(_DIED)
    scale = max(level.alpha, 0.05)
    n = _CURVE if p.d == 1 else (_IMAGE if p.K <= _MANY else _IMAGE // 2)
    axis = torch.linspace(-reach / scale, reach / scale, n, dtype=torch.float64)
    plane = torch.stack([axis.repeat(n), axis.flip(0).repeat_interleave(n)], 1)
    omega = axis[:, None] if p.d == 1 else plane
    phi = torch.cat([p.characteristic(level.alpha * part).abs() for part in torch.split(omega, 1024)])
    gauss = torch.exp(-0.5 * level.sigma**2 * omega.square().sum(1))
    shape = (n,) if p.d == 1 else (n, n)
    parts = [np.ascontiguousarray(v.reshape(shape).numpy(), dtype=np.float32) for v in (phi, gauss, phi * gauss)]
    return Fourier(axis.numpy().astype(np.float32), *parts)
