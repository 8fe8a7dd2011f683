"""What every learned model of a target has, whatever its family: judging and drawing ask it.

A model can `sample`. It may have more: a score field, a log-density, a bound on it, a latent space, a fixed number of
strokes. Whoever needs one of these asks for it, and does without where the answer is None or 0. `ScoreModel` is the
family of score networks, those of this program and foreign ones.

To add a model: a class with these members in a file of this room; a network of the register `NETWORKS`, where it has
one; and in the scene's room a file in `visualizer/scene/networks/`.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

from visualizer.densities import Density, Field
from visualizer.processes import Process
from visualizer.samplers import Drawer, Reverse, ran, time_grid

#: Without noise predictions do not determine the score: σ/α is at least this.
_LEAST_RATIO = 1e-3
#: Steps of the reverse SDE, where nothing is said.
STROKES = 200


class Model(Protocol):
    """A model of a target in d dimensions. Particles are columns (d, N)."""

    @property
    def d(self) -> int:
        """The dimension."""
        ...

    @property
    def words(self) -> str:
        """What it is, in a line or two."""
        ...

    @property
    def kind(self) -> str:
        """The name of its family."""
        ...

    @property
    def classes(self) -> int:
        """How many classes it can be told; 0 for none."""
        ...

    @property
    def has_log_prob(self) -> bool:
        """Whether its field knows log p_t, if only up to a constant."""
        ...

    @property
    def has_score(self) -> bool:
        """Whether its field is a score, and not a flow from noise to data alone."""
        ...

    @property
    def latent(self) -> int:
        """Dimensions of its latent space; 0 where there is none."""
        ...

    @property
    def known_ratios(self) -> tuple[float, float] | None:
        """(least, largest) σ/α at which it has a score field, equal where it knows one level; None: it has no field."""
        ...

    @property
    def strokes(self) -> int | None:
        """Evaluations of the network for a sample, in sequence; None where whoever samples says how many."""
        ...

    def sample(self, n: int, generator: torch.Generator, strokes: int | None = None) -> Tensor:
        """n draws from the model, (d, n)."""
        ...

    @property
    def law(self) -> Density | None:
        """The density of what it draws, where that is known; None where there is a score field alone."""
        ...

    def drawer(self, strokes: int, device: torch.device | str = "cpu") -> Drawer | None:
        """What draws in its own strokes, or in so many where it leaves that open; None where its field is followed."""
        ...

    def field(self, device: torch.device | str = "cpu", label: int | None = None) -> Field:
        """Its score field, or that of one of the classes it knows.

        Raises:
            ValueError: it has none, its weights do not fit its shape, or it does not know the class.
        """
        ...

    def log_prob(self, x: Tensor) -> Tensor | None:
        """log p_θ(x) in nats, (d, N) → (N,); None where it has no log-density of its own."""
        ...

    def bound(self, x: Tensor, importance: int = 1) -> Tensor | None:
        """A lower bound of log p_θ(x) in nats by so many importance samples, (d, N) → (N,); None where it has none."""
        ...


class ScoreModel:
    """What score networks share: they know the score at noise levels of a process, and sample by going back along it.

    Attributes:
        t_min, t_max: the times between which it was trained.
        one_level: the only time it knows, where it is but one.
    """

    t_min: float
    t_max: float
    one_level: float | None

    @property
    def process(self) -> Process:
        """The process it was trained for."""
        raise NotImplementedError

    @property
    def has_score(self) -> bool:
        """It has."""
        return True

    @property
    def latent(self) -> int:
        """It has none."""
        return 0

    @property
    def strokes(self) -> int | None:
        """As many as one likes."""
        return None

    @property
    def law(self) -> Density | None:
        """None: the flow of its field has one, which is an integral."""
        return None

    def drawer(self, strokes: int, device: torch.device | str = "cpu") -> Drawer | None:
        """None: its field is gone back along."""
        return None

    def field(self, device: torch.device | str = "cpu", label: int | None = None) -> Field:
        """Its score field."""
        raise NotImplementedError

    @property
    def known_ratios(self) -> tuple[float, float]:
        """The range of σ/α between its times."""
        if self.one_level is not None:
            return self._ratio(self.one_level), self._ratio(self.one_level)
        return max(self._ratio(self.t_min), _LEAST_RATIO), self._ratio(self.t_max)

    def _ratio(self, t: float) -> float:
        alpha, sigma = self.process.alpha(t), self.process.sigma(t)
        return math.inf if alpha == 0 else sigma / alpha

    def sample(self, n: int, generator: torch.Generator, strokes: int | None = None) -> Tensor:
        """n draws from N(0, σ(t_max)² I), (d, n), in `STROKES` steps by default.

        By the reverse SDE; by the ODE where there is no score.
        """
        field, q = self.field(), self.process
        steps = strokes or STROKES
        sampler = Reverse(field, q, time_grid("quadratic", steps, q.t_max), 1.0 if self.has_score else 0.0)
        return ran(sampler, q.prior_std() * torch.randn(field.d, n, generator=generator), steps, generator)

    def log_prob(self, x: Tensor) -> Tensor | None:
        """None: the flow of its field gives one, by an integral that whoever wants it takes."""
        return None

    def bound(self, x: Tensor, importance: int = 1) -> Tensor | None:
        """None."""
        return None
