"""Gaussian mixtures of a data set by expectation–maximisation, one after the other."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from visualizer.engine.findings.fits import Fits
from visualizer.scene.targets.mixture import MixtureTarget

Array = NDArray[np.float64]
#: Points that EM is run on, at most.
_POINTS = 20_000
#: Starts of EM.
_STARTS = 2
#: Steps of EM, at most.
_STEPS = 200
#: Steps between two looks at whether to go on.
_AT_A_TIME = 5
MOST = 10
#: Points of the data that are drawn.
_DOTS = 2_000
#: Bars of the data that are drawn, in 1-D.
_BARS = 80
#: The least variance of a component beside that of the data; rounded data ask for more.
_LEAST_VARIANCE = 1e-4


def fitted_mixtures(x: Array) -> Iterator[Fits]:
    """Mixtures with K = 1…10 components, each the likeliest that EM finds from two starts (scikit-learn).

    The likelihood has no maximum: a component may collapse onto a point, or onto a row of rounded data. So a variance
    is at least that of rounding, step²/12, and a ten-thousandth of the data's.

    Of more than 20,000 points every so manieth is taken. Yields every few steps.

    Raises:
        ValueError: there are too few points.
    """
    some = x[:: max(1, math.ceil(len(x) / _POINTS))]
    # In units of each axis, so that the least variance is of both alike.
    mean, std = some.mean(0), np.maximum(some.std(0), 1e-300)
    some = (some - mean) / std
    floor = max(_LEAST_VARIANCE, *(rounding(v) ** 2 / 12 for v in some.T))
    most = min(MOST, len(some) // 2)
    if most < 1:
        raise ValueError("There are too few points for a mixture: at least two are needed.")
    found = Fits((), (), (), *_shown(x), len(some), most, 0.0)
    for k in range(1, most + 1):
        best: Any = None
        for start in range(_STARTS):
            fit = _begun(k, start, floor)
            for share in _steps(fit, some):
                # K components take about K times as long as one.
                done = ((k - 1) * k / 2 + k * (start + share) / _STARTS) / (most * (most + 1) / 2)
                yield replace(found, done=min(done, 0.999))
            best = fit if best is None or fit.lower_bound_ > best.lower_bound_ else best
        done = k * (k + 1) / (most * (most + 1))
        bic = (*found.bic, float(best.bic(some) + 2 * len(some) * np.log(std).sum()))
        mixture = _as_target(best, mean, std)
        outlines = (*found.outlines, _outline(mixture, found.edges))
        found = replace(found, bic=bic, mixtures=(*found.mixtures, mixture), outlines=outlines, done=done)
        yield found


def _shown(x: Array) -> tuple[Array, Array]:
    """The data as they are drawn, and the edges of the bars if they are a histogram."""
    if x.shape[1] == 2:
        return x[:: max(1, math.ceil(len(x) / _DOTS))], np.empty(0)
    heights, edges = np.histogram(x[:, 0], _BARS, density=True)
    return heights, edges


def _outline(mixture: MixtureTarget, edges: Array) -> Array:
    means, covariances = np.array(mixture.means), np.array(mixture.covariances)
    if len(edges):
        y = np.linspace(edges[0], edges[-1], 4 * _BARS)
        variances = covariances[:, 0, 0]
        z = np.exp(-0.5 * (y[:, None] - means[:, 0]) ** 2 / variances) / np.sqrt(2 * math.pi * variances)
        return np.stack([y, z @ np.array(mixture.weights)])
    turn = np.linspace(0, 2 * math.pi, 65)
    circle = np.append(np.stack([np.cos(turn), np.sin(turn)]), [[math.nan]] * 2, axis=1)
    roots = np.linalg.cholesky(covariances)
    lines = [m[:, None] + r @ (s * circle) for m, r in zip(means, roots, strict=True) for s in (1, 2)]
    return np.concatenate(lines, axis=1)


def rounding(values: Array) -> float:
    """The step values were rounded to, 0 where most differ: then they were not."""
    there = np.unique(values)
    return float(np.median(np.diff(there))) if 1 < len(there) <= len(values) / 2 else 0.0


def _begun(k: int, start: int, floor: float) -> Any:
    from sklearn.mixture import GaussianMixture as Fit

    return Fit(k, reg_covar=floor, random_state=start, max_iter=_AT_A_TIME, warm_start=True)


def _steps(fit: Any, x: Array) -> Iterator[float]:
    """Goes on with a fit, a few steps at a time; yields about which share of it is done."""
    from sklearn.exceptions import ConvergenceWarning

    for steps in range(_AT_A_TIME, _STEPS + 1, _AT_A_TIME):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", category=ConvergenceWarning)  # it goes on
            fit.fit(x)
        yield 1.0 if fit.converged_ else steps / _STEPS
        if fit.converged_:
            return


def _as_target(fit: Any, mean: Array, std: Array) -> MixtureTarget:
    digits = 6
    means, covariances = mean + std * fit.means_, fit.covariances_ * np.outer(std, std)
    table = {
        "weights": [round(float(w), digits) for w in fit.weights_],
        "means": [[float(f"{v:.10g}") for v in place] for place in means],
        "covariances": [[[float(f"{v:.8g}") for v in row] for row in c] for c in covariances],
    }
    try:
        return MixtureTarget.model_validate(table)
    except ValidationError:
        text = "In these units no mixture fits that the program can use: standardise the data, then fit again."
        raise ValueError(text) from None
