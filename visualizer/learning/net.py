"""A trained network as a value: what it is, its weights, and where it may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from visualizer.learning.networks import AttentionDenoiser, EnergyMLP, Network, TimeMLP
from visualizer.learning.prediction import Prediction
from visualizer.processes import Process, process

Architecture = Literal["mlp", "energy", "attention"]
#: Bounds of what is built or loaded.
MAX_WIDTH, MAX_DEPTH, MAX_COMPONENTS, MAX_CLASSES = 1024, 12, 256, 64


@dataclass(frozen=True)
class Shape:
    """An architecture and its sizes.

    Attributes:
        architecture: mlp, energy or attention.
        d: dimension.
        prediction: what an MLP predicts; an energy's gradient is its score, attention predicts x_0.
        width, depth: of an MLP's hidden layers.
        components, rank: of attention.
        scale: s, the data's standard deviation.
        classes: of labels an MLP can be told; 0 for none.
    """

    architecture: Architecture
    d: int
    prediction: Prediction
    width: int
    depth: int
    components: int
    rank: int
    scale: float
    classes: int = 0

    def __post_init__(self) -> None:
        if self.d not in (1, 2):
            raise ValueError("expected a network in one or two dimensions")
        if not (1 <= self.width <= MAX_WIDTH and 1 <= self.depth <= MAX_DEPTH):
            raise ValueError(f"expected at most {MAX_DEPTH} layers of at most {MAX_WIDTH} units")
        if not (1 <= self.components <= MAX_COMPONENTS and 1 <= self.rank <= self.d):
            raise ValueError(f"expected at most {MAX_COMPONENTS} components of a rank up to {self.d}")
        if not 0 < self.scale < 1e6:
            raise ValueError("expected a positive scale")
        if not 0 <= self.classes <= MAX_CLASSES or (self.classes and self.architecture != "mlp"):
            raise ValueError(f"expected at most {MAX_CLASSES} classes, of an MLP")
        fixed = {"energy": "score", "attention": "x0"}.get(self.architecture)
        if fixed is not None and self.prediction != fixed:
            raise ValueError(f"expected {fixed} from {self.architecture}")
        if self.prediction not in ("x0", "epsilon", "score", "v"):
            raise ValueError("expected x0, epsilon, score or v to be predicted")

    def build(self, generator: torch.Generator) -> Network:
        """The network with its first weights."""
        if self.architecture == "attention":
            return AttentionDenoiser(self.d, self.components, self.rank, self.scale, generator)
        if self.architecture == "energy":
            return EnergyMLP(self.d, self.width, self.depth, self.scale, generator)
        return TimeMLP(self.d, self.prediction, self.width, self.depth, self.scale, generator, self.classes)


@dataclass(frozen=True, eq=False)
class Net:
    """A shape with weights, the process it was trained for, and the times between which it was. Equal to itself alone.

    Attributes:
        shape: what it is.
        weights: by name, float32.
        process_kind, process_parameters: as of `visualizer.processes.process`.
        t_min, t_max: the range of times.
        one_level: the only time it knows, for networks trained at one noise level.
        made: how, in words.
    """

    shape: Shape
    weights: Mapping[str, Tensor]
    process_kind: str
    process_parameters: Mapping[str, float]
    t_min: float
    t_max: float
    one_level: float | None = None
    made: str = ""

    @property
    def d(self) -> int:
        """Its dimension."""
        return self.shape.d

    @property
    def process(self) -> Process:
        """The process it was trained for."""
        return process(self.process_kind, **dict(self.process_parameters))

    def module(self) -> Network:
        """The network, ready to be asked.

        Raises:
            ValueError: the weights do not fit the shape, or are not finite.
        """
        net = self.shape.build(torch.Generator())
        expected = {name: tuple(v.shape) for name, v in net.state_dict().items()}
        given = {name: tuple(v.shape) for name, v in self.weights.items()}
        if expected != given:
            raise ValueError("the weights do not fit the architecture")
        if not all(bool(torch.isfinite(v).all()) for v in self.weights.values()):
            raise ValueError("some weights are not finite")
        net.load_state_dict(dict(self.weights))
        return net.eval().requires_grad_(False)
