"""No target: a network is followed whose data nobody has written down."""

from __future__ import annotations

import json
from typing import Literal, Self

from visualizer.scene.base import Positive
from visualizer.scene.paths import net_path
from visualizer.scene.reading import checked_file
from visualizer.scene.start import GaussianStart, StartPart
from visualizer.scene.support import Box
from visualizer.scene.targets.base import TARGETS, TargetPart

#: Longer headers are not looked into.
_MOST = 1_000_000


@TARGETS.add
class UnknownTarget(TargetPart):
    """What stands in for [target] where it is left out beside a learned field: there is no truth to hold it against.

    Attributes:
        dimension: of the network.
        scale: the standard deviation of its data, as far as it is known: where to look, and where to start.
    """

    kind: Literal["unknown"] = "unknown"
    title = "None: the network alone"
    order = 6
    known = False
    about_dimension = "The network has its own dimension."

    dimension: Literal[1, 2] = 2
    scale: Positive = 1.0

    @classmethod
    def first(cls, before: TargetPart) -> Self:
        """About as wide as the target before."""
        widest = max(high - low for low, high in before.extent(3.0))
        return cls(dimension=2 if before.d == 2 else 1, scale=float(f"{widest / 6:.2g}"))

    @property
    def called(self) -> str:
        """What is there instead."""
        return "A network alone"

    @property
    def modes(self) -> int:
        """None."""
        return 0

    def suited(self, start: StartPart) -> StartPart:
        """Where the data of the network are, as far as one can tell."""
        return GaussianStart(mean=(0.0,) * self.d, std=self.scale) if start.kind in ("mode", "target") else start

    @property
    def d(self) -> int:
        """1 or 2."""
        return self.dimension

    def extent(self, spread: float = 3.0) -> Box:
        """`spread` standard deviations about 0."""
        return ((-spread * self.scale, spread * self.scale),) * self.dimension


def target_of(file: str) -> UnknownTarget:
    """Dimension and scale as a safetensors file of this program says; the defaults where it does not."""
    try:
        with checked_file(net_path(file)).open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length)) if length <= _MOST else {}
        shape = json.loads(header["__metadata__"]["visualizer"])["shape"]
        return UnknownTarget(dimension=shape["d"], scale=float(f"{shape['scale']:.3g}"))
    except (OSError, ValueError, KeyError, TypeError):  # the engine says what is wrong with it
        return UnknownTarget()
