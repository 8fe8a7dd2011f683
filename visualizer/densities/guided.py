"""Guidance: one field pushed along the difference of two others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from visualizer.densities.field import Field, FieldAtLevel, FixedLevel


@dataclass(frozen=True)
class GuidedField:
    """base + w (plus − minus), of scores, denoisers, log-densities and divergences alike.

    With base = minus = p_t and plus = p_t(· | y) it is classifier guidance with the exact classifier, since
    ∇log p_t(y | x) = ∇log p_t(x | y) − ∇log p_t(x) (Dhariwal & Nichol 2021), and the same as classifier-free guidance
    with exact fields (Ho & Salimans 2022); w = 1 is the conditional field. With base = minus = a worse network and plus
    = a better one it is autoguidance (Karras et al. 2024).

    At each noise level it is the score of p_t(x)^{1−w} p_t(x | y)^w, but these densities are not those of one p_0
    noised: reverse diffusion along it does not sample the tilted p_0 (Bradley & Nakkiran 2024).
    """

    base: Field
    plus: Field
    minus: Field
    weight: float

    normalised: ClassVar[bool] = False
    guided: ClassVar[bool] = True

    @property
    def d(self) -> int:
        """The dimension."""
        return self.base.d

    @property
    def has_log_prob(self) -> bool:
        """Whether all three have."""
        return self.base.has_log_prob and self.plus.has_log_prob and self.minus.has_log_prob

    def known_level(self, alpha: float, sigma: float) -> tuple[float, float]:
        """That of the field that is pushed."""
        return self.base.known_level(alpha, sigma)

    def _push(self, base: Tensor, plus: Tensor, minus: Tensor) -> Tensor:
        return base + self.weight * (plus - minus)

    def score(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """The guided score, (d, N) → (d, N)."""
        # A field may answer in a buffer that its next answer overwrites: what is to be kept is copied.
        return self._push(*(f.score(x, alpha, sigma).clone() for f in self._parts))

    def denoise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """The guided denoiser, (d, N) → (d, N)."""
        return self._push(*(f.denoise(x, alpha, sigma).clone() for f in self._parts))

    def log_prob_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(log of the tilted density up to a constant, its gradient): (d, N) → (N,), (d, N)."""
        found = [tuple(v.clone() for v in f.log_prob_and_score(x, alpha, sigma)) for f in self._parts]
        log_probs, scores = zip(*found, strict=True)
        return self._push(*log_probs), self._push(*scores)

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(the guided score, its divergence): (d, N) → (d, N), (N,)."""
        found = [tuple(v.clone() for v in f.score_and_divergence(x, alpha, sigma)) for f in self._parts]
        scores, divergences = zip(*found, strict=True)
        return self._push(*scores), self._push(*divergences)

    @property
    def _parts(self) -> tuple[Field, Field, Field]:
        return self.base, self.plus, self.minus

    def at(self, alpha: float, sigma: float) -> FieldAtLevel:
        """What it is at one noise level."""
        return FixedLevel(self, alpha, sigma)
