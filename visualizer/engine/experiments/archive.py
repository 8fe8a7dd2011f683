"""The handwritten digits that ship with scikit-learn, who reads others by them, and how a denoiser learns them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visualizer.densities import Points
from visualizer.engine.experiments.training import Training
from visualizer.engine.findings.digits import CLASSES, SIDE
from visualizer.learning import Plan, Shape, train
from visualizer.processes import Process, process

#: What the denoiser learns: σ between these.
LEAST, MOST = 0.15, 1.0
#: Neighbours that read a digit, and how many have to agree for it to be recognised.
NEIGHBOURS, AGREED = 10, 8
#: Steps of a training from one look to the next.
_LOOK = 150


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


def school(seed: int = 0, steps: int = 12_000) -> tuple[Plan, Process]:
    """How the denoiser that ships was trained: at all σ from 0.15 to 1, each as often in ln σ."""
    scale = archive().points.standard_deviation
    shape = Shape("mlp", SIDE * SIDE, "x0", 384, 4, 1, 1, scale, classes=CLASSES)
    plan = Plan(shape, steps=steps, batch=256, rate=2e-3, seed=seed)
    return plan, process("ve-geometric", sigma_min=LEAST, sigma_max=MOST)


def lessons(seed: int = 0, steps: int = 12_000) -> Iterator[Training]:
    """The training, as that of a scene; nothing is known exactly that it could be held against."""
    a = archive()
    plan, along = school(seed, steps)
    for at in train(plan, a.points, along, _LOOK, tuple(a.labels.tolist())):
        yield Training(at.step, steps, at.losses, (), at.net, at.step == steps)
