"""The command line: open, render, sample, field, check, train, presets."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from visualizer.scene.model import Scene

_COMMANDS = ("render", "sample", "field", "check", "train", "presets")
_DEVICES = ("auto", "cpu", "cuda", "mps")
_MAX_GRID = 4096
_STILLS = (".png",)


class UsageError(Exception):
    """Bad input or usage: one clear message, exit status 2."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\nTry `{self.prog} --help`.")


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns 0 done, 2 bad input or usage, 1 anything else."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        return _dispatch(arguments)
    except UsageError as error:
        print(f"visualizer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("visualizer: stopped", file=sys.stderr)
        return 1
    except Exception as error:  # the contract: a message, no traceback
        from visualizer.scene.errors import SceneError

        print(f"visualizer: {error}", file=sys.stderr)
        return 2 if isinstance(error, SceneError) else 1


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in _COMMANDS:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    options = _window_parser().parse_args(arguments)
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise UsageError(
            "there is no display to open a window on. Set DISPLAY, or draw without one: "
            "visualizer render SCENE -o FILE.mp4"
        )
    from visualizer.gui.app import open_window

    return open_window(options.scene, options.device)


def _window_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="visualizer",
        description="Opens the window, on SCENE if given.",
        epilog="Other commands: " + ", ".join(f"visualizer {c}" for c in _COMMANDS),
    )
    parser.add_argument("scene", nargs="?", metavar="SCENE", help="a preset's name or a scene file")
    parser.add_argument("--device", choices=_DEVICES, default="auto", help="where to compute")
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="visualizer")
    commands = parser.add_subparsers(required=True, parser_class=_Parser)
    render = commands.add_parser("render", help="draw the scene's run off screen into a video, GIF or picture")
    _add_scene(render)
    render.add_argument("-o", "--output", required=True, metavar="FILE", help="ends in .mp4, .gif or .png")
    render.add_argument("--size", default="1920x1080", help="width x height in pixels")
    render.add_argument("--fps", type=int, default=60, help="frames per second")
    length = render.add_mutually_exclusive_group()
    length.add_argument("--frames", type=int, help="number of frames; a picture shows the last of them")
    length.add_argument("--seconds", type=float, help="duration")
    render.add_argument("--progress", action="store_true", help=argparse.SUPPRESS)
    render.set_defaults(run=_render)
    sample = commands.add_parser("sample", help="run without drawing; arrays x and t")
    _add_scene(sample)
    sample.add_argument("-o", "--output", required=True, metavar="FILE.npz")
    sample.add_argument("--steps", type=int, help="steps to take")
    sample.add_argument("--panel", type=int, default=1, help="which picture of a scene with several")
    sample.add_argument("--count", type=int, help="number of particles")
    sample.set_defaults(run=_sample)
    field = commands.add_parser("field", help="log-density and score of p_t on a grid")
    field.add_argument("scene", metavar="SCENE")
    field.add_argument("-o", "--output", required=True, metavar="FILE.npz")
    field.add_argument("--grid", type=int, default=256, help="points along each axis")
    field.add_argument("--extent", metavar="XMIN,XMAX[,YMIN,YMAX]")
    field.add_argument("--t", type=float, help="time along the process; by default what the scene shows")
    field.set_defaults(run=_field)
    check = commands.add_parser("check", help="validate scene files")
    check.add_argument("scenes", nargs="+", metavar="SCENE")
    check.set_defaults(run=_check)
    train = commands.add_parser("train", help="train the scene's network")
    _add_scene(train)
    train.add_argument("-o", "--output", required=True, metavar="NET.safetensors")
    train.add_argument("--steps", type=int, help="instead of the scene's")
    train.set_defaults(run=_train)
    presets = commands.add_parser("presets", help="list what is built in")
    presets.set_defaults(run=_presets)
    return parser


def _add_scene(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scene", metavar="SCENE", help="a preset's name, a scene file, or - for standard input")
    parser.add_argument("--seed", type=int, help="instead of the scene's")
    parser.add_argument("--device", choices=_DEVICES, default="auto", help="where to compute")


def _load(options: argparse.Namespace) -> Scene:
    """The scene named, with what the options change in it."""
    from pydantic import ValidationError

    from visualizer.scene.files import parse_scene, problems
    from visualizer.scene.presets import find_scene

    from_pipe = options.scene == "-"
    scene = parse_scene(sys.stdin.read(), "standard input") if from_pipe else find_scene(options.scene)
    changes: dict[str, Any] = {}
    if getattr(options, "seed", None) is not None:
        changes["seed"] = options.seed
    if getattr(options, "count", None) is not None:
        changes["particles"] = {**scene.particles.model_dump(), "count": options.count}
    try:
        return scene.with_(**changes)
    except ValidationError as error:
        raise UsageError("\n".join(map(str, problems(error)))) from None


def _output(name: str, suffixes: tuple[str, ...]) -> Path:
    path = Path(name)
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"{name}: expected a name that ends in {', '.join(suffixes)}")
    if not path.parent.is_dir():
        raise UsageError(f"{name}: there is no folder {path.parent}")
    return path


def _device(name: str) -> str:
    from visualizer.engine.build import pick_device

    try:
        return pick_device(name).type
    except ValueError as error:
        raise UsageError(str(error)) from None


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 64 <= int(width) <= 7680 and 64 <= int(height) <= 4320):
        raise UsageError(f"--size {text}: expected WIDTHxHEIGHT between 64x64 and 7680x4320")
    return int(width), int(height)


class _Progress:
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


