"""A lecture as it was given: what changed when, to be drawn again at any size."""

from __future__ import annotations

import os
from bisect import bisect_right
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import Field, ValidationError, model_validator

from visualizer.scene.base import Part
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.files import problems, write_atomic
from visualizer.scene.merge import difference, merged
from visualizer.scene.model import Scene
from visualizer.scene.reading import begins_with, parse_toml, read_text
from visualizer.scene.tour import Mark

#: Bytes of a recorded lecture, at most.
MAX_BYTES = 50_000_000
#: Events, at most.
MAX_EVENTS = 500_000
#: Seconds, at most.
MAX_SECONDS = 4 * 3600.0

Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS)]
Share = Annotated[float, Field(ge=-1, le=2)]


class Event(Part):
    """Something that happened at a time; what is None did not change.

    Attributes:
        at: seconds from the beginning.
        scene: a whole scene, with what its file would hold.
        change: what is different from the scene before.
        restart: whether the run began again with this.
        step: the step the run had reached; between two of these it moves evenly.
        title, caption, number, equation, marks, norms and digits (0: none): what stands around the picture.
        spot: where the pointer was, as shares of the picture's width and height; outside 0…1 it is not seen.
        blank: whether the screen is black.
    """

    at: Seconds
    scene: dict[str, Any] | None = None
    change: dict[str, Any] | None = None
    restart: bool = False
    step: Annotated[int, Field(ge=0, le=10**9)] | None = None
    title: Annotated[str, Field(max_length=200)] | None = None
    caption: Annotated[str, Field(max_length=4000)] | None = None
    number: Annotated[str, Field(max_length=20)] | None = None
    equation: bool | None = None
    norms: Annotated[int, Field(ge=0, le=100_000)] | None = None
    digits: Annotated[float, Field(ge=0, le=1.0)] | None = None
    marks: Annotated[tuple[Mark, ...], Field(max_length=20)] | None = None
    spot: tuple[Share, Share] | None = None
    blank: bool | None = None


class Script(Part):
    """What happened, in the order of time; the first event has the whole scene."""

    version: Literal[1] = 1
    title: Annotated[str, Field(max_length=200)] = "Untitled"
    seconds: Seconds
    events: Annotated[tuple[Event, ...], Field(min_length=1, max_length=MAX_EVENTS)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.events[0].scene is None or self.events[0].at > 0:
            raise ValueError("events[0].scene: expected the scene at the beginning, at = 0")
        times = [e.at for e in self.events]
        if any(b < a for a, b in pairwise(times)):
            raise ValueError("events: expected times in ascending order")
        return self


class Timeline:
    """A script with its scenes, and where its run is at any time.

    Raises:
        SceneError: a scene of it is at fault.
    """

    def __init__(self, script: Script, source: str = "script") -> None:
        self.script = script
        self.scenes: dict[int, Scene] = {}
        data: dict[str, Any] = {}
        for i, event in enumerate(script.events):
            if event.scene is None and event.change is None:
                continue
            data = dict(event.scene) if event.scene is not None else merged(data, event.change or {})
            try:
                self.scenes[i] = Scene.model_validate(data)
            except ValidationError as error:
                key = "scene" if event.scene is not None else "change"
                found = [Problem(f"events[{i}].{key}.{p.key}", p.expected) for p in problems(error)]
                raise SceneError(source, found) from None
        # A run that begins again is at 0; what was before has nothing to do with it.
        self._runs = [i for i, e in enumerate(script.events) if e.restart or i == 0]
        self._steps = [(i, e.at, e.step) for i, e in enumerate(script.events) if e.step is not None]

    def step_at(self, seconds: float) -> int:
        """The step the run has reached: moving evenly between those that were noted."""
        events = self.script.events
        run = max((i for i in self._runs if events[i].at <= seconds), default=0)
        after = next((i for i in self._runs if i > run), len(events))
        noted = [(at, step) for i, at, step in self._steps if run <= i < after]
        if not noted or noted[0][0] > events[run].at:  # a run begins at 0 unless something else was noted at once
            noted.insert(0, (events[run].at, 0))
        k = bisect_right(noted, seconds, key=lambda pair: pair[0]) - 1
        at, step = noted[k]
        if k + 1 == len(noted):
            return step
        next_at, next_step = noted[k + 1]
        if next_step <= step or next_at <= at:
            return step
        return step + int((next_step - step) * (seconds - at) / (next_at - at))


def scene_data(scene: Scene) -> dict[str, Any]:
    """A scene as a table that TOML can hold."""
    return scene.model_dump(mode="json", by_alias=True, exclude_none=True)


def scene_event(at: float, before: Scene | None, scene: Scene, restart: bool) -> Event:
    """The event that turns one scene into another, as small as it can be."""
    if before is None:
        return Event(at=at, scene=scene_data(scene), restart=restart)
    change = difference(scene_data(before), scene_data(scene))
    if change is None:  # something is gone, which a change cannot say
        return Event(at=at, scene=scene_data(scene), restart=restart)
    return Event(at=at, change=change, restart=restart)


def save_script(script: Script, path: str | os.PathLike[str]) -> None:
    """Writes a script whole or not at all.

    Raises:
        OSError: it cannot be written there.
    """
    data = script.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    write_atomic(Path(path), tomli_w.dumps({"version": 1, **data}).encode("utf-8"))


def load_script(path: str | os.PathLike[str]) -> Timeline:
    """The script in a TOML file.

    Raises:
        SceneError: naming the file, the key and what was expected.
    """
    try:
        script = Script.model_validate(parse_toml(read_text(Path(path), MAX_BYTES, "script"), str(path)))
    except ValidationError as error:
        raise SceneError(str(path), problems(error)) from None
    return Timeline(script, str(path))


def is_script(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a recorded lecture: its first lines say so, whatever its size."""
    return begins_with(path, "[[events]]")
