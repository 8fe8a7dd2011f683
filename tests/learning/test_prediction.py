"""The predictions are one another's, exactly, at every noise level."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest
import torch

from visualizer.densities import GaussianMixture
from visualizer.learning.prediction import (
    Prediction,
    Undetermined,
    clean_of,
    noise_of,
    prediction_of,
    score_of,
)
from visualizer.processes import PROCESSES, process

G = torch.Generator().manual_seed(0)
MIXTURE = GaussianMixture(
    torch.tensor([0.4, 0.6]).double(),
    torch.tensor([[-1.0, 0.5], [1.5, -0.3]]).double(),
    torch.tensor([[[0.4, 0.1], [0.1, 0.3]], [[0.2, 0.0], [0.0, 0.5]]]).double(),
)


def exact(alpha, sigma, n=50):
    noised = MIXTURE.noised(alpha, sigma)
    x = noised.sample(n, generator=G)
    score = noised.score(x)
    return x, MIXTURE.denoise(x, alpha, sigma), -sigma * score, score


def rates(q, t, h=1e-6):
    return tuple(
        (f(min(t + h, q.t_max)) - f(max(t - h, 0.0))) / (min(t + h, q.t_max) - max(t - h, 0.0))
        for f in (q.alpha, q.sigma)
    )


@pytest.mark.parametrize("kind", sorted(PROCESSES))
@pytest.mark.parametrize("u", [0.0, 1e-3, 0.1, 0.5, 0.9, 1.0])
def test_every_prediction_gives_the_exact_denoiser_noise_and_score(kind, u):
    """Of the true D, ε̂ and s each prediction is made, and from each alone they come back, to rounding."""
    q = process(kind)
    t = u * q.t_max
    alpha, sigma = q.alpha(t), q.sigma(t)
    x, clean, noise, score = exact(alpha, sigma)
    rate = rates(q, t)
    for prediction in get_args(Prediction):
        if prediction == "velocity" and abs(alpha * rate[1] - sigma * rate[0]) < 1e-6:
            continue  # the flow stands still there: its velocity says nothing
        out = prediction_of(prediction, clean, noise, score, alpha, sigma, rate)
        for what, of, determined in (
            (clean, clean_of, alpha > 0 or prediction in ("x0", "v", "velocity")),
            (noise, noise_of, True),
            (score, score_of, sigma > 0 or prediction == "score"),
        ):
            if not determined:
                with pytest.raises(Undetermined):
                    of(prediction, out, x, alpha, sigma, rate)
                continue
            found = of(prediction, out, x, alpha, sigma, rate)
            # Dividing by a small α or σ makes rounding of x that much larger.
            grown = max(1.0, 1 / alpha if alpha else 1.0, 1 / sigma if sigma else 1.0) ** 2
            torch.testing.assert_close(found, what, rtol=1e-9, atol=1e-14 * grown * (10 + float(x.abs().max())))


def test_predictions_convert_in_a_circle():
    """x0 → ε → score → v → x0 and all other ways round."""
    x, clean, noise, score = exact(0.8, 0.6)
    names = ("x0", "epsilon", "score", "v")
    for first, second in itertools.permutations(names, 2):
        out = prediction_of(first, clean, noise, score, 0.8, 0.6, (0.0, 0.0))
        parts = [of(first, out, x, 0.8, 0.6, (0.0, 0.0)) for of in (clean_of, noise_of, score_of)]
        again = prediction_of(second, *parts, 0.8, 0.6, (0.0, 0.0))
        torch.testing.assert_close(
            again, prediction_of(second, clean, noise, score, 0.8, 0.6, (0.0, 0.0)), rtol=1e-12, atol=1e-12
        )
