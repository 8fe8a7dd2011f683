"""The mean square error of denoisers at all noise levels, for the variational view of diffusion."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from visualizer.diagnostics.denoising import entropy_bound_terms, excess, mmse
from visualizer.diagnostics.fits import entropy
from visualizer.engine.experiments.fine import little_noise
from visualizer.engine.findings.variational import Variational
from visualizer.engine.run.make_sampler import follow
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.scene.field import LearnedField
from visualizer.scene.model import Scene

#: λ goes from −10 to 10, in so many places.
REACH, PLACES = 10.0, 161


@torch.no_grad()
def variational(scene: Scene, shelf: Shelf) -> Iterator[Variational]:
    """Begins at the clean end, where λ is large; yields as it goes."""
    p = build_density(scene.target)
    learned = None
    if isinstance(scene.field, LearnedField):
        learned = follow(shelf.get(scene.field), scene, "cpu")
    second = float(p.covariance.double().diagonal().sum() + p.mean.double().square().sum())
    ends, h = entropy_bound_terms(second, p.d, (-REACH, REACH)), entropy(p)
    log_snr = np.linspace(-REACH, REACH, PLACES)
    least, mse = np.full(PLACES, np.nan), np.full(PLACES, np.nan)
    for i in range(PLACES - 1, -1, -1):
        alpha, sigma = (float(np.sqrt(1 / (1 + np.exp(sign * log_snr[i])))) for sign in (-1, 1))
        with little_noise(scene):
            least[i] = mmse(p, alpha, sigma)
        mse[i] = least[i]
        if learned is not None:
            mse[i] += excess(p, partial(learned.denoise, alpha=alpha, sigma=sigma), alpha, sigma)
        if i % 8 == 0:
            some = slice(i, None)
            yield Variational(
                log_snr[some], mse[some], least[some], h, ends, p.d, learned is not None, (PLACES - i) / PLACES
            )
