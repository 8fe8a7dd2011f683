"""Walk–jump on handwritten digits: 8×8 pixels, 64 dimensions, the same samplers and networks as in the plane."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Field, GuidedField, Points
from visualizer.engine.experiments.norms import norm_density
from visualizer.engine.findings.digits import (
    CLASSES,
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
from visualizer.learning import Net, Plan, Shape, train
from visualizer.processes import Process, process
from visualizer.samplers import State, WalkJump
from visualizer.scene.field import LearnedField

#: What the denoiser learns: σ between these.
LEAST, MOST = 0.15, 1.0
#: Neighbours that read a digit, and how many have to agree for it to be recognised.
NEIGHBOURS, AGREED = 10, 8
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
#: Steps of a training from one look to the next.
_LOOK = 50


class Archive:
    """The digits that ship with scikit-learn, and who reads others by them.

    Attributes:
        points: the 1,797 digits as rows of 64 pixels from 0 (ground) to 1 (ink).
        labels: 0 to 9, (1797,).
    """

    def __init__(self) -> None:
        from sklearn.datasets import load_digits

        data = load_digits()
        self.points = Points(torch.from_numpy(data.data / 16.0).float())
        self.labels: NDArray[np.int64] = data.target

    def of(self, label: int) -> Points:
        """Those of one class."""
        return Points(self.points.rows[torch.from_numpy(self.labels == label)])

    @cached_property
    def _reader(self) -> object:
        from sklearn.neighbors import KNeighborsClassifier

        return KNeighborsClassifier(NEIGHBOURS).fit(self.points.rows.numpy(), self.labels)

    def read(self, images: Tensor) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """What rows (N, 64) are: their class, how many of the ten nearest digits agree, how far the nearest is."""
        far, which = self._reader.kneighbors(images.numpy())  # type: ignore[attr-defined]  # sklearn has no types
        votes = np.stack([np.bincount(row, minlength=CLASSES) for row in self.labels[which]])
        return votes.argmax(1), votes.max(1), far[:, 0]

    @cached_property
    def plane(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The mean (64,) and the two directions in which digits differ most, (64, 2)."""
        x = self.points.rows.double().numpy()
        mean = x.mean(0)
        return mean, np.linalg.svd(x - mean, full_matrices=False)[2][:2].T

    def placed(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows in the plane of the two principal components, (N, 2)."""
        mean, axes = self.plane
        return np.asarray((x - mean) @ axes, np.float32)

    @cached_property
    def neighbour(self) -> float:
        """The median distance from a digit to the next one."""
        x = self.points.rows.double()
        far = torch.cdist(x, x)
        far.fill_diagonal_(torch.inf)
        return float(far.amin(1).median())


@lru_cache(maxsize=1)
def archive() -> Archive:
    """It is read once."""
    return Archive()


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
    visited[read[0]] += 1
    norms[int(np.clip(np.searchsorted(_EDGES, length) - 1, 0, len(norms) - 1))] += 1

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
        recognised=known.recognised + int(agreed[0] >= AGREED),
        far=known.far + float(far[0]),
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


def school(seed: int = 0, steps: int = 12_000) -> tuple[Plan, Process]:
    """How the denoiser that ships was trained: at all σ from 0.15 to 1, each as often in ln σ."""
    scale = archive().points.standard_deviation
    shape = Shape("mlp", SIDE * SIDE, "x0", 384, 4, 1, 1, scale, classes=CLASSES)
    plan = Plan(shape, steps=steps, batch=256, rate=2e-3, seed=seed)
    return plan, process("ve-geometric", sigma_min=LEAST, sigma_max=MOST)


def lesson(shelf: Shelf, seed: int = 0, steps: int = 12_000) -> Iterator[DigitLesson]:
    """Trains the denoiser x̂_θ at all σ, and shows what it makes of the same noisy digits as it goes."""
    a, name = archive(), shelf.begin()
    plan, along = school(seed, steps)
    generator = torch.Generator().manual_seed(seed)
    clean, _ = a.points.sample_with_components(_EXAMPLES, generator=generator)
    noisy = clean + _LESSON_SIGMA * torch.randn(clean.shape, generator=generator)
    for at in train(plan, a.points, along, _LOOK, tuple(a.labels.tolist())):
        assert isinstance(at.net, Net)  # a score network
        shelf.add(name, at.step, at.net, lasting=at.step == steps)
        with torch.no_grad():
            denoised = at.net.field().denoise(noisy.T.contiguous(), 1.0, _LESSON_SIGMA).T
        yield DigitLesson(
            name, at.step, steps, at.losses, _LESSON_SIGMA, clean.numpy(), noisy.numpy(), denoised.contiguous().numpy()
        )
