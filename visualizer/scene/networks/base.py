"""What is asked of a kind of network before it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from visualizer.register import Register


@dataclass(frozen=True)
class NetworkKind:
    """A kind of network.

    Attributes:
        kind: its name in scenes.
        title: what it is, in lists.
        objectives: what it can be trained by, the first by default.
        numbers: the fields of [training] that only some kinds have and this kind has.
        order: where it stands in lists: ascending.
        has_log_prob: whether samplers that need log p can follow it.
        error: what its distance from the truth is, where a training is drawn.
        shown_every: steps of a training from one state that is shown to the next.
        shows: layers that are drawn when a picture begins to follow one that is trained.
        suits: numbers of [training] that suit it better than the defaults, where nothing is said.
        draws: whether its strokes are shown when a picture begins to follow one that is trained.
        most_levels: levels it can have, where it has any.
        quick: titles and numbers of trainings of some seconds, for the page with all families.
    """

    kind: str
    title: str
    objectives: tuple[str, ...]
    numbers: frozenset[str]
    order: float = 1000.0
    has_log_prob: bool = True
    error: str = "E σ²|s_θ − s|²"
    shown_every: int = 20
    shows: tuple[str, ...] = ()
    suits: Mapping[str, Any] = field(default_factory=dict)
    draws: bool = False
    most_levels: int = 32
    quick: tuple[tuple[str, Mapping[str, Any]], ...] = ()


#: The error of a network whose law is known.
NATS = "KL(p ‖ p_θ), nats"
#: The error of a network whose draws alone are known.
SLICED = "sliced W₂"
NETWORKS: Register[NetworkKind] = Register("visualizer.scene.networks", "network")
