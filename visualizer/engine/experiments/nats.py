"""The bound of an autoencoder taken apart: what the code costs, and what the law lacks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from visualizer.engine.findings.nats import Nats
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.learning.networks.generative import log_normal
from visualizer.learning.networks.vae import VAE
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.field import LearnedField
from visualizer.scene.model import Scene

#: Draws of the target, and importance samples of the bounds.
_DRAWS, _SAMPLES = 4_000, (1, 3, 10, 30, 100)
#: Pairs of codes and draws that are looked at together.
_PAIRS = 4_000_000


def autoencoder(scene: Scene, shelf: Shelf) -> str:
    """What the network of a scene is.

    Raises:
        SceneError: it is no autoencoder.
    """
    field = scene.field
    if not isinstance(field, LearnedField):
        raise SceneError(
            scene.title, [Problem("", "the exact score is followed: choose or train an autoencoder first")]
        )
    net = shelf.get(field)
    if not isinstance(getattr(net, "module", None), VAE):
        text = f"{net.words}: it has no encoder. Choose or train a VAE or a hierarchical one"
        raise SceneError(scene.title, [Problem("", text)])
    return net.words


@torch.no_grad()
def nats(scene: Scene, shelf: Shelf) -> Iterator[Nats]:
    """Yields both ways first, then one bound after another."""
    assert isinstance(scene.field, LearnedField)  # else there is no autoencoder
    net, target = shelf.get(scene.field), build_density(scene.target)
    module: VAE = net.module  # type: ignore[attr-defined]  # an autoencoder's has one
    x = target.sample(_DRAWS, generator=torch.Generator().manual_seed(scene.seed + 1))
    entropy, rows = -float(target.log_prob(x).mean()), x.float()
    reconstruction, *levels = (v.double().mean() for v in module.terms(rows, 1, torch.Generator().manual_seed(0)))
    bound = float(reconstruction - sum(levels))
    log_prob = float(module.log_prob(rows).double().mean())
    if len(levels) == 1:
        shared = information(module, rows, torch.Generator().manual_seed(1))
        code = (("I(x; z)", shared), ("KL(q(z) ‖ p(z))", float(levels[0]) - shared))
    else:
        code = tuple((f"level {i}", float(v)) for i, v in enumerate(levels, 1))  # type: ignore[assignment]  # any number
    known = Nats(
        (("reconstruction", -float(reconstruction)), *code),
        (("H(p)", entropy), ("KL(p ‖ p_θ)", -log_prob - entropy), ("gap of the bound", log_prob - bound)),
        log_prob=log_prob,
        done=0.2,
    )
    yield known
    for i, k in enumerate(_SAMPLES, 1):
        generator = torch.Generator().manual_seed(k)
        parts = rows.split(max(1, 400_000 // k))
        value = sum(float(module.bound(part, k, generator).double().sum()) for part in parts) / len(rows)
        known = replace(known, bounds=(*known.bounds, (k, value)), done=0.2 + 0.8 * i / len(_SAMPLES))
        yield known


def information(net: VAE, x: Tensor, generator: torch.Generator) -> float:
    """I(x; z) = E log q(z | x) − E log q(z) of codes z of the rows x, where q(z) is the mean of q(z | x) over all rows.

    In nats, between 0 and ln N.
    """
    mean, log_variance = net.encode(x)
    log_std = 0.5 * log_variance
    z = mean + torch.randn(mean.shape, generator=generator) * log_std.exp()
    own = log_normal(z, mean, log_std).sum(1)
    parts = []
    for some in z.split(max(1, _PAIRS // len(x))):
        of_all = log_normal(some[:, None], mean, log_std).sum(2)
        parts.append(torch.logsumexp(of_all, 1) - math.log(len(x)))
    return float((own - torch.cat(parts)).double().mean())
