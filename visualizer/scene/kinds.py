"""Tables of a scene that come in kinds: a kind is one file in the folder of its table, found by its name."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from visualizer.register import Register
from visualizer.scene.base import Part


class KindPart(Part):
    """A table of a scene that comes in kinds, and what every kind says of itself."""

    kind: str = ""

    #: the name in lists
    title: ClassVar[str]
    #: where it stands in lists: ascending
    order: ClassVar[float] = 1000.0

    @classmethod
    def home(cls) -> str:
        """The name of the file of this kind; its torch half has the same name in its own room."""
        return cls.__module__.rpartition(".")[2]


P = TypeVar("P", bound=KindPart)


class Kinds(Register[type[P]]):
    """The kinds of one table. As an annotation of a field it validates what stands in the table.

    Args:
        package: the folder of the kinds, as the name of a package.
        sort: what one of them is called in messages.
        key: the key of the table that names the kind.
        default: the kind of a table that names none; empty where a table has to name one.
    """

    def __init__(self, package: str, sort: str, *, key: str = "kind", default: str = "") -> None:
        super().__init__(package, sort)
        self._key, self._default = key, default

    def name_of(self, thing: type[P]) -> str:
        return str(thing.model_fields[self._key].default)

    def titles(self) -> list[tuple[str, str]]:
        """(name, title) of all kinds, in the order of lists."""
        return [(name, self[name].title) for name in self]

    def read(self, table: Any) -> P:
        """The part that a table describes.

        Raises:
            PydanticKnownError: the table names no kind, or one that is not there.
            ValidationError: the table does not fit its kind.
        """
        if isinstance(table, KindPart):
            return table  # type: ignore[return-value]  # validated when it was made
        if not isinstance(table, dict):
            raise PydanticKnownError("model_attributes_type")
        name = table.get(self._key, self._default)
        if not name:
            raise PydanticKnownError("union_tag_not_found", {"discriminator": f"'{self._key}'"})
        if name not in self:
            expected = ", ".join(f"'{known}'" for known in self)
            context = {"discriminator": f"'{self._key}'", "tag": str(name), "expected_tags": expected}
            raise PydanticKnownError("union_tag_invalid", context)
        return self[name].model_validate(table)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.simple_ser_schema("any")  # as the part it is, not as the base of all kinds
        return core_schema.no_info_plain_validator_function(self.read, serialization=written)
