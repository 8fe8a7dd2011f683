"""Edits of a mixture by hand, as pure functions from target to target: definite by construction."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.targets.mixture import VARIANCE_RANGE, MixtureTarget

#: Standard deviations a handle can set.
STD_RANGE = (0.01, 50.0)
_LIMIT = 1000.0
_WEIGHT_RANGE = (1e-3, 1.0)

Array = NDArray[np.float64]


def principal_axes(target: MixtureTarget, k: int) -> tuple[Array, Array]:
    """Standard deviations (d,) in descending order and unit axes as columns (d, d)."""
    return _principal_axes(target.covariances[k])


@lru_cache(maxsize=4096)
def _principal_axes(covariance: tuple[tuple[float, ...], ...]) -> tuple[Array, Array]:
    variances, axes = np.linalg.eigh(np.array(covariance))
    order = np.argsort(variances)[::-1]
    axes = axes[:, order]
    if axes.shape[0] == 2 and np.linalg.det(axes) < 0:
        axes[:, 1] = -axes[:, 1]
    std = np.sqrt(variances[order])
    for shared in (std, axes):
        shared.setflags(write=False)
    return std, axes


def move_mean(target: MixtureTarget, k: int, to: tuple[float, ...]) -> MixtureTarget:
    """Component k at another place."""
    means = list(target.means)
    means[k] = tuple(float(np.clip(round(v, 4), -_LIMIT, _LIMIT)) for v in to)
    return target.with_(means=tuple(means))


def set_axes(target: MixtureTarget, k: int, std: Array, axes: Array) -> MixtureTarget:
    """Component k with these standard deviations along these orthonormal axes."""
    std = np.clip(std, *STD_RANGE)
    cov = (axes * std**2) @ axes.T
    cov = np.clip((cov + cov.T) / 2, -VARIANCE_RANGE[1], VARIANCE_RANGE[1])
    covariances = list(target.covariances)
    covariances[k] = tuple(tuple(float(f"{v:.8g}") for v in row) for row in cov)
    return target.with_(covariances=tuple(covariances))


def drag_axis(target: MixtureTarget, k: int, which: int, offset: tuple[float, ...]) -> MixtureTarget:
    """Axis `which` (0 the longer) ends at `offset` from the mean: its length is the new standard deviation,
    its direction turns the ellipse; the other axis keeps its length."""
    std, axes = principal_axes(target, k)
    std = std.copy()
    length = math.hypot(*offset)
    std[which] = length
    if len(offset) == 1 or length < 1e-9:
        return set_axes(target, k, std, axes)
    u = np.array(offset) / length
    turned = np.stack([u, np.array([-u[1], u[0]])], 1) if which == 0 else np.stack([np.array([u[1], -u[0]]), u], 1)
    return set_axes(target, k, std, turned)


def scale_weight(target: MixtureTarget, k: int, factor: float) -> MixtureTarget:
    """Component k with its share of the whole multiplied, the others' ratios kept."""
    weights = target.normalised_weights
    if len(weights) == 1:
        return target
    share = float(np.clip(weights[k] * factor, _WEIGHT_RANGE[0], 1 - _WEIGHT_RANGE[0] * (len(weights) - 1)))
    return set_weight(target, k, share)


def set_weight(target: MixtureTarget, k: int, share: float) -> MixtureTarget:
    """Component k with this share of the whole (0…1), the others' ratios kept."""
    weights = target.normalised_weights
    rest = weights.sum() - weights[k]
    if rest <= 0:
        return target
    weights = weights * (1 - share) / rest
    weights[k] = share
    return target.with_(weights=tuple(float(f"{w:.8g}") for w in weights))


def type_weight(target: MixtureTarget, k: int, weight: float) -> MixtureTarget:
    """Component k with this weight, the others as they are: shares are weights over their sum."""
    return target.with_(weights=tuple(weight if i == k else w for i, w in enumerate(target.weights)))


def add_component(target: MixtureTarget, at: tuple[float, ...], std: float) -> MixtureTarget:
    """A round component more, with the share of an equal one."""
    d, n = target.d, len(target.weights)
    cov = tuple(tuple(std**2 if i == j else 0.0 for j in range(d)) for i in range(d))
    weights = np.append(target.normalised_weights * n / (n + 1), 1 / (n + 1))
    return target.with_(
        weights=tuple(float(f"{w:.8g}") for w in weights),
        means=(*target.means, tuple(round(float(v), 4) for v in at)),
        covariances=(*target.covariances, cov),
        classes=(*target.classes, max(target.classes) + 1) if target.classes else (),
    )


def remove_component(target: MixtureTarget, k: int) -> MixtureTarget:
    """One component less; the last one stays."""
    if len(target.weights) == 1:
        return target

    def without(values: tuple) -> tuple:  # type: ignore[type-arg]  # any tuple
        return values[:k] + values[k + 1 :]

    weights = without(target.weights)
    if not sum(weights) > 0:
        weights = (1.0,) * len(weights)
    return target.with_(
        weights=weights,
        means=without(target.means),
        covariances=without(target.covariances),
        classes=without(target.classes),
    )


def set_class(target: MixtureTarget, k: int, label: int) -> MixtureTarget:
    """Component k in another class; where each is a class of its own again, nothing is said of classes."""
    labels = (*target.labels[:k], label, *target.labels[k + 1 :])
    return target.with_(classes=() if labels == tuple(range(len(labels))) else labels)


def to_dimension(target: MixtureTarget, d: int) -> MixtureTarget:
    """The same mixture in 1-D (its first coordinate) or in 2-D (spread out along a second one)."""
    if d == target.d:
        return target
    if d == 1:
        means = tuple((m[0],) for m in target.means)
        return target.with_(means=means, covariances=tuple(((c[0][0],),) for c in target.covariances))
    spread = tuple((m[0], 0.0) for m in target.means)
    covariances = tuple(((c[0][0], 0.0), (0.0, c[0][0])) for c in target.covariances)
    return target.with_(means=spread, covariances=covariances)
