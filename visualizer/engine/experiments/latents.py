"""The latent space of an autoencoder: what the encoder makes of the data, and where the decoder takes it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Density
from visualizer.engine.experiments.judging import junk
from visualizer.engine.findings.latents import Latents, Posterior
from visualizer.engine.pictures.contour_lines import rings
from visualizer.engine.run.modes import find_modes
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.learning.networks.vae import VAE, nodes
from visualizer.scene.field import SESSION, LearnedField
from visualizer.scene.model import Scene

#: Draws of the data.
_DRAWS = 1_500
#: Values of z along an axis, by the number of latents, out to ±`_REACH`.
_ALONG, _REACH = {1: 401, 2: 61}, 4.0
#: Nodes of the latents along an axis where a posterior is drawn, by their number.
_NODES = {1: 1_301, 2: 221}
#: Seconds between two looks at a network that may be learning.
_LOOK = 0.5


def latents(scene: Scene, shelf: Shelf) -> Iterator[Latents]:
    """What is there now, and again whenever the network has learned."""
    assert isinstance(scene.field, LearnedField)  # else there is no autoencoder
    p, seen = build_density(scene.target), None
    data = p.sample(_DRAWS, generator=torch.Generator().manual_seed(scene.seed)).float()
    found = find_modes(scene.target, p)
    modes = np.zeros(_DRAWS, np.int64) if found is None else found.nearest(data.T.contiguous(), 1.0, 0.0).numpy()
    while True:
        net = shelf.get(scene.field)
        if net is not seen:
            seen = net
            yield _looked_at(net.module, net.words, p, data, modes, scene.seed)  # type: ignore[attr-defined]  # it has one
        if not scene.field.file.startswith(SESSION):
            return  # a file does not learn
        time.sleep(_LOOK)


@torch.no_grad()
def _looked_at(net: VAE, words: str, p: Density, data: Tensor, modes: NDArray[np.int64], seed: int) -> Latents:
    generator = torch.Generator().manual_seed(seed + 1)
    mean, log_variance = net.encode(data)
    std = torch.exp(0.5 * log_variance)
    codes = mean + std * torch.randn(mean.shape, generator=generator)
    axis = torch.linspace(-_REACH, _REACH, _ALONG[net.latent])
    grid = axis[:, None] if net.latent == 1 else torch.cartesian_prod(axis, axis)
    carried = net.decode(grid).reshape(*(len(axis),) * net.latent, net.d)
    of_prior = net.sample(_DRAWS, generator)
    of_codes = net.decode(codes) + net.tau * torch.randn(data.shape, generator=generator)
    mean_, std_, codes_ = (v.numpy() for v in (mean, std, codes))
    return Latents(
        words, data.numpy(), modes, mean_, std_, codes_, net.tau, axis.numpy(), carried.numpy(), of_prior.numpy(),
        of_codes.numpy(), (junk(p, of_prior.T), junk(p, of_codes.T)), not len(net.rungs),
    )  # fmt: skip


@torch.no_grad()
def posterior(scene: Scene, shelf: Shelf, x: tuple[float, ...]) -> Posterior:
    """The exact posterior of the latents next to the data at x, and what the encoder says of it.

    p_θ(z | x) ∝ p(z) p_θ(x | z) on a grid; of a hierarchy p(z₁) is known by draws alone, and the encoder stands alone.
    """
    assert isinstance(scene.field, LearnedField)  # else there is no autoencoder
    net: VAE = shelf.get(scene.field).module  # type: ignore[attr-defined]  # an autoencoder's has one
    at = torch.tensor([x], dtype=torch.float32)
    mean, log_variance = net.encode(at)
    q = mean[0].numpy(), torch.exp(0.5 * log_variance)[0].numpy()
    if len(net.rungs):
        return Posterior(x, None, (), *q)
    z, log_weights = nodes(net.latent, _NODES[net.latent])
    log_share = log_weights + net.log_likelihood(at, z.float()).double()
    log_share = log_share - torch.logsumexp(log_share, 0)
    share = log_share.exp().numpy()
    gap = _gap(z, torch.from_numpy(q[0]).double(), torch.from_numpy(q[1]).double(), log_share)
    if net.latent == 1:
        width = float(z[1, 0] - z[0, 0])
        axis = np.linspace(-_REACH, _REACH, _ALONG[1])
        return Posterior(x, np.interp(axis, z[:, 0].numpy(), share / width).astype(np.float32), (), *q, gap)
    n = _NODES[2]
    along = z[::n, 0].numpy()
    return Posterior(x, None, rings(along, along, share.reshape(n, n)), *q, gap)


def _gap(z: Tensor, mean: Tensor, std: Tensor, log_share: Tensor) -> float:
    """KL(q ‖ p) of a Gaussian and shares of even cells around z (G, l), in nats."""
    log_q = -0.5 * ((z - mean) / std).square().sum(1)
    log_q = log_q - torch.logsumexp(log_q, 0)
    return float((log_q.exp() * (log_q - log_share)).sum())
