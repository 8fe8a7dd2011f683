"""What a plug-in says of itself, read without running it."""

from __future__ import annotations

import ast
import keyword
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

#: The name that the literal is assigned to.
NAME = "VISUALIZER"
#: Bytes of a file, at most.
MAX_BYTES = 64_000
#: The functions that each kind has to have.
NEEDED = {"target": ("log_density",), "sampler": ("step",), "process": ("alpha", "sigma")}
#: What a parameter cannot be called, since a table of a scene has such a key already.
_TAKEN = ("kind", "t", "sigma", "steps", "steps_per_frame", "t_max", "x")

Number = Annotated[float, Field(ge=-1e6, le=1e6)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Line = Annotated[str, Field(max_length=300)]


class PluginError(ValueError):
    """A plug-in cannot be used, in a sentence that says why and where."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_is_a_number(cls, value: Any, info: Any) -> Any:
        if isinstance(value, bool) and cls.model_fields[info.field_name].annotation is not bool:
            raise ValueError("expected no truth value")
        return value


class Parameter(_Said):
    """A number of a plug-in that can be slid.

    Attributes:
        default: its value at first.
        low, high: between these it may lie.
        help: a tip.
        title: what it is called beside its slider; its own name where nothing is said.
        log: the slider is even in its logarithm.
        integer: whole numbers alone.
    """

    default: Number
    low: Number | None = None
    high: Number | None = None
    help: Annotated[str, Field(max_length=200)] = ""
    title: Annotated[str, Field(max_length=30)] = ""
    log: bool = False
    integer: bool = False

    @property
    def first(self) -> float:
        """The default, an `int` where numbers are whole."""
        return int(self.default) if self.integer else self.default

    @property
    def range(self) -> tuple[float, float]:
        """Its ends; what was not said is ten times as far off as the default."""
        far = 10 * abs(self.default) or 10.0
        least = self.default / 10 if self.default > 0 else -far
        return (least if self.low is None else self.low), (far if self.high is None else self.high)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.range
        if not low <= self.default <= high or low >= high:
            raise ValueError(
                f"expected low ≤ default ≤ high, and low < high; they are {low:g}, {self.default:g}, {high:g}"
            )
        if self.log and low <= 0:
            raise ValueError("expected low > 0 beside log")
        if self.integer and self.default != int(self.default):
            raise ValueError("expected a whole number as default")
        return self


class Manifest(_Said):
    """The literal `VISUALIZER` of a plug-in.

    Attributes:
        api: the version of these rules.
        name: what scenes call it.
        kind: what it is.
        title: what lists call it; its name where nothing is said.
        parameters: its numbers, by name.
        dimension: of a target, 1 or 2.
        box: of a target, [low, high] of each axis, where all of it lies but next to nothing.
        hard_edges: of a target, p = 0 outside of its box.
        start: of a target, the place at which chains begin; the middle of the box where nothing is said.
        equation: of a sampler, LaTeX of a step in lines.
        invariant: of a sampler, whether it leaves p as it is.
        formula: of a process, α and σ in plain text.
        t_max: of a process, the end of its time.
    """

    api: Literal[1]
    name: Name
    kind: Literal["target", "sampler", "process"]
    title: Annotated[str, Field(max_length=40)] = ""
    parameters: Annotated[dict[str, Parameter], Field(max_length=12)] = {}
    dimension: Literal[1, 2] = 2
    box: Annotated[tuple[tuple[Number, Number], ...], Field(max_length=2)] = ()
    hard_edges: bool = False
    start: Annotated[tuple[Number, ...], Field(max_length=2)] = ()
    equation: Annotated[tuple[Line, ...], Field(max_length=6)] = ()
    invariant: bool = True
    formula: Line = ""
    t_max: Annotated[float, Field(gt=0, le=1000)] = 1.0

    @property
    def called(self) -> str:
        """What lists call it."""
        return self.title or self.name

    @property
    def first(self) -> dict[str, float]:
        """The numbers that it begins with, by name."""
        return {name: said.first for name, said in self.parameters.items()}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in self.parameters:
            if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or len(name) > 30:
                raise ValueError(f"parameters: {name!r} cannot be the name of a parameter")
            if name in _TAKEN:
                raise ValueError(f"parameters: {name} has a meaning already; expected another name")
        if self.kind == "target":
            if len(self.box) != self.dimension or any(a >= b for a, b in self.box):
                raise ValueError(
                    f"box: expected [low, high] with low < high for each of {self.dimension} axes, "
                    f"as in {[[-3, 3]] * self.dimension}"
                )
            places = zip(self.start, self.box, strict=False)
            if self.start and (len(self.start) != self.dimension or not all(a < v < b for v, (a, b) in places)):
                raise ValueError(f"start: expected a place in the box, with {self.dimension} coordinates")
        return self


def manifest_of(text: str) -> Manifest:
    """What a file says of itself. Nothing of it is run.

    Raises:
        PluginError: it says nothing, or nothing that can be read.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise PluginError(f"expected at most {MAX_BYTES:,} bytes")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise PluginError(f"line {error.lineno or 1}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise PluginError("this is no text of a Python program") from None
    found = [node.value for node in tree.body if isinstance(node, ast.Assign) and _names(node) == [NAME]]
    if len(found) != 1:
        raise PluginError(f"expected one line `{NAME} = {{…}}` that says what it is; there are {len(found)}")
    try:
        said = ast.literal_eval(found[0])
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise PluginError(
            f"line {_of_code(found[0])}: {NAME} may hold texts, numbers, lists and tables alone: no name and no call, "
            "since nothing of the file is run to read it"
        ) from None
    try:
        manifest = Manifest.model_validate(said)
    except ValidationError as error:
        raise PluginError(f"line {found[0].lineno}: {_first(error)}") from None
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    if missing := [name for name in NEEDED[manifest.kind] if name not in there]:
        raise PluginError(f"a {manifest.kind} needs a function {missing[0]}")
    return manifest


def _of_code(literal: ast.expr) -> int:
    """The line of the first name or call in what should be a literal."""
    nodes = (node for node in ast.walk(literal) if isinstance(node, ast.Name | ast.Call | ast.Attribute))
    return min((node.lineno for node in nodes), default=literal.lineno)


def told(text: str) -> dict[str, Any]:
    """The same as a table, for another process."""
    return manifest_of(text).model_dump(mode="json")


#: What is said of faults in the words of the reader.
_SAID = {
    "extra_forbidden": "unknown key",
    "missing": "this key is needed",
    "string_pattern_mismatch": "expected small letters, digits and hyphens, beginning with a letter",
    "tuple_type": "expected a list",
    "dict_type": "expected a table",
}


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _first(error: ValidationError) -> str:
    """The first fault, with the key it is at."""
    item = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in item["loc"] if part != "[key]")
    plain = item["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    text = _SAID.get(item["type"], plain)
    return f"{NAME}: {key}: {text}" if key else f"{NAME}: {text}"
