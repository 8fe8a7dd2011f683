"""A trained network as a value: what it is, its weights, and where it may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities import Field
from visualizer.learning.couplings import Coupling
from visualizer.learning.model import ScoreModel
from visualizer.learning.networks import NETWORKS, Network, Shape
from visualizer.learning.networks.base import loaded
from visualizer.processes import Process, process


@dataclass(frozen=True, eq=False)
class Net(ScoreModel):
    """A shape with weights, the process it was trained for, and the times between which it was. Equal to itself alone.

    Attributes:
        shape: what it is.
        weights: by name, float32.
        process_kind, process_parameters: as of `visualizer.processes.process`.
        t_min, t_max: the range of times.
        one_level: the only time it knows, for networks trained at one noise level.
        made: how, in words.
        coupling: which noise went with which data. Where it was not chosen apart, the network knows a flow from noise
            to data, and no score.
    """

    shape: Shape
    weights: Mapping[str, Tensor]
    process_kind: str
    process_parameters: Mapping[str, float]
    t_min: float
    t_max: float
    one_level: float | None = None
    made: str = ""
    coupling: Coupling = "independent"

    @property
    def has_score(self) -> bool:
        """Whether its predictions are those of p_t."""
        return self.coupling == "independent"

    @property
    def d(self) -> int:
        """Its dimension."""
        return self.shape.d

    @property
    def kind(self) -> str:
        """The name of its architecture."""
        return self.shape.architecture

    @property
    def process(self) -> Process:
        """The process it was trained for."""
        return process(self.process_kind, **dict(self.process_parameters))

    @property
    def classes(self) -> int:
        """Classes it was told."""
        return self.shape.classes

    @property
    def has_log_prob(self) -> bool:
        """Whether its field is more than a score."""
        return self.field().has_log_prob

    @property
    def words(self) -> str:
        """What it is, in a line or two."""
        what = NETWORKS[self.shape.architecture].words(self.shape)
        if not self.has_score:
            what += f" by {self.coupling}"
        if self.classes:
            what += f" and knows {self.classes} classes"
        one = self.one_level
        where = f"t = {one:.3g}" if one is not None else f"t = {self.t_min:.2g} … {self.t_max:.3g}"
        return f"{what}, {sum(v.numel() for v in self.weights.values()):,} weights, {self.process_kind}, {where}"

    def field(self, device: torch.device | str = "cpu", label: int | None = None) -> Field:
        """Its score field, or that of one of the classes it knows.

        Raises:
            ValueError: the weights do not fit the shape, or it does not know the class.
        """
        if label is not None and label >= self.classes:
            raise ValueError(f"expected a class below {self.classes}, which this network knows")
        build = NETWORKS[self.shape.architecture].field
        assert build is not None  # of a score network
        return build(self.module(), self.known_ratios, device, label)

    def module(self) -> Network:
        """The network, ready to be asked.

        Raises:
            ValueError: the weights do not fit the shape, or are not finite.
        """
        return loaded(self.shape, self.weights)
