"""`visualizer sample`, `field` and `measure`: numbers instead of pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.cli.common import Progress, UsageError, add_plugin, add_scene, device, load, output

if TYPE_CHECKING:
    from visualizer.scene.model import Scene

_MAX_GRID = 4096
_SUFFIXES = (".npz", ".csv", ".parquet")


def add_parser(commands: Any) -> None:
    """The commands' arguments."""
    sample = commands.add_parser("sample", help="run without drawing; arrays x and t")
    add_scene(sample)
    sample.add_argument("-o", "--output", required=True, metavar="FILE", help="ends in .npz, .csv or .parquet")
    _add_run(sample)
    sample.set_defaults(run=_sample)
    measure = commands.add_parser("measure", help="what the window's read-outs say, as JSON")
    add_scene(measure)
    measure.add_argument("-o", "--output", required=True, metavar="FILE.json", help="or - for standard output")
    _add_run(measure)
    measure.set_defaults(run=_measure)
    field = commands.add_parser("field", help="log-density and score of p_t on a grid")
    field.add_argument("scene", metavar="SCENE")
    field.add_argument("-o", "--output", required=True, metavar="FILE", help="ends in .npz, .csv or .parquet")
    field.add_argument("--grid", type=int, default=256, help="points along each axis")
    field.add_argument("--extent", metavar="XMIN,XMAX[,YMIN,YMAX]")
    field.add_argument("--t", type=float, help="time along the process; by default what the scene shows")
    add_plugin(field)
    field.set_defaults(run=_field)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, help="steps to take")
    parser.add_argument("--panel", type=int, default=1, help="which picture of a scene with several")
    parser.add_argument("--count", type=int, help="number of particles")


def _save_npz(path: Path, **arrays: Any) -> None:
    import io

    import numpy as np

    from visualizer.scene.files import write_atomic

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomic(path, buffer.getvalue())


def _save_table(path: Path, columns: dict[str, Any], scene: str) -> None:
    from visualizer.scene.files import write_atomic
    from visualizer.scene.tables.files import table_bytes

    write_atomic(path, table_bytes(path.suffix.lower(), columns, scene))


def _sample(options: argparse.Namespace) -> int:
    path = output(options.output, _SUFFIXES)
    scene = _picture(options)
    import numpy as np

    from visualizer.engine.run.memory import prepare_process
    from visualizer.engine.run.simulation import Simulation
    from visualizer.scene.files import dump_scene, portable

    prepare_process()
    simulation = Simulation(scene, device(options.device), budget=0)
    progress = Progress(simulation.last_step, "step")
    while simulation.state.step < simulation.last_step:
        simulation.advance()
        progress(simulation.state.step)
    frame = simulation.frame
    t = frame.step if simulation.endless else frame.t
    if path.suffix.lower() == ".npz":
        _save_npz(path, x=frame.x, t=np.float64(t), scene=np.array(dump_scene(portable(scene, path.parent))))
    else:
        _save_table(path, dict(zip("xy", frame.x.T, strict=False)), dump_scene(portable(scene, path.parent)))
    return 0


def _measure(options: argparse.Namespace) -> int:
    import json

    path = None if options.output == "-" else output(options.output, (".json",))
    scene = _picture(options)

    from visualizer.engine.experiments.measuring import measure
    from visualizer.engine.run.memory import prepare_process
    from visualizer.scene.files import write_atomic

    prepare_process()
    found = measure(scene, options.steps, device(options.device), Progress(scene.sampler.steps, "step"))
    text = json.dumps(found, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    if path is None:
        print(text, end="")
    else:
        write_atomic(path, text.encode())
    return 0


def _picture(options: argparse.Namespace) -> Scene:
    """The picture asked for, with the steps and the particles asked for."""
    scene = load(options.scene, options)
    shown = scene.resolved_panels()
    if not 1 <= options.panel <= len(shown):
        raise UsageError(f"--panel {options.panel}: expected 1 to {len(shown)}")
    scene = shown[options.panel - 1]
    return scene if options.steps is None else _with_steps(scene, options.steps)


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
    path = output(options.output, _SUFFIXES)
    if not 2 <= options.grid <= _MAX_GRID:
        raise UsageError(f"--grid {options.grid}: expected 2 to {_MAX_GRID}")
    scene = load(options.scene, options)
    d = scene.target.d
    if options.extent is None:
        values = [v for pair in scene.target.extent(4.0) for v in pair]
    else:
        values = _extent(options.extent, d)
    from visualizer.engine.experiments.export_fields import field_on_grid
    from visualizer.scene.files import dump_scene, portable

    try:
        arrays = field_on_grid(scene, options.grid, values, options.t)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if path.suffix.lower() == ".npz":
        _save_npz(path, **arrays)
    else:
        _save_table(path, _as_columns(arrays), dump_scene(portable(scene, path.parent)))
    return 0


def _as_columns(arrays: dict[str, Any]) -> dict[str, Any]:
    """Arrays over a grid as columns, a row for each point."""
    import numpy as np

    axes = [arrays[name] for name in ("axis0", "axis1") if name in arrays]
    points = np.meshgrid(*axes, indexing="ij")
    columns: dict[str, Any] = {axis: p.ravel() for axis, p in zip("xy", points, strict=False)}
    if "log_density" in arrays:
        columns["log_prob"] = arrays["log_density"].ravel()
    score = arrays["score"].reshape(-1, len(axes))
    return columns | {f"score_{axis}": score[:, i] for i, axis in enumerate("xy"[: len(axes)])}
