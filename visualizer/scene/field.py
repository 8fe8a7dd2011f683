"""[field] and [guidance]: whose score the samplers follow, and how it is pushed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from visualizer.scene.base import MAX_PATH, Part

#: Names of nets that were trained since the program was started begin so; they are no files.
SESSION = "session/"


class ExactField(Part):
    """The target's own score."""

    kind: Literal["exact"] = "exact"


class LearnedField(Part):
    """A network's score; the target is the truth it is judged by.

    `file` is a path, the name of a net that ships with the program, or of one trained in this session;
    `checkpoint` is a step of its training (the last by default).
    """

    kind: Literal["learned"] = "learned"
    file: Annotated[str, Field(min_length=1, max_length=MAX_PATH)]
    checkpoint: Annotated[int, Field(ge=0)] | None = None


FieldPart = Annotated[ExactField | LearnedField, Field(discriminator="kind")]


class GuidancePart(Part):
    """[guidance]: the field that is followed, pushed further.

    `class` pushes towards p_t(x | y) by the exact classifier: s + w (s_y − s). `auto` pushes away from a worse network:
    s_bad + w (s − s_bad).
    """

    kind: Literal["none", "class", "auto"] = "none"
    label: Annotated[int, Field(ge=0)] = 0
    weight: Annotated[float, Field(ge=0, le=100)] = 2.0
    file: Annotated[str, Field(max_length=MAX_PATH)] = ""

    @model_validator(mode="after")
    def _has_a_file(self) -> Self:
        if self.kind == "auto" and not self.file:
            raise ValueError('file: expected the worse network for kind = "auto"')
        return self
