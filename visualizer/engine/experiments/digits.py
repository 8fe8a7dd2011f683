"""Walk–jump on handwritten digits: 8×8 pixels, 64 dimensions, the same samplers and networks as in the plane."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Field, GuidedField
from visualizer.engine.experiments.archive import AGREED, archive
from visualizer.engine.experiments.norms import norm_density
from visualizer.engine.experiments.training_process import Trainer
from visualizer.engine.findings.digits import (
    SETTLING,
    SIDE,
    DigitFacts,
    DigitLesson,
    DigitSheet,
    DigitSigma,
    DigitSigmas,
    DigitWalk,
    Walking,
)
from visualizer.engine.run.shelf import Shelf
from visualizer.learning import Net
from visualizer.samplers import State, WalkJump
from visualizer.scene.field import LearnedField

#: Steps a second that are shown.
_PACE = 20
#: States that a value has, and steps of its path.
_SHOWN, _PATH = 64, 300
#: Bins of ‖y − x̂‖/(σ√d).
_EDGES = np.linspace(0.4, 1.6, 61)
#: Chains and steps for each σ, and between two looks at them.
_CHAINS, _STEPS, _EVERY = 20, 2_000, 2
#: Examples that a lesson shows, and their σ.
_EXAMPLES, _LESSON_SIGMA = 20, 0.4


def facts() -> DigitFacts:
    """What does not change."""
    a = archive()
    r = np.linspace(_EDGES[0], _EDGES[-1], 241)
    laws = {d: norm_density(r, d) for d in (2, SIDE * SIDE)}
    return DigitFacts(a.placed(a.points.rows.numpy()), a.labels.astype(np.int8), a.neighbour, r, laws)


# following


def _field(asked: Walking, shelf: Shelf) -> Field:
    """What the walk follows: a network's field or that of the points, of all digits or pushed towards one class."""
    a = archive()
    label = asked.label
    if asked.net:
        net = shelf.get(LearnedField(file=asked.net))
        whole, part = net.field(), None if label is None else net.field(label=label)
    else:
        whole, part = a.points, None if label is None else a.of(label)
    return whole if part is None else GuidedField(whole, part, whole, asked.guidance)


def _begun(asked: Walking, shelf: Shelf, chains: int) -> tuple[WalkJump, State, torch.Generator]:
    """Chains that begin at noised digits."""
    generator = torch.Generator().manual_seed(asked.seed)
    sampler = WalkJump(_field(asked, shelf).at(1.0, asked.sigma), asked.pace * asked.sigma**2, asked.sigma)
    x, _ = archive().points.sample_with_components(chains, generator=generator)
    y = x + asked.sigma * torch.randn(x.shape, generator=generator)
    return sampler, sampler.init(y.T.contiguous(), generator), generator


@torch.no_grad()
def walking(asked: Walking, shelf: Shelf, before: DigitWalk | None = None) -> Iterator[DigitWalk]:
    """One chain for ever, about twenty steps a second; it goes on from where another ended. Counts begin anew."""
    sampler, state, generator = _begun(asked, shelf, 1)
    known = DigitWalk.begun()
    if before is not None and before.step:
        state = sampler.init(torch.from_numpy(before.walk[-1:].T.copy()), generator.manual_seed(before.step))
        known = replace(before, visited=known.visited, norms=known.norms, since=before.step, recognised=0, far=0.0)
    while True:
        began = time.monotonic()
        state, info = sampler.step(state, generator)
        assert info.jumps is not None  # walk–jump has them
        known = _after(known, state.x.T, info.jumps.T, asked.sigma)
        yield known
        time.sleep(max(0.0, 1 / _PACE - (time.monotonic() - began)))


