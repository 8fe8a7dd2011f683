"""One cell of a study: what it goes by, and what comes of it. Texts in, texts out: it runs in another process."""

from __future__ import annotations

import base64
import hashlib
import json
import signal
import time
import traceback
from typing import TYPE_CHECKING, Any

from visualizer import __version__
from visualizer.plugins import Plugin, let_in
from visualizer.plugins.code import stopped_after
from visualizer.scene.admitting import plugins_of
from visualizer.scene.files import dump_scene, parse_scene
from visualizer.scene.model import Scene
from visualizer.scene.study import MeasurePart

if TYPE_CHECKING:
    from visualizer.engine.run.simulation import Simulation

#: Raised where a change of the program changes the numbers of a run: cells of before are run again.
NUMERICS = 1
#: Seconds beyond twice the limit for a step that never ends: it looks at the clock between steps.
_GRACE = 5.0
#: Chains of which draws are kept.
CHAINS = 100


def key_of(scene: Scene, measure: MeasurePart) -> str:
    """32 digits for what a cell computes: its scene, what is measured, and by which version of what."""
    import torch

    whole = [
        dump_scene(scene),
        measure.model_dump(exclude_defaults=True),
        NUMERICS,
        torch.__version__.partition("+")[0],
        "cpu",
    ]
    whole += [plugin.sha256 for plugin in plugins_of(scene)]
    return hashlib.blake2b(json.dumps(whole, sort_keys=True).encode(), digest_size=16).hexdigest()


def begin_worker(parent: int) -> None:
    """In a process that runs cells: one thread, no interrupts of its own, and an end with its parent."""
    from visualizer.engine.host.birth import die_with_parent
    from visualizer.engine.run.memory import prepare_process, prepare_thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent)
    prepare_process()
    prepare_thread()


def about_here() -> str:
    """What numbers depend on besides a scene: the versions of the program and of torch."""
    import torch

    return f"visualizer {__version__} (numerics {NUMERICS}), torch {torch.__version__.partition('+')[0]}"


def run_cell(text: str, measure: str, limit: float, plugins: tuple[Plugin, ...] = ()) -> str:
    """Runs a scene and measures it, as JSON: rows of (at, steps, evaluations, metric, index, value), or why it failed.

    What fails is told as text: not every exception finds its way back from another process. `plugins` are let in first:
    a worker elsewhere was not started from here.
    """
    try:
        for plugin in plugins:
            let_in(plugin)
        with stopped_after(2 * limit + _GRACE, f"one step took longer than the limit of {limit:g} s: see [run] limit"):
            return json.dumps(_run(text, measure, limit))
    except Exception as error:
        ours = type(error).__module__.startswith("visualizer.")  # whose texts are sentences
        why = str(error) if ours else "".join(traceback.format_exception_only(error)).strip()
        return json.dumps({"why": why, "whole": traceback.format_exc()})


def run_cell_there(text: str, measure: str, limit: float, plugins: tuple[Plugin, ...] = ()) -> str:
    """The same in a thread of somebody else's, with the arithmetic of `begin_worker`."""
    from visualizer.engine.run.memory import prepare_thread

    prepare_thread()
    return run_cell(text, measure, limit, plugins)


def _run(text: str, measure: str, limit: float) -> dict[str, Any]:
    from visualizer.engine.experiments.measuring import along_run
    from visualizer.engine.run.simulation import Simulation

    part, end = MeasurePart.model_validate_json(measure), time.monotonic() + limit
    scene = parse_scene(text, "this cell")

    def in_time(_: int) -> None:
        if time.monotonic() > end:
            raise TimeoutError(f"it took longer than the limit of {limit:g} s: see [run] limit")

    began, rows = time.monotonic(), []
    simulation = Simulation(scene, "cpu", budget=0)
    at = part.at or (simulation.last_step,)
    by = part.by if part.at else "steps"
    for wanted, found in zip(at, along_run(simulation, at, by, in_time), strict=False):
        rows += _rows(wanted, found, part)
    made = {"rows": rows, "seconds": round(time.monotonic() - began, 3)}
    return made | {"draws": _draws(simulation, part.draws)} if part.draws else made


def _draws(simulation: Simulation, count: int) -> dict[str, Any]:
    """The last positions of the first chains, (chains, draws, d) in float32, as text."""
    x = simulation.paths.upto(simulation.state.step, count)[2].transpose(2, 0, 1)[:CHAINS]
    return {"shape": list(x.shape), "base64": base64.b64encode(x.astype("<f4").tobytes()).decode()}


def _rows(at: int, found: dict[str, Any], part: MeasurePart) -> list[list[Any]]:
    """A row for each number that is asked for, its floor beside it, where it has a meaning."""
    rows = []
    for metric in part.metrics:
        name = metric.replace("-", "_")
        for key, label in ((name, metric), (f"{name}_floor", f"{metric}-floor")):
            value = found.get(key)
            for i, v in enumerate(value if isinstance(value, list) else [] if value is None else [value]):
                rows.append([at, found["steps"], found["evaluations"], label, i, v])
    return rows
