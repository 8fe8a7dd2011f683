"""The base of every part of a scene, and the number types they share."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


def _holds_truth(value: Any) -> bool:
    """Whether it is true or false, or a list as files have them in which such stands. Tuples are our own."""
    if isinstance(value, tuple):
        return any(isinstance(part, list) and _holds_truth(part) for part in value)
    return isinstance(value, bool) or (isinstance(value, list) and any(map(_holds_truth, value)))


class Part(BaseModel):
    """Frozen, strict about unknown keys and about NaN. Change one with `with_`, which validates."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _numbers_are_no_truths(cls, data: Any) -> Any:
        """`true` is no number, though Python takes it for 1."""
        if isinstance(data, dict):
            for name, value in data.items():
                field = cls.model_fields.get(name)
                if field is not None and _holds_truth(value) and "bool" not in str(field.annotation):
                    raise ValueError(f"{name}: expected a number, not true or false")
        return data

    def __eq__(self, other: object) -> bool:
        """Of the same kind with the same fields; what has been worked out of them and kept does not count."""
        if self is other:
            return True
        if type(self) is not type(other):
            return False
        return all(getattr(self, name) == getattr(other, name) for name in type(self).model_fields)

    def with_(self, **changes: Any) -> Self:
        """A validated copy with `changes` made (pydantic's own model_copy does not validate)."""
        values: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**values, **changes})

    def changed(self, name: str, value: Any) -> Self:
        """A copy with one field changed by the user, and whatever else has to change with it."""
        return self.with_(**{name: value})

    def applies(self, name: str) -> bool:
        """Whether a field has a meaning, the others being what they are."""
        return True

    def shown(self, name: str) -> tuple[str, float]:
        """Another name under which a field is shown ("" for its own), and the factor it is shown with."""
        return "", 1.0


#: Characters of a file's path.
MAX_PATH = 4096
Unit = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=1e9)]
NonNegative = Annotated[float, Field(ge=0, le=1e9)]
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6)]
Point = Annotated[tuple[Coordinate, ...], Field(min_length=1, max_length=2)]