def _after(known: DigitWalk, y: Tensor, x: Tensor, sigma: float) -> DigitWalk:
    """One step more."""
    a = archive()
    read, agreed, far = a.read(x)
    length = float((y - x).square().sum().sqrt()) / (sigma * SIDE)
    visited, norms = known.visited.copy(), known.norms.copy()
    counts = known.step >= known.since + (SETTLING if known.since else 0)
    visited[read[0]] += counts
    norms[int(np.clip(np.searchsorted(_EDGES, length) - 1, 0, len(norms) - 1))] += counts

    def grown(old: NDArray[np.float32], new: NDArray[np.float32], most: int) -> NDArray[np.float32]:
        return np.concatenate([old, new.astype(np.float32)])[-most:]

    return DigitWalk(
        step=known.step + 1,
        since=known.since,
        walk=grown(known.walk, y.numpy(), _SHOWN),
        jumps=grown(known.jumps, x.numpy(), _SHOWN),
        reads=np.append(known.reads, read).astype(np.int8)[-_SHOWN:],
        sure=np.append(known.sure, agreed >= AGREED)[-_SHOWN:],
        path=grown(known.path, a.placed(x.numpy()), _PATH),
        walked=a.placed(y.numpy())[0],
        visited=visited,
        norms=norms,
        edges=_EDGES,
        recognised=known.recognised + int(counts and agreed[0] >= AGREED),
        far=known.far + counts * float(far[0]),
    )


@torch.no_grad()
def over_sigma(asked: Walking, shelf: Shelf, sigmas: tuple[float, ...]) -> Iterator[DigitSigmas]:
    """Twenty chains of two thousand steps for each σ: what they visit, and how good their jumps are."""
    points: list[DigitSigma] = []
    for i, sigma in enumerate(sigmas):
        sampler, state, generator = _begun(replace(asked, sigma=sigma), shelf, _CHAINS)
        reads: list[NDArray[np.int64]] = []
        agreed: list[NDArray[np.int64]] = []
        far: list[NDArray[np.float64]] = []
        for step in range(1, _STEPS + 1):
            state, info = sampler.step(state, generator)
            if step % _EVERY == 0:
                assert info.jumps is not None  # walk–jump has them
                read, votes, distance = archive().read(info.jumps.T)
                reads.append(read)
                agreed.append(votes)
                far.append(distance)
                yield DigitSigmas(tuple(points), (i + step / _STEPS) / len(sigmas))
        classes = [len(np.unique(chain)) for chain in np.stack(reads, 1)]
        good = float((np.stack(agreed) >= AGREED).mean())
        points.append(DigitSigma(sigma, float(np.mean(classes)), min(classes), good, float(np.median(far))))
    yield DigitSigmas(tuple(points), 1.0)


@torch.no_grad()
def sheet(sigma: float, steps: int = 200) -> DigitSheet:
    """The jumps of one chain one after another, as they stand on a page of a lecture."""
    asked = Walking(sigma=sigma)
    sampler, state, generator = _begun(asked, Shelf(), 1)
    jumps = []
    for _ in range(steps):
        state, info = sampler.step(state, generator)
        assert info.jumps is not None  # walk–jump has them
        jumps.append(info.jumps.T)
    x = torch.cat(jumps)
    return DigitSheet(sigma, x.numpy(), archive().read(x)[0].astype(np.int8))


# learning


def lesson(shelf: Shelf) -> Iterator[DigitLesson]:
    """Trains the denoiser x̂_θ in a process of its own, and shows what it makes of the same noisy digits as it goes."""
    name, generator = shelf.begin(), torch.Generator().manual_seed(0)
    clean, _ = archive().points.sample_with_components(_EXAMPLES, generator=generator)
    noisy = clean + _LESSON_SIGMA * torch.randn(clean.shape, generator=generator)
    with closing(Trainer()) as trainer:
        for at in trainer.train(None):
            assert isinstance(at.net, Net)  # a score network
            shelf.add(name, at.step, at.net, lasting=at.step == at.steps)
            with torch.no_grad():
                denoised = at.net.field().denoise(noisy.T.contiguous(), 1.0, _LESSON_SIGMA).T.contiguous()
            images = clean.numpy(), noisy.numpy(), denoised.numpy()
            yield DigitLesson(name, at.step, at.steps, at.losses, _LESSON_SIGMA, *images)
