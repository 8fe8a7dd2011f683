"""What the commands share: usage errors, the scene asked for, places to write to, progress."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from visualizer.scene.model import Scene

DEVICES = ("auto", "cpu", "cuda", "mps")


class UsageError(Exception):
    """Bad input or usage: one clear message, exit status 2."""


class Parser(argparse.ArgumentParser):
    """Its errors are usage errors."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\nTry `{self.prog} --help`.")


def add_plugin(parser: argparse.ArgumentParser) -> None:
    """The option that lets plug-ins in."""
    tip = "let a plug-in in, which is a program: whoever names it here trusts its text (may be repeated)"
    parser.add_argument("--plugin", action="append", default=[], metavar="FILE", help=tip)


def add_scene(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """Arguments of every command that runs a scene."""
    parser.add_argument(
        "scene", metavar="SCENE", nargs=nargs, help="a preset's name, a scene file, a link, or - for standard input"
    )
    parser.add_argument("--seed", type=int, help="instead of the scene's")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to compute")
    add_plugin(parser)


def load(name: str, options: argparse.Namespace) -> Scene:
    """The scene named, with what the options change in it."""
    from visualizer.scene.errors import SceneError
    from visualizer.scene.files import parse_scene
    from visualizer.scene.presets import load_scene
    from visualizer.scene.tour import is_of_tour, tour_names

    try:
        scene = parse_scene(sys.stdin.read(), "standard input") if name == "-" else load_scene(name)
    except SceneError as error:
        if name not in tour_names() and not is_of_tour(error):
            raise
        hint = f"`visualizer {name}` presents it; record that, and render the recording"
        raise UsageError(f"{name}: this is a tour. {hint}") from None
    changes: dict[str, Any] = {}
    if getattr(options, "seed", None) is not None:
        changes["seed"] = options.seed
    if getattr(options, "count", None) is not None:
        changes["particles"] = {**scene.particles.model_dump(), "count": options.count}
    return changed(scene, **changes)


def changed(scene: Scene, **changes: Any) -> Scene:
    """The scene with changes made; what it does not allow is a usage error."""
    from pydantic import ValidationError

    from visualizer.scene.files import problems

    try:
        return scene.with_(**changes)
    except ValidationError as error:
        raise UsageError("\n".join(map(str, problems(error)))) from None


def output(name: str, suffixes: tuple[str, ...]) -> Path:
    """A place to write to, by the endings a command knows."""
    path = Path(name)
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"{name}: expected a name that ends in {', '.join(filter(None, suffixes))}")
    if not path.parent.is_dir():
        raise UsageError(f"{name}: there is no folder {path.parent}")
    return path


def device(name: str) -> str:
    """The device to compute on."""
    from visualizer.engine.run.build import pick_device

    try:
        return pick_device(name).type
    except ValueError as error:
        raise UsageError(str(error)) from None


class Progress:
    """A line on a terminal, nothing in a pipe; `machine` prints one number a line for another program."""

    def __init__(self, total: int, what: str, machine: bool = False) -> None:
        self._total, self._what, self._machine = total, what, machine
        self._begin = self._last = time.monotonic()
        self._terminal = sys.stderr.isatty() and not machine

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self._last < 0.1 and done < self._total:
            return
        self._last = now
        if self._machine:
            print(f"{done} {self._total}", flush=True)
        elif self._terminal:
            left = (now - self._begin) / max(1, done) * (self._total - done)
            end = "\n" if done >= self._total else ""
            print(f"\r{self._what} {done}/{self._total}, {left:.0f} s left ", end=end, file=sys.stderr, flush=True)
