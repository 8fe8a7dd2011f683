"""How a table in text is written, where it is not as the program would find out by itself."""

from __future__ import annotations

from typing import Literal

from visualizer.scene.base import Part

#: What stands between columns, by its name.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
#: What is told of how a text is written, by name (see `Dialect.told`).
Told = dict[str, str | bool]
Encoding = Literal[
    "utf-8", "utf-16", "cp1252", "latin-1", "iso8859-15", "cp1250", "cp1251", "koi8-r", "mac-roman", "shift_jis",
    "euc-kr", "gb18030", "big5",
]  # fmt: skip


class Dialect(Part):
    """What is told of a table in text; what is left out is found out from the text.

    Attributes:
        separator: between columns.
        heading: whether the first row names the columns.
        decimal, thousands: the marks in numbers; "" for no mark between thousands.
        encoding: of the letters.
    """

    separator: Literal[",", ";", "\t", "|", " "] | None = None
    heading: bool | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal["", ",", "."] | None = None
    encoding: Encoding | None = None

    @property
    def told(self) -> Told:
        """What is told, by name."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if value is not None}
