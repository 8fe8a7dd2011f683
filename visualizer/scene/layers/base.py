"""What is asked of a layer anywhere but of its drawing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Flag, auto

from visualizer.register import Register


class Need(Flag):
    """What a layer needs to be there, or is wanted with."""

    NOTHING = 0
    #: a target, whose density is known
    DENSITY = auto()
    #: a target made of points
    POINTS = auto()
    #: a target whose components have no handles
    NO_HANDLES = auto()
    #: the picture of a 1-D run over time
    RIVER = auto()
    #: a network that is followed
    NETWORK = auto()
    #: guidance
    GUIDANCE = auto()


@dataclass(frozen=True)
class InPicture:
    """A layer in pictures of one dimension.

    Attributes:
        place: where it is drawn when all layers are: ascending from the bottom up; between two others, their mean.
        title, tip: what it is called, and what it shows.
        on: whether it is drawn where nothing is said.
        key: the number key that switches it; 0 for none.
    """

    place: float
    title: str
    tip: str
    on: bool = False
    key: int = 0


@dataclass(frozen=True)
class LayerKind:
    """A layer of pictures.

    Attributes:
        kind: its name in scenes.
        plane, line: what it is in 2-D and in 1-D; None where it is not there.
        needs: without all of these it is not offered.
        wanted_with: without all of these it is offered only while it is drawn.
        beside: whether it is drawn in the plots beside the plane.
        ink: the role of the palette that it is drawn in; "" where it has several colours.
        follows: whether it is drawn in green where a network or guidance is followed.
    """

    kind: str
    plane: InPicture | None = None
    line: InPicture | None = None
    needs: Need = Need.NOTHING
    wanted_with: Need = Need.NOTHING
    beside: bool = field(default=False, kw_only=True)
    ink: str = field(default="", kw_only=True)
    follows: bool = field(default=False, kw_only=True)

    def of(self, d: int) -> InPicture | None:
        """What it is in pictures of d dimensions."""
        return self.plane if d == 2 else self.line


LAYERS: Register[LayerKind] = Register("visualizer.scene.layers", "layer")


def layer_names(d: int) -> tuple[str, ...]:
    """All layers of pictures of d dimensions, from the bottom up."""
    found = [(there.place, name) for name in LAYERS if (there := LAYERS[name].of(d)) is not None]
    return tuple(name for _, name in sorted(found))


def default_layers(d: int) -> tuple[str, ...]:
    """The layers that are drawn where nothing is said, from the bottom up."""
    return tuple(name for name in layer_names(d) if (there := LAYERS[name].of(d)) is not None and there.on)


def layer_keys(d: int) -> dict[int, str]:
    """The layers that number keys switch."""
    found = {there.key: name for name in LAYERS if (there := LAYERS[name].of(d)) is not None and there.key}
    return dict(sorted(found.items()))
