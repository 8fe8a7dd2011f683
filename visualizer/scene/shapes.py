"""Shapes that papers on samplers and flows are illustrated with, as formulas or as lines with noise around them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Σ w_i N(x; p_i, std² I): points (M, 2) so close that they are lines, or apart from each other."""

    points: Array
    weights: Array
    std: float

    def on_grid(self, axes: list[Array]) -> Array:
        """The density at all pairs of two axes, (n0, n1): Gaussians around points are products."""
        along = [
            np.exp(-0.5 * ((a[:, None] - p) / self.std) ** 2) / (self.std * math.sqrt(2 * math.pi))
            for a, p in zip(axes, self.points.T, strict=True)
        ]
        return np.asarray((along[0] * self.weights) @ along[1].T)


@dataclass(frozen=True)
class Shape:
    """A formula (with its box where it is known), or what makes its lines from the noise around them."""

    title: str
    source: str
    d: int = 2
    formula: str | None = None
    box: tuple[tuple[float, float], ...] | None = None
    lines: Callable[[float | None], Curve] | None = None


def _curve(x: Array, y: Array, std: float, weights: Array | None = None) -> Curve:
    w = np.ones(x.size) if weights is None else weights
    return Curve(np.stack([x.ravel(), y.ravel()], 1), w / w.sum(), std)


def _two_moons(noise: float | None) -> Curve:
    a = (np.arange(200) + 0.5) / 200 * np.pi
    x = np.concatenate([np.cos(a), 1 - np.cos(a)])
    y = np.concatenate([np.sin(a), 0.5 - np.sin(a)])
    return _curve(2.2 * (x - 0.5), 2.2 * (y - 0.25), noise or 0.18)


def _swiss_roll(noise: float | None) -> Curve:
    a = 1.5 * np.pi * (1 + 2 * (np.arange(800) + 0.5) / 800)
    return _curve(0.3 * a * np.cos(a), 0.3 * a * np.sin(a), noise or 0.18)


def _spirals(noise: float | None) -> Curve:
    a = 3 * np.pi * np.sqrt((np.arange(500) + 0.5) / 500)
    x, y = -a * np.cos(a) / 3, a * np.sin(a) / 3
    return _curve(np.concatenate([x, -x]), np.concatenate([y, -y]), noise or 0.14)


def _rings(noise: float | None) -> Curve:
    a = np.arange(960) / 960 * 2 * np.pi
    radii = np.array([1.0, 2.2, 3.4])[:, None]
    return _curve(radii * np.cos(a), radii * np.sin(a), noise or 0.12)


def _pinwheel(noise: float | None) -> Curve:
    z = np.linspace(-3, 3, 240)
    r = 2.0 * (1 + 0.3 * z)
    a = (np.arange(5) / 5 * 2 * np.pi)[:, None] + 0.25 * np.exp(r / 2.0)
    return _curve(r * np.cos(a), r * np.sin(a), noise or 0.13, np.tile(np.exp(-0.5 * z * z), 5))


def _on_circle(noise: float | None) -> Curve:
    a = np.arange(8) / 8 * 2 * np.pi
    return _curve(3 * np.cos(a), 3 * np.sin(a), noise or 0.3)


def _lattice(noise: float | None) -> Curve:
    x, y = np.meshgrid(np.arange(-4.0, 5.0, 2.0), np.arange(-4.0, 5.0, 2.0))
    return _curve(x, y, noise or 0.2)


_WALLS = " - (max(abs(x) - 4, 0)/0.25)^2/2"
_SINE = "sin(pi*x/2)"
SHAPES: dict[str, Shape] = {
    "two-moons": Shape("Two moons", "scikit-learn's make_moons", lines=_two_moons),
    "checkerboard": Shape(
        "Checkerboard", "Grathwohl et al. 2019",
        formula="-log1p(exp(-14*sin(pi*x/2)*sin(pi*y/2))) - 400*max(abs(x) - 3.85, 0)^2 - 400*max(abs(y) - 3.85, 0)^2",
    ),
    "swiss-roll": Shape("Swiss roll", "scikit-learn's make_swiss_roll, in the plane", lines=_swiss_roll),
    "rings": Shape("Rings", "Grathwohl et al. 2019", lines=_rings),
    "spirals": Shape("Two spirals", "Lang & Witbrock 1988", lines=_spirals),
    "pinwheel": Shape("Pinwheel", "Johnson et al. 2016", lines=_pinwheel),
    "banana": Shape("Banana", "Haario et al. 1999", formula="-x^2/4 - (y + 0.35*(x^2 - 2))^2/0.8"),
    "donut": Shape("Donut", "Rossky's ring", formula="-(sqrt(x^2 + y^2) - 2.6)^2/(2*0.33^2)"),
    "funnel": Shape("Funnel", "Neal 2003, narrower", formula="-y^2/1.3 - x^2*exp(-y)/2 - y/2"),
    "rosenbrock": Shape("Rosenbrock's valley", "Rosenbrock 1960", formula="-(2*(1 - x)^2 + 5*(y - x^2)^2)/2"),
    "eight-gaussians": Shape("Eight Gaussians", "Goodfellow et al. 2014 and others", lines=_on_circle),
    "twenty-five-gaussians": Shape("Twenty-five Gaussians", "Dumoulin et al. 2017", lines=_lattice),
    "many-wells": Shape("Many wells", "Rastrigin 1974", formula="2*cos(2.6*x) + 2*cos(2.6*y) - (x^2 + y^2)/8"),
    "norm": Shape(
        "Length of a Gaussian vector", "the χ distribution", d=1, formula="(n - 1)*log(max(x, 1e-12)) - x^2/2"
    ),
    "potential-1": Shape(
        "Potential 1: a ring with two wells", "Rezende & Mohamed 2015",
        formula="-((sqrt(x^2 + y^2) - 2)/0.4)^2/2 + logaddexp(-((x - 2)/0.6)^2/2, -((x + 2)/0.6)^2/2)",
    ),
    "potential-2": Shape("Potential 2: a wave", "Rezende & Mohamed 2015", formula=f"-((y - {_SINE})/0.4)^2/2{_WALLS}"),
    "potential-3": Shape(
        "Potential 3: a wave that parts and joins", "Rezende & Mohamed 2015",
        formula=f"logaddexp(-((y - {_SINE})/0.35)^2/2, -((y - {_SINE} + 3*exp(-((x - 1)/0.6)^2/2))/0.35)^2/2){_WALLS}",
    ),
    "potential-4": Shape(
        "Potential 4: a wave that parts", "Rezende & Mohamed 2015",
        formula=f"logaddexp(-((y - {_SINE})/0.4)^2/2, "
        f"-((y - {_SINE} + 3/(1 + exp(-(x - 1)/0.3)))/0.35)^2/2){_WALLS}",
    ),
}  # fmt: skip
