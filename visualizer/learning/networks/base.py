"""What kinds of networks share: sizes, features of the noise level, layers, and the register of architectures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from visualizer.densities import Field
from visualizer.learning.prediction import Prediction
from visualizer.register import Register

Network = nn.Module
#: Frequencies of the noise level's features.
FREQUENCIES = 16
#: Columns that go through layers together: on a CPU they stay in its cache, on a GPU they are 128 MB wide at most.
TOGETHER = {"cpu": 4_000, "gpu": 1 << 18}
#: The range of ln(σ/α) that they resolve.
LOG_RANGE = 6.0


def level_features(alpha: Tensor, sigma: Tensor) -> Tensor:
    """Features of a noise level, (M,) and (M,) → (M, 2 F + 2): Fourier features of u and of φ.

    u = ln(σ/α) clipped to ±6, scaled to ±1, resolves small σ; φ = atan2(σ, α) is smooth at both ends (Tancik et al.
    2020 for the features).
    """
    angle = torch.atan2(sigma, alpha)
    u = (torch.log(sigma.clamp_min(1e-9)) - torch.log(alpha.clamp_min(1e-9))).clamp(-LOG_RANGE, LOG_RANGE) / LOG_RANGE
    half = FREQUENCIES // 2
    turns = torch.arange(1, half + 1, dtype=u.dtype, device=u.device) * (math.pi / 2)
    waves = torch.cat([u[:, None] * turns, angle[:, None] * turns], 1)
    return torch.cat([torch.sin(waves), torch.cos(waves), u[:, None], angle[:, None]], 1)


def in_pieces(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """What a function makes of columns (d, N), (rows, N), of a few at a time, which bounds the memory of layers."""
    size = TOGETHER["cpu" if x.device.type == "cpu" else "gpu"]
    if x.requires_grad or x.shape[1] <= size:
        return function(x)
    return torch.cat([function(piece) for piece in x.split(size, 1)], 1)


def linear(rows: int, columns: int, generator: torch.Generator, gain: float = 1.0) -> nn.Linear:
    """A layer with weights N(0, gain²/columns) and no bias yet, drawn from `generator` alone."""
    layer: nn.Linear = nn.utils.skip_init(
        nn.Linear, columns, rows
    )  # its own initialisation would draw from global state
    with torch.no_grad():
        layer.weight.copy_(torch.randn(rows, columns, generator=generator) * (gain / math.sqrt(columns)))
        layer.bias.zero_()
    return layer


def weights_of(net: Network) -> dict[str, Tensor]:
    """What of a network goes into a file, by name: all that its shape does not determine."""
    return {name: v for name, v in net.state_dict().items() if v.is_floating_point()}


@dataclass(frozen=True)
class Architecture:
    """A kind of network.

    Attributes:
        kind: its name in scenes and files.
        build: the network with its first weights, from its sizes and a generator.
        field: the score field of a network on a device: from the module, the range of σ/α it knows, the device and the
            class it is told, if any; None for a `Generative` network, whose law has the field.
        words: what it is, from its sizes, in a few words.
        prediction: what it predicts, where there is no choice.
        takes_classes: whether it can be told classes.
        energy: whether it has an energy, whose gradient is its score.
        denoises_only: whether it can be trained by denoising alone.
        objectives: what a `Generative` network can be trained by.
        most_levels: levels it can have; 0 where it has none.
        latent: whether it has latents whose number is chosen.
        most_dimensions: of what it learns.
    """

    kind: str
    build: Callable[[Shape, torch.Generator], Network]
    field: Callable[[Any, tuple[float, float], torch.device | str, int | None], Field] | None
    words: Callable[[Shape], str]
    prediction: Prediction | None = None
    takes_classes: bool = False
    energy: bool = False
    denoises_only: bool = False
    objectives: tuple[str, ...] = ()
    most_levels: int = 0
    latent: bool = False
    most_dimensions: int = 2


NETWORKS: Register[Architecture] = Register("visualizer.learning.networks", "network")
#: Units of a layer, at most, of what is built or loaded.
MAX_WIDTH = 1024
#: Layers, at most.
MAX_DEPTH = 12
#: Components, at most.
MAX_COMPONENTS = 256
#: Classes, at most.
MAX_CLASSES = 64
#: Transforms of a flow, at most.
MAX_TRANSFORMS = 16
#: Pieces of a spline, at most.
MAX_BINS = 64
#: Weights of the hidden layers of all transforms, at most: a file may claim any shape.
MAX_WEIGHTS = 16_000_000
Flow = Literal["spline", "affine", "autoregressive"]
Decoder = Literal["mlp", "linear"]
Order = Literal["xy", "yx"]
Encoder = Literal["learned", "noise"]
#: What of a GAN stays as it is.
Frozen = Literal["none", "generator", "discriminator"]
Adversarial = Literal["non-saturating", "saturating", "wasserstein", "relativistic"]


@dataclass(frozen=True)
class Shape:
    """An architecture and its sizes.

    Attributes:
        architecture: one of `NETWORKS`.
        d: dimension.
        prediction: what an MLP predicts; an energy's gradient is its score, attention predicts x_0.
        width, depth: of an MLP's hidden layers.
        components, rank: of attention.
        scale: s, the data's standard deviation.
        classes: of labels an MLP can be told; 0 for none.
        latent: dimensions of a latent space; 0 for none.
        transforms: of a flow.
        bins: pieces of the splines of a flow.
        flow: what each transform is: coupling by splines or affine maps, or autoregressive splines.
        decoder: of a VAE.
        order: which coordinate an autoregressive model has first.
        levels: networks of a stack, or latents of a hierarchy; 0 of what is neither.
        untrained: which network of a stack learns nothing, from 1; 0 for none.
        encoder: of a hierarchy: a network, or noise that is added level by level.
        critic_width: of the layers of a GAN's discriminator.
        adversarial: what a GAN is trained by, which says what its discriminator's numbers mean.
        epsilon: ε of a bridge, in units of the data.
        source: whether a bridge begins at points of a density of its own, not at noise.
    """

    architecture: str
    d: int
    prediction: Prediction
    width: int
    depth: int
    components: int
    rank: int
    scale: float
    classes: int = 0
    latent: int = 0
    transforms: int = 1
    bins: int = 8
    flow: Flow = "spline"
    decoder: Decoder = "mlp"
    order: Order = "xy"
    levels: int = 0
    untrained: int = 0
    encoder: Encoder = "learned"
    critic_width: int = 64
    adversarial: Adversarial = "non-saturating"
    epsilon: float = 1.0
    source: bool = False

    def __post_init__(self) -> None:
        kind = NETWORKS[self.architecture]
        if not 1 <= self.d <= kind.most_dimensions:
            raise ValueError(f"expected 1 to {kind.most_dimensions} dimensions of {kind.kind}")
        if not (1 <= self.width <= MAX_WIDTH and 1 <= self.depth <= MAX_DEPTH):
            raise ValueError(f"expected at most {MAX_DEPTH} layers of at most {MAX_WIDTH} units")
        if not (1 <= self.components <= MAX_COMPONENTS and 1 <= self.rank <= self.d):
            raise ValueError(f"expected at most {MAX_COMPONENTS} components of a rank up to {self.d}")
        if not 0 < self.scale < 1e6:
            raise ValueError("expected a positive scale")
        if not (0 <= self.latent <= 2 and 1 <= self.transforms <= MAX_TRANSFORMS and 2 <= self.bins <= MAX_BINS):
            raise ValueError(f"expected at most 2 latents, {MAX_TRANSFORMS} transforms and {MAX_BINS} bins")
        if not min(1, kind.most_levels) <= self.levels <= kind.most_levels or not 0 <= self.untrained <= self.levels:
            raise ValueError(f"expected {min(1, kind.most_levels)} to {kind.most_levels} levels of {kind.kind}")
        if max(self.transforms, self.levels) * self.depth * self.width**2 > MAX_WEIGHTS:
            raise ValueError(f"expected narrower or fewer layers, with at most {MAX_WEIGHTS:,} weights")
        if self.latent > self.d or (kind.latent and not self.latent):
            raise ValueError(
                f"expected {'1 or 2' if self.d == 2 else 1} latents of {kind.kind} in {self.d} dimension(s)"
            )
        if self.encoder == "noise" and self.latent != self.d:
            raise ValueError("expected as many latents as coordinates where the encoder adds noise")
        if not (1 <= self.critic_width <= MAX_WIDTH and 0.01 <= self.epsilon <= 100):
            raise ValueError(f"expected a critic of at most {MAX_WIDTH} units, and ε from 0.01 to 100")
        if not 0 <= self.classes <= MAX_CLASSES or (self.classes and not kind.takes_classes):
            raise ValueError(f"expected at most {MAX_CLASSES} classes, of a network that takes them")
        if kind.prediction is not None and self.prediction != kind.prediction:
            raise ValueError(f"expected {kind.prediction} from {self.architecture}")
        if self.prediction not in get_args(Prediction):
            raise ValueError(f"expected one of {', '.join(get_args(Prediction))} to be predicted")

    def build(self, generator: torch.Generator) -> Network:
        """The network with its first weights."""
        return NETWORKS[self.architecture].build(self, generator)


def loaded(shape: Shape, weights: Mapping[str, Tensor]) -> Network:
    """The network of a shape with these weights, ready to be asked.

    Raises:
        ValueError: the weights do not fit the shape, or are not finite.
    """
    net = shape.build(torch.Generator())
    expected = {name: tuple(v.shape) for name, v in weights_of(net).items()}
    given = {name: tuple(v.shape) for name, v in weights.items()}
    if expected != given:
        raise ValueError("the weights do not fit the architecture")
    if not all(bool(torch.isfinite(v).all()) for v in weights.values()):
        raise ValueError("some weights are not finite")
    net.load_state_dict(dict(weights), strict=False)  # what the shape determines is there already
    return net.eval().requires_grad_(False)
