"""What is to be known of a network before it is followed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NetFacts:
    """What is to be known of a net before it is followed.

    Attributes:
        words: what it is, in a line or two.
        d: its dimension.
        has_log_prob: whether samplers that need log p can follow it.
        checkpoints: the steps of its training that can be looked at.
        one_ratio: the only σ/α it knows, if there is but one.
    """

    words: str
    d: int
    has_log_prob: bool
    checkpoints: tuple[int, ...]
    one_ratio: float | None = None
