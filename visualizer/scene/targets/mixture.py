"""A Gaussian mixture."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from visualizer.scene.base import Coordinate
from visualizer.scene.targets.base import TARGETS, TargetPart

#: More components than this are refused.
MAX_COMPONENTS = 4096
#: Variances outside this range are refused: float32 could not show them.
VARIANCE_RANGE = (1e-8, 1e12)

Row = Annotated[tuple[Coordinate, ...], Field(min_length=1, max_length=2)]
Matrix = Annotated[tuple[Row, ...], Field(min_length=1, max_length=2)]


@TARGETS.add
class MixtureTarget(TargetPart):
    """A Gaussian mixture. 1-D: `means = [-2.0, 1.5]` and variances; 2-D: pairs and 2×2 matrices."""

    kind: Literal["mixture"] = "mixture"
    title = "Gaussian mixture"
    order = 1
    in_components = True

    weights: Annotated[tuple[float, ...], Field(min_length=1, max_length=MAX_COMPONENTS)]
    means: tuple[Row, ...]
    covariances: tuple[Matrix, ...]
    #: the class of each component, for guidance; each is a class of its own where nothing is said
    classes: tuple[Annotated[int, Field(ge=0, lt=MAX_COMPONENTS)], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: Any) -> Any:
        """1-D numbers become (1,) rows and 1×1 matrices; everything else is left for validation."""
        if not isinstance(data, dict):
            return data
        out = dict(data)
        for key, wrap in (("means", lambda v: (v,)), ("covariances", lambda v: ((v,),))):
            values = out.get(key)
            if isinstance(values, list | tuple) and len(values) <= MAX_COMPONENTS:
                out[key] = tuple(wrap(v) if isinstance(v, int | float) else v for v in values)
        return out

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        k = len(self.weights)
        if len(self.means) != k or len(self.covariances) != k:
            raise ValueError(
                f"expected as many weights, means and covariances; "
                f"got {k}, {len(self.means)} and {len(self.covariances)}"
            )
        if any(w < 0 for w in self.weights) or not sum(self.weights) > 0:
            raise ValueError("weights: expected numbers ≥ 0 with a positive sum")
        d = len(self.means[0])
        if any(len(m) != d for m in self.means):
            raise ValueError("means: expected all of one dimension, 1 or 2")
        if any(len(c) != d or any(len(row) != d for row in c) for c in self.covariances):
            raise ValueError(f"covariances: expected {d}×{d} matrices, to fit the means")
        _check_covariances(np.array(self.covariances))
        if self.classes and len(self.classes) != k:
            raise ValueError(f"classes: expected one for each of the {k} components")
        return self

    @classmethod
    def first(cls, before: TargetPart) -> Self:
        """A round component at 0."""
        d = before.d
        unit = tuple(tuple(float(i == j) for j in range(d)) for i in range(d))
        return cls(weights=(1.0,), means=((0.0,) * d,), covariances=(unit,))

    @property
    def components(self) -> int:
        """K."""
        return len(self.weights)

    @property
    def modes(self) -> int:
        """One for each component."""
        return len(self.weights)

    @property
    def least_variance(self) -> float:
        """The variance of the narrowest axis of all components."""
        return float(np.linalg.eigvalsh(np.array(self.covariances)).min())

    def elsewhere(self, old: TargetPart) -> bool:
        """Components are moved by hand, in a view that stays."""
        return type(old) is not type(self) or old.d != self.d

    def shortened(self, table: dict[str, Any]) -> None:
        """In 1-D numbers stand for rows and matrices."""
        if self.d == 1:
            table["means"] = [mean[0] for mean in table["means"]]
            table["covariances"] = [covariance[0][0] for covariance in table["covariances"]]

    @property
    def labels(self) -> tuple[int, ...]:
        """The class of each component."""
        return self.classes or tuple(range(len(self.weights)))

    @property
    def d(self) -> int:
        """1 or 2."""
        return len(self.means[0])

    @property
    def normalised_weights(self) -> NDArray[np.float64]:
        """π, (K,), summing to 1."""
        w = np.array(self.weights, dtype=np.float64)
        return np.asarray(w / w.sum())

    def extent(self, spread: float = 3.0) -> tuple[tuple[float, float], ...]:
        """For each axis the interval that holds every component out to `spread` standard deviations."""
        means, cov = np.array(self.means), np.array(self.covariances)
        std = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
        low, high = (means - spread * std).min(0), (means + spread * std).max(0)
        return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))


def with_handles(target: TargetPart) -> MixtureTarget | None:
    """The target, where it is given by components, which can be taken hold of."""
    return target if isinstance(target, MixtureTarget) else None  # handles edit its tables


def _check_covariances(cov: NDArray[np.float64]) -> None:
    for k, c in enumerate(cov):
        if np.abs(c - c.T).max() > 1e-6 * np.abs(c).max():
            raise ValueError(f"covariances[{k}]: expected a symmetric matrix")
    smallest = np.linalg.eigvalsh(cov)
    for k, values in enumerate(smallest):
        if values[0] < VARIANCE_RANGE[0] or values[-1] > VARIANCE_RANGE[1]:
            raise ValueError(
                f"covariances[{k}]: expected a positive definite matrix with variances in "
                f"{VARIANCE_RANGE[0]:g}…{VARIANCE_RANGE[1]:g}"
            )
