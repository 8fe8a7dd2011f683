"""A trained network whose law is known, as a value: it draws in strokes, and its density is followed like any other."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from visualizer.densities import Density, Field, GridDensity, GridSource, cell_places, exact_field
from visualizer.learning.networks import NETWORKS, Shape
from visualizer.learning.networks.base import loaded
from visualizer.learning.networks.generative import Generative
from visualizer.learning.networks.vae import VAE
from visualizer.samplers import Drawer

#: Cells along an axis of the density, by dimension.
_CELLS = {1: 4_096, 2: 160}
#: Draws that say where the density lies, what share of them may lie beyond on either side, and how much wider the box
#: is than the place of the others.
_DRAWS, _BEYOND, _MARGIN = 20_000, 0.001, 0.35
#: Draws that say what the density is, where nothing else does, and cells along an axis.
_MANY, _CELLS_OF_DRAWS = 100_000, {1: 2_048, 2: 320}
#: Products of a weight and a draw that this may take, and draws at least.
_WORK, _FEWEST = 4_000_000_000, 5_000
#: Points of the grid at a time.
_AT_A_TIME = 16_384
#: Noise below this σ/α is below what the grid shows.
_LEAST_RATIO = 1e-3
#: Cells that a kernel is wide, at least.
_CELLS_A_KERNEL = 3.0


@dataclass(frozen=True, eq=False)
class GenerativeNet:
    """A shape with weights. Equal to itself alone.

    Attributes:
        shape: what it is.
        weights: by name, float32.
        made: how, in words.
    """

    shape: Shape
    weights: Mapping[str, Tensor]
    made: str = ""

    #: it is told no classes, and its field knows log p_t and every noise level
    classes = 0
    has_log_prob = has_score = True
    known_ratios = (_LEAST_RATIO, math.inf)

    @property
    def kind(self) -> str:
        """The name of its family."""
        return self.shape.architecture

    @property
    def d(self) -> int:
        """Its dimension."""
        return self.shape.d

    @property
    def words(self) -> str:
        """What it is, in a line or two."""
        what = NETWORKS[self.kind].words(self.shape)
        n = self.strokes
        strokes = "as many strokes as one likes" if n is None else "one stroke" if n == 1 else f"{n} strokes"
        return f"{what}, {sum(v.numel() for v in self.weights.values()):,} weights, {strokes}"

    @property
    def latent(self) -> int:
        """Dimensions of its latent space."""
        return self.module.latent

    @property
    def strokes(self) -> int | None:
        """From the latents to a sample."""
        return None if self.module.open else self.module.strokes

    @cached_property
    def module(self) -> Generative:
        """The network, ready to be asked.

        Raises:
            ValueError: the weights do not fit the shape, or are not finite.
        """
        net = loaded(self.shape, self.weights)
        assert isinstance(net, Generative)  # else the architecture would have a field of its own
        return net

    def in_strokes(self, strokes: int | None = None, device: torch.device | str = "cpu") -> Generative:
        """A network of one's own that draws in so many strokes, where it leaves that open."""
        net = copy.deepcopy(self.module).to(device)
        if net.open and strokes is not None:
            net.strokes = strokes
        return net

    def drawer(self, strokes: int, device: torch.device | str = "cpu") -> Drawer:
        """What draws in its strokes, or in so many."""
        net = self.in_strokes(strokes, device)
        return _NetDrawer(net, net.strokes)

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator, strokes: int | None = None) -> Tensor:
        """n draws, (d, n), in the strokes it has, or in so many."""
        net = self.module if self.strokes is not None else self.in_strokes(strokes)
        return net.sample(n, generator).T.contiguous()

    @torch.no_grad()
    def log_prob(self, x: Tensor) -> Tensor | None:
        """log p_θ(x) in nats, (d, N) → (N,); None where its density is known by its draws alone."""
        found = [self.module.log_prob(part) for part in x.T.float().split(_AT_A_TIME)]
        return None if found[0] is None else torch.cat([v for v in found if v is not None])

    @torch.no_grad()
    def bound(self, x: Tensor, importance: int = 1) -> Tensor | None:
        """A lower bound of log p_θ(x) by so many draws, (d, N) → (N,); None where log p_θ is the objective itself."""
        return self.module.bound(x.T.float(), importance, torch.Generator().manual_seed(0))

    def field(self, device: torch.device | str = "cpu", label: int | None = None) -> Field:
        """The score field of its density at every noise level.

        Raises:
            ValueError: a class is asked for: it knows none.
        """
        if label is not None:
            raise ValueError("this network knows no classes")
        return exact_field(self.law, device=device)

    @cached_property
    def law(self) -> Density:
        """p_θ on a grid.

        Raises:
            ValueError: its draws are no finite numbers, or its density cannot be worked out.
        """
        with torch.no_grad(), _workable():
            x = self._drawn(_MANY if self.by_draws else _DRAWS)
        if not bool(torch.isfinite(x).all()):
            raise ValueError("this network draws no finite numbers. Train it again, with a smaller learning rate.")
        with torch.no_grad(), _workable():
            box = self._box(x)
            if isinstance(self.module, VAE):
                return _of_latents(self.module, box)
            return _of_draws(x.double(), box) if self.by_draws else self._on_grid(box)

    @cached_property
    def by_draws(self) -> bool:
        """Whether its density is known by its draws alone."""
        with torch.no_grad():
            return self.module.log_prob(self.module.centre[None]) is None

    def _drawn(self, count: int) -> Tensor:
        """Draws, fewer where the network is large: whoever waits for the density waits for them."""
        weights = sum(v.numel() for v in self.weights.values())
        count = max(_FEWEST, min(count, _WORK // max(1, weights)))
        generator = torch.Generator().manual_seed(0)
        pieces = [min(_AT_A_TIME, count - i) for i in range(0, count, _AT_A_TIME)]
        return torch.cat([self.module.sample(n, generator) for n in pieces])

    def _box(self, x: Tensor) -> list[tuple[float, float]]:
        low, high = torch.quantile(x, torch.tensor([_BEYOND, 1 - _BEYOND]), 0)
        more = _MARGIN * (high - low) + 0.5 * self.module.scale
        return list(zip((low - more).tolist(), (high + more).tolist(), strict=True))

    def _on_grid(self, box: list[tuple[float, float]]) -> Density:
        n, d = _CELLS[self.d], self.d
        log_p = self.log_prob(cell_places(box, n).T)
        assert log_p is not None
        p = log_p.double().exp().reshape((n,) * d)
        low, high = zip(*box, strict=True)
        return GridDensity(GridSource(p, low, high), 1.0, 0.0)


@contextmanager
def _workable() -> Iterator[None]:
    """Around what weights of a stranger can make impossible.

    Raises:
        ValueError: in a sentence.
    """
    try:
        yield
    except (IndexError, ValueError, RuntimeError) as error:
        raise ValueError(f"the density of this network cannot be worked out ({error}). Train it again.") from None


@dataclass(frozen=True)
class _NetDrawer:
    """The strokes of a network, for many particles in columns."""

    module: Generative
    strokes: int

    @torch.no_grad()
    def begin(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Latents, as many as there are particles."""
        z = torch.randn(x.shape[1], self.module.inputs, generator=generator, device=x.device, dtype=x.dtype)
        return self.module.begin(z).T.contiguous()

    @torch.no_grad()
    def stroke(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """Stroke k."""
        parts = [self.module.stroke(part, k, generator) for part in x.T.split(_AT_A_TIME)]
        return torch.cat(parts).T.contiguous()


def _of_latents(net: VAE, box: list[tuple[float, float]]) -> Density:
    """Σ w N(x; g(z), τ² I) over the nodes of the latents: points on a grid, smoothed."""
    z, log_weights = net.nodes()
    places, reach = net.decode(z.float()).double(), 6 * net.tau
    low = [min(a, float(v) - reach) for (a, _), v in zip(box, places.amin(0), strict=True)]
    high = [max(b, float(v) + reach) for (_, b), v in zip(box, places.amax(0), strict=True)]
    widest = max(b - a for a, b in zip(low, high, strict=True))
    cells = _CELLS[net.d]
    while widest / cells * _CELLS_A_KERNEL > net.tau and cells < 4 * _CELLS[net.d]:
        cells *= 2
    source = GridSource.of_points(places, tuple(low), tuple(high), cells, log_weights.exp())
    return GridDensity(source, 1.0, max(net.tau, _CELLS_A_KERNEL * widest / cells))


def _of_draws(x: Tensor, box: list[tuple[float, float]]) -> Density:
    """Draws on a grid, smoothed; the few far beyond the box are left out."""
    low, high = zip(*box, strict=True)
    inside = (x > torch.tensor(low)) & (x < torch.tensor(high))
    x = x[inside.all(1)]
    cells = _CELLS_OF_DRAWS[x.shape[1]]
    width = max(b - a for a, b in box) / cells
    return GridDensity(GridSource.of_points(x, low, high, cells), 1.0, _CELLS_A_KERNEL * width)
