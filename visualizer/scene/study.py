"""A study: a scene in variants, along axes and with many seeds, and what is measured of each run.

Every combination is a cell, a whole scene. A cell goes by a key made of what it computes: the same key means the same
numbers, so that a study goes on where it was, and grows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import product
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from visualizer.scene.base import Part
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.files import MAX_BYTES, problems
from visualizer.scene.merge import merged
from visualizer.scene.model import Scene
from visualizer.scene.presets import scene_beside
from visualizer.scene.reading import parse_toml, read_text

#: Cells of a study, at most.
MAX_CELLS = 100_000
#: What can be measured of a run, as `measure` names it with _ for -; of a list there is a row for each entry.
METRICS = (
    "kl", "sliced-w2", "occupancy", "hops", "acceptance", "r-hat", "ess-bulk", "ess-tail",
    "escape-time", "escape-error", "passage", "barrier", "kramers",
)  # fmt: skip
Number = Annotated[float, Field(ge=-1e12, le=1e12)]


class Span(Part):
    """Numbers from one to another, evenly or evenly in their logarithm."""

    low: Number = Field(alias="from")
    high: Number = Field(alias="to")
    count: Annotated[int, Field(ge=1, le=1000)] = 5
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _has_logarithms(self) -> Self:
        if self.scale == "log" and not (self.low > 0 and self.high > 0):
            raise ValueError("from: expected positive ends for a log scale")
        return self

    @property
    def values(self) -> list[Any]:
        """The numbers, with the ends as they are written."""
        between = np.geomspace if self.scale == "log" else np.linspace
        found = [float(f"{v:.12g}") for v in between(self.low, self.high, self.count)]
        return found if self.count == 1 else [self.low, *found[1:-1], self.high]


class Variant(Part):
    """A change of the scene, with a name."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    change: dict[str, Any] = Field(default_factory=dict)


class MeasurePart(Part):
    """[measure]: what is measured, and when; and how many last draws of a run are kept."""

    at: Annotated[tuple[Annotated[int, Field(ge=1, le=10**9)], ...], Field(max_length=1000)] = ()
    by: Literal["steps", "evaluations"] = "steps"
    metrics: Annotated[tuple[Literal[METRICS], ...], Field(min_length=1)] = ("sliced-w2", "kl")  # type: ignore[valid-type]  # a tuple of names

    draws: Annotated[int, Field(ge=0, le=100_000)] = 0

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if list(self.at) != sorted(set(self.at)):
            raise ValueError("at: expected ascending numbers")
        return self


class RunPart(Part):
    """[run]: how cells are run: side by side (0: as many as there are cores), and how long each may take."""

    jobs: Annotated[int, Field(ge=0, le=1024)] = 0
    limit: Annotated[float, Field(gt=0, le=1e6)] = 120.0


class PlotPart(Part):
    """[plot]: what the window draws at first: over an axis, steps, evaluations or a metric, and which metrics."""

    x: Annotated[str, Field(max_length=200)] = ""
    y: Annotated[tuple[Literal[METRICS], ...], Field(max_length=6)] = ()  # type: ignore[valid-type]  # a tuple of names


class Study(Part):
    """A study as it is written."""

    version: Literal[1] = 1
    kind: Literal["study"] = "study"
    title: Annotated[str, Field(max_length=200)] = "Untitled"
    scene: Annotated[str, Field(max_length=4096)] = ""
    base: dict[str, Any] = Field(default_factory=dict)
    seeds: Annotated[int, Field(ge=1, le=MAX_CELLS)] | tuple[Annotated[int, Field(ge=0, lt=2**63)], ...] = 1
    variants: Annotated[tuple[Variant, ...], Field(max_length=1000)] = ()
    axes: dict[str, Span | Annotated[list[Any], Field(min_length=1, max_length=1000)]] = Field(default_factory=dict)
    measure: MeasurePart = MeasurePart()
    run: RunPart = RunPart()
    plot: PlotPart = PlotPart()

    @model_validator(mode="after")
    def _has_one_scene(self) -> Self:
        if bool(self.scene) == bool(self.base):
            raise ValueError("scene: expected the name of a scene, or a table [base], and not both")
        names = [v.name for v in self.variants]
        if len(set(names)) != len(names):
            raise ValueError("variants: expected another name for each")
        if self.cells > MAX_CELLS:
            raise ValueError(f"seeds: expected at most {MAX_CELLS:,} cells, got {self.cells:,}")
        return self

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds of each combination: run i of one has the same start and the same noise as run i of another."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds

    @property
    def values(self) -> dict[str, list[Any]]:
        """The values along each axis."""
        return {name: axis.values if isinstance(axis, Span) else axis for name, axis in self.axes.items()}

    @property
    def cells(self) -> int:
        """How many runs there are."""
        return max(1, len(self.variants)) * prod(map(len, self.values.values())) * len(self.all_seeds)


