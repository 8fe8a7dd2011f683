"""A tour: scenes in the order of a lecture, with what is said beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from visualizer.scene.base import Part, Point
from visualizer.scene.errors import FilesOutside, Problem, SceneError
from visualizer.scene.files import files_outside, problems, read_scene
from visualizer.scene.merge import merged
from visualizer.scene.model import Scene
from visualizer.scene.paths import data_folder
from visualizer.scene.presets import scene_beside
from visualizer.scene.reading import begins_with, parse_toml, read_text

MAX_BYTES = 2_000_000
MAX_STOPS = 200


class Mark(Part):
    """Something to look at: a ring around a place of the picture, or an arrow to it, with a few words.

    `at` is in the coordinates of the target; in 1-D the ring is around a place on the axis.
    """

    at: Point
    radius: Annotated[float, Field(gt=0, le=1e6)] | None = None
    text: Annotated[str, Field(max_length=200)] = ""


class Stop(Part):
    """One stop of a tour.

    Attributes:
        scene: a preset's name or a file beside the tour; where it is left out, the scene of the stop before.
        change: tables and keys of the scene that are different here.
        title, caption: shown; Markdown, with formulas between dollars.
        notes: for the lecturer alone.
        play: whether the run plays from here on; as it was where it is left out.
        until: pause when the run reaches this step.
        restart: whether the run starts again even if it could go on.
        seconds: how long a film of the tour stays here; left out: as long as title and caption take to read.
        transition: seconds in which numbers that differ from the stop before are moved over.
        marks: what to look at.
        equation: whether the equation of the sampler is shown.
        norms: beside the picture, how long Gaussian vectors are in so many dimensions.
        digits: beside the picture, all steps of a chain of walk–jump on handwritten digits with this σ.
    """

    scene: Annotated[str, Field(max_length=1000)] = ""
    change: dict[str, Any] = Field(default_factory=dict)
    title: Annotated[str, Field(max_length=200)] = ""
    caption: Annotated[str, Field(max_length=4000)] = ""
    notes: Annotated[str, Field(max_length=8000)] = ""
    play: bool | None = None
    until: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    restart: bool = False
    seconds: Annotated[float, Field(gt=0, le=600)] | None = None
    transition: Annotated[float, Field(ge=0, le=20)] = 1.2
    marks: Annotated[tuple[Mark, ...], Field(max_length=20)] = ()
    equation: bool = True
    norms: Annotated[int, Field(ge=1, le=100_000)] | None = None
    digits: Annotated[float, Field(ge=0.15, le=1.0)] | None = None


class Tour(Part):
    """A tour as it is written."""

    version: Literal[1] = 1
    title: Annotated[str, Field(max_length=200)] = "Untitled"
    stops: Annotated[tuple[Stop, ...], Field(min_length=1, max_length=MAX_STOPS)]


class Itinerary(Part):
    """A tour with the complete scene of every stop."""

    tour: Tour
    scenes: tuple[Scene, ...]


def load_tour(path: str | os.PathLike[str], agreed: Collection[str] | None = None) -> Itinerary:
    """The tour in a TOML file, its scenes found and checked.

    Args:
        path: of the file.
        agreed: files outside its folder that its scenes may read; None: all.

    Raises:
        FilesOutside: its scenes name other files outside its folder; none of these was read.
        SceneError: naming the file, the key and what was expected.
    """
    file = Path(path)
    return parse_tour(read_text(file, MAX_BYTES, "tour"), str(path), file.resolve().parent, agreed)


def parse_tour(text: str, source: str, folder: Path, agreed: Collection[str] | None = None) -> Itinerary:
    """The tour in TOML text; scenes that are no presets are looked for in `folder`.

    Raises:
        SceneError: as for `load_tour`.
    """
    try:
        tour = Tour.model_validate(parse_toml(text, source))
    except ValidationError as error:
        raise SceneError(source, problems(error)) from None
    scenes: list[Scene] = []
    for i, stop in enumerate(tour.stops):
        if not stop.scene and not scenes:
            raise SceneError(source, [Problem("stops[0].scene", "the first stop needs a scene")])
        base = _found(stop.scene, folder, f"stops[{i}].scene", source, agreed) if stop.scene else scenes[-1]
        scenes.append(_changed(base, stop.change, f"stops[{i}].change", source))
    outside = dict.fromkeys(file for scene in scenes for file in files_outside(scene, folder) if not _ships(file))
    if agreed is not None and not outside.keys() <= set(agreed):
        raise FilesOutside(source, tuple(outside))
    return Itinerary(tour=tour, scenes=tuple(scenes))


def _ships(file: str) -> bool:
    """Whether a file lies with the program."""
    return any(Path(file).is_relative_to(data_folder(name).resolve()) for name in ("presets", "resources"))


def _found(name: str, folder: Path, key: str, source: str, agreed: Collection[str] | None) -> Scene:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise SceneError(source, [Problem(key, f"{name}: expected a preset's name, or a file beside the tour")])
    try:
        return scene_beside(name, folder, agreed)
    except FilesOutside as error:
        raise FilesOutside(source, error.files) from None
    except SceneError as error:
        raise SceneError(source, [Problem(key, f"{name}: {p}") for p in error.problems]) from None


def _changed(scene: Scene, change: dict[str, Any], key: str, source: str) -> Scene:
    if not change:
        return scene
    try:
        return Scene.model_validate(merged(scene.model_dump(by_alias=True, exclude_none=True), change))
    except ValidationError as error:
        raise SceneError(source, [Problem(f"{key}.{p.key}", p.expected) for p in problems(error)]) from None


def is_of_tour(error: SceneError) -> bool:
    """Whether a file was refused as a scene because it is a tour."""
    return any(problem.key == "stops" for problem in error.problems)


def load_scene_or_tour(
    path: str, load: Callable[[str], Scene] = read_scene, agreed: Collection[str] | None = None
) -> Scene | Itinerary:
    """What is in a file; a scene is read once, by `load`. Of a tour `agreed` is asked (see `load_tour`).

    Raises:
        SceneError: naming the file, the key and what was expected.
    """
    try:
        return load(path)
    except SceneError as error:
        if not is_of_tour(error):
            raise
        return load_tour(path, agreed)


def tour_names() -> list[str]:
    """The names of the built-in tours, in order."""
    return [p.stem.partition("-")[2] for p in sorted((data_folder("presets") / "tours").glob("*.toml"))]


def tour_path(name: str) -> Path:
    """The file of a built-in tour.

    Raises:
        SceneError: there is none of that name.
    """
    for path in (data_folder("presets") / "tours").glob("*.toml"):
        if path.stem.partition("-")[2] == name:
            return path
    raise SceneError(name, [Problem("", "no such tour; `visualizer presets` lists them")])


def is_tour(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a tour: its first lines say so, whatever its size."""
    return begins_with(path, "[[stops]]")
