"""Where the nats of an autoencoder's bound go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Nats:
    """−ELBO in two ways that have the same sum, means over draws of the target, in nats.

    Attributes:
        code: reconstruction, then what the code costs: I(x; z) and KL(q(z) ‖ p(z)), or one part for each level.
        law: H(p), KL(p ‖ p_θ), and E KL(q(z | x) ‖ p_θ(z | x)), the gap of the bound.
        bounds: importance samples and the bound by so many, ascending.
        log_prob: E log p_θ.
        done: share of the work.
    """

    code: tuple[tuple[str, float], ...] = ()
    law: tuple[tuple[str, float], ...] = ()
    bounds: tuple[tuple[int, float], ...] = ()
    log_prob: float | None = None
    done: float = 0.0