@dataclass(frozen=True)
class Cell:
    """One run: where it stands in the study, and its scene."""

    variant: str
    values: tuple[Any, ...]
    seed: int
    scene: Scene

    def said(self, axes: tuple[str, ...]) -> str:
        """Where it stands, in words."""
        at = [f"{name} = {value}" for name, value in zip(axes, self.values, strict=True)]
        return ", ".join([*([self.variant] if self.variant else []), *at, f"seed {self.seed}"])


@dataclass(frozen=True)
class Plan:
    """A study with the scenes of all its cells, in order: variants, axes, seeds."""

    study: Study
    cells: tuple[Cell, ...]

    def _repr_html_(self) -> str:
        """In a notebook: what is varied, and how many runs that makes."""
        axes = [
            (name, f"{len(values)} values, {values[0]} … {values[-1]}") for name, values in self.study.values.items()
        ]
        variants = [("variants", ", ".join(v.name for v in self.study.variants))] if self.study.variants else []
        rows = [*variants, *axes, ("seeds", str(len(self.study.all_seeds))), ("runs", f"{len(self.cells):,}")]
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
        return f"<table><caption>{escape(self.study.title)}</caption>{cells}</table>"


def load_study(path: str | os.PathLike[str]) -> Plan:
    """The study in a TOML file; every cell is a scene that is accepted.

    Raises:
        SceneError: naming the file, the key and what was expected.
    """
    file = Path(path)
    return parse_study(read_text(file, MAX_BYTES, "study"), str(path), file.resolve().parent)


def parse_study(text: str, source: str, folder: Path) -> Plan:
    """The study in TOML text; a scene that is no preset is looked for in `folder`.

    Raises:
        SceneError: as for `load_study`.
    """
    try:
        study = Study.model_validate(parse_toml(text, source))
    except ValidationError as error:
        raise SceneError(source, problems(error)) from None
    return Plan(study, tuple(_cells(study, _base(study, source, folder), source)))


def _base(study: Study, source: str, folder: Path) -> Scene:
    try:
        if study.base:
            return Scene.model_validate(study.base)
        found = scene_beside(study.scene, folder)
    except ValidationError as error:
        raise SceneError(source, [Problem(f"base.{p.key}", p.expected) for p in problems(error)]) from None
    except SceneError as error:
        raise SceneError(source, [Problem("scene", f"{study.scene}: {p}") for p in error.problems]) from None
    return found.with_(panels=())  # a cell is one picture; variants say what differs


def _cells(study: Study, base: Scene, source: str) -> Iterator[Cell]:
    whole = base.model_dump(by_alias=True, exclude_none=True)
    axes = study.values
    for i, variant in enumerate(study.variants or (None,)):
        of_variant = whole if variant is None else merged(whole, variant.change)
        for values in product(*axes.values()):
            tables, where = of_variant, "base" if variant is None else f"variants[{i}] ({variant.name})"
            for name, value in zip(axes, values, strict=True):
                tables, where = merged(tables, _nested(name, value)), f"{where}, axes.{name} = {value}"
            try:
                scene = Scene.model_validate(tables)
            except ValidationError as error:
                found = [Problem(f"{where}: {p.key}", p.expected) for p in problems(error)]
                raise SceneError(source, found) from None
            name = "" if variant is None else variant.name
            for seed in study.all_seeds:
                yield Cell(name, values, seed, scene.with_(seed=seed, title="", caption=""))


def _nested(path: str, value: Any) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    return {head: _nested(rest, value) if rest else value}
