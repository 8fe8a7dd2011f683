"""A network as the score field that samplers follow: columns in, columns out, at any noise level."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

from visualizer.densities import FieldAtLevel, FixedLevel
from visualizer.learning.prediction import Prediction, Rates, clean_of, noise_of, score_of

#: Predictions of the noise or the score are asked for the signal at this α/σ at least: at α = 0 they say nothing of it.
_LEAST_SIGNAL = 1e-3
#: Below this α/σ x_t is σ ε, of which nothing has to be learned.
_NO_SIGNAL = 1e-6


class NoDensity(ValueError):
    """A log-density was asked of a field that has none."""

    def __init__(self) -> None:
        super().__init__("this network gives a score but no log-density; choose a sampler that needs only the score")


class Predictor(Protocol):
    """Predictions at columns x (d, N) and one noise level."""

    d: int
    prediction: Prediction

    def __call__(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """(d, N) → (d, N)."""
        ...


class LearnedScore:
    """A score field from predictions.

    A noise level outside the range of `ratios` is answered with the nearest inside, at the same scale: below, p_t is
    taken for the least noised one the predictor knows. At α = 0, where x_t = σ ε whatever the data are, ε̂ = x/σ and
    s = −x/σ² are exact, and the predictor is asked for the denoiser alone.

    Args:
        predictor: what predicts.
        ratios: (least, largest) σ/α that it knows; the largest may be inf.
    """

    has_log_prob = False
    normalised = False
    guided = False

    def __init__(self, predictor: Predictor, ratios: tuple[float, float]) -> None:
        self.d = predictor.d
        self._predictor, self._ratios = predictor, ratios

    def known_level(self, alpha: float, sigma: float) -> tuple[float, float]:
        """The noise level at which (α, σ) is answered."""
        least, largest = self._ratios
        if sigma < least * alpha:
            return alpha, least * alpha
        needed = _LEAST_SIGNAL * sigma if self._predictor.prediction in ("epsilon", "score") else 0.0
        return max(alpha, needed, 0.0 if math.isinf(largest) else sigma / largest), sigma

    def _ask(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor, float, float]:
        """Prediction and place, at the level where the predictor is asked."""
        return self._predictor(x, alpha, sigma), x, alpha, sigma

    def _rates(self, alpha: float, sigma: float) -> Rates:
        """(α̇, σ̇) where the predictor is asked; only velocities need them: ε − x_0 is that of x = (1 − t) x_0 + t ε."""
        return -1.0, 1.0

    def score(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """s_θ(x), (d, N) → (d, N)."""
        if alpha < _NO_SIGNAL * sigma:
            return x / -(sigma**2)
        out, y, a, s = self._ask(x, *self.known_level(alpha, sigma))
        found = score_of(self._predictor.prediction, out, y, a, s, self._rates(a, s))
        # y = x·s/σ there, so ∇_x = (s/σ) ∇_y.
        return found if y is x else found * (s / self.known_level(alpha, sigma)[1])

    def denoise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[x_0 | x_t = x] as learned, (d, N) → (d, N); x/α where there is no noise."""
        if sigma == 0:
            return x / alpha
        out, y, a, s = self._ask(x, *self.known_level(alpha, sigma))
        return clean_of(self._predictor.prediction, out, y, a, s, self._rates(a, s))

    def noise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[ε | x_t = x] as learned, (d, N) → (d, N)."""
        if alpha < _NO_SIGNAL * sigma:
            return x / sigma
        out, y, a, s = self._ask(x, *self.known_level(alpha, sigma))
        return noise_of(self._predictor.prediction, out, y, a, s, self._rates(a, s))

    def log_prob_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """There is no log-density.

        Raises:
            NoDensity: always.
        """
        raise NoDensity

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(s_θ, ∇·s_θ), by one backward pass for each coordinate: (d, N) → (d, N), (N,)."""
        with torch.enable_grad():
            leaf = x.detach().clone().requires_grad_(True)
            score = self.score(leaf, alpha, sigma)
            divergence = torch.zeros_like(x[0])
            for i in range(self.d):
                divergence += torch.autograd.grad(score[i].sum(), leaf, retain_graph=i + 1 < self.d)[0][i]
        return score.detach(), divergence

    def at(self, alpha: float, sigma: float) -> FieldAtLevel:
        """What samplers that stay at one noise level ask."""
        return FixedLevel(self, alpha, sigma)