def _render(options: argparse.Namespace) -> int:
    from visualizer.export.video import VIDEO_SUFFIXES, VideoWriter

    path = _output(options.output, (*VIDEO_SUFFIXES, *_STILLS))
    width, height = _size(options.size)
    if not 1 <= options.fps <= 240:
        raise UsageError(f"--fps {options.fps}: expected 1 to 240")
    scene = _load(options)
    device = _device(options.device)
    from visualizer.gui.capture import frames, natural_frames, save_png

    count = natural_frames(scene) if options.frames is None else options.frames
    if options.seconds is not None:
        count = round(options.seconds * options.fps)
    if not 1 <= count <= 1_000_000:
        raise UsageError("expected between 1 and 1,000,000 frames")
    progress = _Progress(count, "frame", options.progress)
    drawn = frames(scene, width, height, count, device)
    if path.suffix.lower() in _STILLS:
        for done, image in enumerate(drawn, 1):
            progress(done)
            if done == count:
                save_png(image, path)
        return 0
    with VideoWriter(path, width, height, options.fps) as writer:
        for done, image in enumerate(drawn, 1):
            writer.write(image)
            progress(done)
    return 0


def _save_npz(path: Path, **arrays: Any) -> None:
    import io

    import numpy as np

    from visualizer.scene.files import write_atomic

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomic(path, buffer.getvalue())


def _sample(options: argparse.Namespace) -> int:
    path = _output(options.output, (".npz",))
    scene = _load(options)
    shown = scene.resolved_panels()
    if not 1 <= options.panel <= len(shown):
        raise UsageError(f"--panel {options.panel}: expected 1 to {len(shown)}")
    scene = shown[options.panel - 1]
    if options.steps is not None:
        scene = _with_steps(scene, options.steps)
    import numpy as np

    from visualizer.engine.memory import prepare_process
    from visualizer.engine.simulation import Simulation
    from visualizer.scene.files import dump_scene

    prepare_process()
    simulation = Simulation(scene, _device(options.device), budget=0)
    progress = _Progress(simulation.last_step, "step")
    while simulation.state.step < simulation.last_step:
        simulation.advance()
        progress(simulation.state.step)
    frame = simulation.frame
    t = frame.step if simulation.endless else frame.t
    _save_npz(path, x=frame.x, t=np.float64(t), scene=np.array(dump_scene(scene)))
    return 0


def _with_steps(scene: Scene, steps: int) -> Scene:
    from pydantic import ValidationError

    from visualizer.scene.files import problems

    try:
        return scene.with_(sampler=scene.sampler.with_(steps=steps))
    except ValidationError as error:
        raise UsageError(f"--steps {steps}: {problems(error)[0].expected}") from None


def _extent(text: str, d: int) -> list[float]:
    import math

    try:
        values = [float(v) for v in text.split(",")]
    except ValueError:
        values = []
    pairs = list(zip(values[::2], values[1::2], strict=False))
    if len(values) != 2 * d or not all(map(math.isfinite, values)) or any(a >= b for a, b in pairs):
        expected = "XMIN,XMAX" if d == 1 else "XMIN,XMAX,YMIN,YMAX"
        raise UsageError(f"--extent {text}: expected {expected} with each minimum below its maximum")
    return values


def _field(options: argparse.Namespace) -> int:
    path = _output(options.output, (".npz",))
    if not 2 <= options.grid <= _MAX_GRID:
        raise UsageError(f"--grid {options.grid}: expected 2 to {_MAX_GRID}")
    scene = _load(options)
    d = scene.target.d
    if options.extent is None:
        values = [v for pair in scene.target.extent(4.0) for v in pair]
    else:
        values = _extent(options.extent, d)
    from visualizer.engine.export_fields import field_on_grid

    try:
        arrays = field_on_grid(scene, options.grid, values, options.t)
    except ValueError as error:
        raise UsageError(str(error)) from None
    _save_npz(path, **arrays)
    return 0


def _check(options: argparse.Namespace) -> int:
    from visualizer.scene.errors import SceneError
    from visualizer.scene.presets import find_scene

    status = 0
    for name in options.scenes:
        try:
            _check_nets(find_scene(name))
        except SceneError as error:
            print(error, file=sys.stderr)
            status = 2
    return status


def _check_nets(scene: Scene) -> None:
    """Loads the nets a scene follows, if there are any: torch is needed only then."""
    from visualizer.scene.field import LearnedField

    for panel in scene.resolved_panels():
        if isinstance(panel.field, LearnedField) or panel.guidance.kind == "auto":
            from visualizer.engine.simulation import Simulation

            Simulation(panel.with_(particles=panel.particles.with_(count=1)), "cpu", budget=0)


def _train(options: argparse.Namespace) -> int:
    from pydantic import ValidationError

    path = _output(options.output, (".safetensors",))
    scene = _load(options)
    if options.steps is not None:
        try:
            scene = scene.with_(training=scene.training.with_(steps=options.steps))
        except ValidationError:
            raise UsageError(f"--steps {options.steps}: expected 1 to 1,000,000") from None
    import torch

    from visualizer.engine.nets import save_net
    from visualizer.engine.training import training

    torch.set_num_threads(1)  # sums in one order: the same weights as in the window
    progress = _Progress(scene.training.steps, "step")
    for state in training(scene):
        progress(state.step)
    save_net(state.net, path)
    print(f"{path}: error E_t σ_t² E|s_θ − s|² = {state.errors[-1][1]:.4g}", file=sys.stderr)
    return 0


def _presets(_: argparse.Namespace) -> int:
    from visualizer.scene.presets import find_scene, preset_names

    for name in preset_names():
        print(f"{name:22s} {find_scene(name).title}")
    return 0
