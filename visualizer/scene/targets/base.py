"""What the kinds of targets share: everything that is asked of a target anywhere but of the density itself."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from visualizer.scene.kinds import KindPart, Kinds
from visualizer.scene.start import GaussianStart, StartPart
from visualizer.scene.support import Box, Support

#: Less than this share of both places together is "hardly".
_OVERLAP = 0.7


class TargetPart(KindPart):
    """The density p_0 of a scene, and what every kind says of itself."""

    #: whether there is a density at all
    known: ClassVar[bool] = True
    #: whether it is given by Gaussian components, which have handles and classes, and whose means are its modes
    in_components: ClassVar[bool] = False
    #: whether it is painted with a brush
    painted: ClassVar[bool] = False
    #: what makes its dimension, for people who want the other one; empty where a command changes it
    about_dimension: ClassVar[str] = ""

    @classmethod
    def first(cls, before: TargetPart) -> Self | None:
        """The target that this kind begins with in the place of another one; None where a file is asked for."""
        return cls()

    @property
    def called(self) -> str:
        """What it is, in a few words."""
        return self.title

    @property
    def d(self) -> int:
        """1 or 2."""
        raise NotImplementedError

    @property
    def components(self) -> int:
        """Components that can be told apart."""
        return 0

    @property
    def modes(self) -> int | None:
        """How many modes particles may start in; None where the engine has to find them."""
        return None

    @property
    def labels(self) -> tuple[int, ...]:
        """The class of each component."""
        return ()

    @property
    def least_variance(self) -> float | None:
        """The variance of the narrowest axis of all components, where there are any."""
        return None

    @property
    def points_shown(self) -> NDArray[np.float64] | None:
        """The points (n, d) it is made of, where it is made of points."""
        return None

    @property
    def axis_names(self) -> tuple[str, str]:
        """What the axes are called, where they have names."""
        return "", ""

    def extent(self, spread: float = 3.0) -> Box:
        """For each axis the interval that holds what is within `spread` standard deviations."""
        raise NotImplementedError

    def suited(self, start: StartPart) -> StartPart:
        """The start for this target that comes nearest to what suits a sampler."""
        return start

    def read(self) -> None:
        """Reads the files it names, which are remembered.

        Raises:
            SceneError: they are not there, or hold something else.
        """

    def elsewhere(self, old: TargetPart) -> bool:
        """Whether it is to be looked for after `old`: of another kind or dimension, or hardly where that was."""
        if old.kind != self.kind or old.d != self.d:
            return True
        # A density whose numbers slide is followed by its particles as long as it can be.
        least = 0.0 if self.differs_in_numbers(old) else _OVERLAP
        for (a, b), (c, d) in zip(old.extent(), self.extent(), strict=True):
            if min(b, d) - max(a, c) < least * (max(b, d) - min(a, c)):
                return True
        return False

    def differs_in_numbers(self, old: Any) -> bool:
        """Whether `old` is the same density with other numbers."""
        return False

    def shortened(self, table: dict[str, Any]) -> None:
        """Makes its table in a file shorter, in place."""


class GridTarget(TargetPart):
    """A target known by a log-density up to a constant, and where it lies."""

    @property
    def support(self) -> Support:
        """Where the density lies."""
        raise NotImplementedError

    def extent(self, spread: float = 3.0) -> Box:
        """For each axis the interval in which p is more than exp(−spread²/2) of its maximum somewhere."""
        return self.support.extent(spread)

    def suited(self, start: StartPart) -> StartPart:
        """In the place of a mode a narrow Gaussian around the highest place."""
        if start.kind != "mode":
            return start
        return GaussianStart(mean=self.support.peak, std=self.support.narrowest)


#: A target is a mixture where its table does not say what it is.
TARGETS: Kinds[TargetPart] = Kinds("visualizer.scene.targets", "target", default="mixture")
#: A target of any kind, as a field of a scene.
AnyTarget = Annotated[TargetPart, TARGETS]
