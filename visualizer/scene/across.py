"""Noise at the left, data at the right: where a place is drawn while the cloud walks from one to the other."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.scene.model import Scene

#: Standard deviations of the noise to either side, and of the data; what lies between both, in shares of their widths.
_NOISE, _DATA, _BETWEEN = 3.5, 3.2, 0.15


def walks_across(scene: Scene) -> bool:
    """Whether the picture is arranged so: the scene asks for it, and its run moves along the process in the plane."""
    return scene.view.across and scene.target.d == 2 and scene.sampler.clock == "t"


@dataclass(frozen=True)
class Across:
    """The arrangement.

    At a share u of the way, 0 at the noise and 1 at the data, a place x is drawn at k x − u c + (u − ½) (w, 0): c is
    the middle of the data, w how far both lie apart, and k = 1/√(α² + σ²) lets any process's noise have width 1.

    Attributes:
        data: extents of the data, along x and along y.
        middle: the middle of the data, c.
        apart: how far both lie apart, w.
    """

    data: tuple[tuple[float, float], tuple[float, float]]
    middle: tuple[float, float]
    apart: float

    @staticmethod
    def of(scene: Scene) -> Across:
        """That of a scene."""
        x, y = scene.target.extent(_DATA)
        middle = ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2)
        return Across((x, y), middle, (1 + _BETWEEN) * ((x[1] - x[0]) / 2 + _NOISE))

    @property
    def noise(self) -> tuple[float, float]:
        """How far the noise reaches to either side."""
        return -_NOISE, _NOISE

    @property
    def view(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """What is seen, along x and along y."""
        (x0, x1), (y0, y1) = self.data
        half, tall = (x1 - x0) / 2, max((y1 - y0) / 2, _NOISE)
        return (-self.apart / 2 - _NOISE, self.apart / 2 + half), (-tall, tall)
