"""What data suggest: a bandwidth by likelihood, and a mixture by expectation–maximisation."""

from __future__ import annotations

import math
import warnings

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.scene.points import silverman
from visualizer.scene.target import VARIANCE_RANGE, MixtureTarget

Array = NDArray[np.float64]
#: The likelihood is held against so many points, and EM is run on so many.
_POINTS, _EM_POINTS, MOST = 2000, 20_000, 10
_WIDTHS = 48


def likelihood_bandwidth(x: Array) -> float:
    """The h that maximises Σ_i log (n − 1)⁻¹ Σ_{j≠i} N(x_i; x_j, h² I): leave-one-out likelihood (Habbema et al. 1974).

    Of more than 2,000 points every so manieth is taken; h is then narrowed as Silverman's rule says, ∝ n^{−1/(d+4)}.
    """
    n, d = x.shape
    some = torch.tensor(x[:: max(1, math.ceil(n / _POINTS))])
    square = torch.cdist(some, some).square()
    square.fill_diagonal_(math.inf)
    guess = silverman(some.numpy())
    widths = torch.logspace(math.log10(0.02 * guess), math.log10(3 * guess), _WIDTHS, dtype=torch.float64)
    scores = torch.stack([torch.logsumexp(-0.5 * square / h**2, 1).mean() - d * torch.log(h) for h in widths])
    best = float(widths[int(torch.nan_to_num(scores, nan=-math.inf).argmax())])
    return float(best * (len(some) / n) ** (1 / (d + 4)))


def fitted_mixture(x: Array) -> MixtureTarget:
    """The Gaussian mixture with K = 1…10 components, by EM, that has the least BIC (Schwarz 1978).

    Raises:
        ValueError: no mixture can be fitted.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture as Fit

    some = x[:: max(1, math.ceil(len(x) / _EM_POINTS))]
    floor = max(10 * VARIANCE_RANGE[0], 1e-6 * float(x.var(0).min()))
    fits = []
    # The criterion judges whatever came out.
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    for k in range(1, min(MOST, len(some) // 2) + 1):
        fit = Fit(k, reg_covar=floor, n_init=2, random_state=0, max_iter=200).fit(some)
        fits.append((float(fit.bic(some)), fit))
    if not fits:
        raise ValueError("there are too few points for a mixture")
    best = min(fits, key=lambda pair: pair[0])[1]
    digits = 6
    return MixtureTarget.model_validate(
        {
            "weights": [round(float(w), digits) for w in best.weights_],
            "means": [[round(float(v), digits) for v in mean] for mean in best.means_],
            "covariances": [[[float(f"{v:.8g}") for v in row] for row in c] for c in best.covariances_],
        }
    )
