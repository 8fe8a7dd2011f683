"""What parts a model has, and what is in each of them now: noise, strokes, samples; data, encoder, codes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Density, Field, exact_field
from visualizer.diagnostics.modes import Modes
from visualizer.engine.findings.anatomy import Anatomy, Organ
from visualizer.engine.palette import signed_table
from visualizer.engine.run.build import build_process
from visualizer.engine.run.make_sampler import follow
from visualizer.engine.run.modes import find_modes
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.learning import GenerativeNet, Model
from visualizer.learning.networks.gan import GAN
from visualizer.learning.networks.vae import VAE
from visualizer.processes import Process
from visualizer.samplers import Drawer
from visualizer.samplers.strokes import DenoisingDrawer
from visualizer.scene.field import SESSION, LearnedField
from visualizer.scene.model import Scene
from visualizer.scene.samplers.strokes import StrokesSampler

#: Points of a part, and of a part that strokes go through at most.
_POINTS, _STROKES = 500, 3
#: Strokes of a field, where the sampler says nothing.
_USUAL = 4
#: The noise level that a denoiser is shown at, as a share of the process.
_SHOWN_AT = 0.35
#: Seconds between two looks at a network that may be learning.
_LOOK = 0.5
#: Codes are shown so far from 0.
_REACH = 3.5
#: Cells of the discriminator's picture.
_CELLS = 48
Box = tuple[tuple[float, float], ...]


def anatomy(scene: Scene, shelf: Shelf) -> Iterator[Anatomy]:
    """The parts now, and again whenever the network has learned."""
    p = build_density(scene.target)
    modes, q, seen = find_modes(scene.target, p), build_process(scene), None
    while True:
        net = shelf.get(scene.field) if isinstance(scene.field, LearnedField) else None
        if net is None or net is not seen:
            seen = net
            yield _Theatre(scene, p, modes, q).dissected(net)
        if not (isinstance(scene.field, LearnedField) and scene.field.file.startswith(SESSION)):
            return  # a file does not learn
        time.sleep(_LOOK)


class _Theatre:
    """Where one model is taken apart, always with the same data and the same noise."""

    def __init__(self, scene: Scene, p: Density, modes: Modes | None, q: Process) -> None:
        self.scene, self.p, self.modes, self.q = scene, p, modes, q
        self.generator = torch.Generator().manual_seed(scene.seed)
        self.box: Box = _square(tuple(scene.target.extent(3.5)))

    @torch.no_grad()
    def dissected(self, net: Model | None) -> Anatomy:
        """The parts of a network, or of the exact field."""
        data = self.p.sample(_POINTS, generator=self.generator).float()
        of_data = self._modes_of(data)
        learns: tuple[Organ, ...]
        if isinstance(net, GenerativeNet):
            module = net.module
            learns = self._coded(module, data, of_data) if isinstance(module, VAE) else ()
            strokes = module.strokes if net.strokes is not None else self._strokes
            drawer: Drawer | None = net.drawer(strokes)
        else:
            field: Field = exact_field(self.p) if net is None else follow(net, self.scene, "cpu")
            learns = self._denoised(field, data, of_data) if net is None or net.has_score else ()
            strokes, drawer = self._strokes, DenoisingDrawer(field, self.q, self._strokes)
        assert drawer is not None  # those that have a law draw
        draws = self._drawn(net, drawer, strokes)
        judged = self._judged(net.module, draws[-1], data) if _is_gan(net) else ()  # type: ignore[union-attr]  # a GAN's
        words = "The exact denoiser" if net is None else net.words
        return Anatomy((*learns, *draws, *judged), words, strokes)

    @property
    def _strokes(self) -> int:
        return self.scene.sampler.strokes if isinstance(self.scene.sampler, StrokesSampler) else _USUAL

    def _modes_of(self, x: Tensor) -> NDArray[np.int64]:
        if self.modes is None:
            return np.zeros(len(x), np.int64)
        found: NDArray[np.int64] = self.modes.nearest(x.T.contiguous(), 1.0, 0.0).numpy()
        return found

    def _coded(self, module: VAE, data: Tensor, of_data: NDArray[np.int64]) -> tuple[Organ, ...]:
        mean, log_variance = module.encode(data)
        noise = torch.randn(mean.shape, generator=self.generator)
        codes = mean + noise * torch.exp(0.5 * log_variance)
        wide: Box = ((-_REACH, _REACH),) * codes.shape[1]
        return (
            Organ("data", "", placed(data, self.box), of_data),
            Organ("codes, q(z)", "encoder", placed(codes, wide), of_data, "latents"),
        )

    def _denoised(self, field: Field, data: Tensor, of_data: NDArray[np.int64]) -> tuple[Organ, ...]:
        t = _SHOWN_AT * self.q.t_max
        alpha, sigma = float(self.q.alpha(t)), float(self.q.sigma(t))
        noisy = alpha * data + sigma * torch.randn(data.shape, generator=self.generator)
        clean = field.denoise(noisy.T.contiguous(), alpha, sigma).T
        box = _around(self.box, alpha, sigma)
        opens = "layer:denoiser" if self.p.d == 2 else ""
        return (
            Organ("data", "", placed(data, self.box), of_data),
            Organ(f"xₜ, t = {t:.2g}", "+ noise", placed(noisy, box), of_data),
            Organ("D(xₜ)", "denoiser", placed(clean, self.box), of_data, opens),
        )

    def _drawn(self, net: Model | None, drawer: Drawer, strokes: int) -> tuple[Organ, ...]:
        x = self.q.prior_std() * torch.randn(self.p.d, _POINTS, generator=self.generator)
        clouds = [drawer.begin(x, self.generator)]
        for k in range(strokes):
            clouds.append(drawer.stroke(clouds[-1], k, self.generator))
        ends = self._modes_of(clouds[-1].T)
        shown = np.unique(np.linspace(0, strokes, min(strokes, _STROKES) + 1).round().astype(int)).tolist()
        organs = []
        for before, k in zip([0, *shown], shown, strict=False):
            cloud = clouds[k].T
            box = self.box if k == strokes else _spread(self.box, cloud)
            taken = "" if k == 0 else _arrow(net, k, k - before)
            name = "noise" if k == 0 else "samples" if k == strokes else f"after {k}"
            if k == 0 and net is not None and net.latent == 1 and self.p.d == 2:  # latents on a line
                cloud, box = cloud[:, :1], box[:1]
            organs.append(Organ(name, taken, placed(cloud, box), ends, f"stroke:{k}"))
        return tuple(organs)

    def _judged(self, gan: GAN, samples: Organ, data: Tensor) -> tuple[Organ, ...]:
        if self.p.d != 2:
            return ()
        (x0, x1), (y0, y1) = self.box
        xs, ys = torch.linspace(x0, x1, _CELLS), torch.linspace(y1, y0, _CELLS)
        grid = torch.stack(torch.meshgrid(ys, xs, indexing="ij"), -1).flip(-1).reshape(-1, 2)
        says = torch.sigmoid(gan.logit(grid)).view(_CELLS, _CELLS).numpy()
        table = signed_table(self.scene.view.theme, "noise", "learned")
        image = table[np.clip((says * (len(table) - 1)).astype(int), 0, len(table) - 1)]
        pixels = image.view(np.uint8).reshape(_CELLS, _CELLS, 4)
        return (Organ("D: data or drawn?", "D", samples.points, samples.modes, "layer:critic", pixels),)


def _is_gan(net: Model | None) -> bool:
    return isinstance(net, GenerativeNet) and isinstance(net.module, GAN)


def _arrow(net: Model | None, k: int, strokes: int) -> str:
    """What a stroke is."""
    kind = "field" if net is None else net.kind
    one = {"vae": "decoder", "gan": "generator", "consistency": "jump"}.get(kind, "stroke")
    return one if strokes == 1 else f"{strokes} strokes"


def _square(box: Box) -> Box:
    """A box with sides of one length: what is round looks round."""
    half = max(high - low for low, high in box) / 2
    return tuple((0.5 * (low + high) - half, 0.5 * (low + high) + half) for low, high in box)


def _around(box: Box, alpha: float, sigma: float) -> Box:
    """Where noised points of a box lie."""
    return tuple((alpha * low - 3 * sigma, alpha * high + 3 * sigma) for low, high in box)


def _spread(box: Box, x: Tensor) -> Box:
    """A box that holds the data and nearly all of some points."""
    low, high = torch.quantile(x, torch.tensor([0.005, 0.995]), 0)
    return _square(tuple((min(a, float(u)), max(b, float(v))) for (a, b), u, v in zip(box, low, high, strict=True)))


def placed(x: Tensor, box: Box) -> NDArray[np.float32]:
    """Rows (n, d) within a box as shares of it, (n, 2); points on a line lie in a heap as high as they are many."""
    share = np.stack([(x[:, i].numpy() - low) / (high - low) for i, (low, high) in enumerate(box)], 1)
    if share.shape[1] == 1:
        counts, edges = np.histogram(share[:, 0], 40, (0, 1))
        of = np.clip(np.searchsorted(edges, share[:, 0], "right") - 1, 0, 39)
        order = np.random.default_rng(0).random(len(share))
        share = np.concatenate([share, (0.05 + 0.9 * order * counts[of] / max(1, counts.max()))[:, None]], 1)
    return np.asarray(share, np.float32)
