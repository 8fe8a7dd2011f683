"""`visualizer study`: many runs with error bars."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.cli.common import Progress, UsageError, add_plugin, output

if TYPE_CHECKING:
    from visualizer.engine.studies.pools import Pool
    from visualizer.engine.studies.runner import Runner
    from visualizer.scene.study import Plan


def add_parser(commands: Any) -> None:
    """The command's arguments."""
    study = commands.add_parser("study", help="run a study: variants × axes × seeds, measured")
    study.add_argument("study", metavar="FILE", help="a study, or the name of one that ships")
    study.add_argument("-o", "--output", metavar="DIR", help="a folder; begun again, it goes on there")
    study.add_argument("--jobs", type=int, default=0, help="runs side by side (0: as the study says, or every core)")
    study.add_argument(
        "--cluster", metavar="ADDRESS", help="run on a Dask cluster: tls://HOST:PORT, or tcp://127.0.0.1:PORT"
    )
    study.add_argument("--arviz", metavar="FILE.nc", help="at the end, write the draws that were kept for ArviZ")
    study.add_argument("--retry", action="store_true", help="run cells again that have failed")
    study.add_argument("--dry", action="store_true", help="say how many cells there are, and run none")
    add_plugin(study)
    study.set_defaults(run=_study)


def _study(options: argparse.Namespace) -> int:
    from visualizer.engine.studies.runner import Runner
    from visualizer.engine.studies.store import Store
    from visualizer.scene.files import write_atomic
    from visualizer.scene.paths import study_path
    from visualizer.scene.study import load_study

    if not 0 <= options.jobs <= 1024:
        raise UsageError(f"--jobs {options.jobs}: expected 0 to 1024")
    if options.arviz:
        output(options.arviz, (".nc",))
    path = study_path(options.study)
    plan = load_study(path)
    if options.dry:
        print(f"{len(plan.cells):,} runs: {plan.study.title}")
        return 0
    folder = Path(options.output or "")
    if options.output is None or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"-o {options.output or ''}: expected a folder")
    store = Store(folder)
    write_atomic(folder / "study.toml", path.read_bytes())
    if options.retry:
        store.forget_failures()
    pool = _pool(options, plan)
    runner = Runner(plan, store, pool)
    _run(runner, pool)
    if options.arviz:
        _write_draws(runner, Path(options.arviz))
    if failed := runner.progress.failed:
        raise RuntimeError(f"{failed} of {len(plan.cells)} runs failed; `--retry` runs them again. The others are done")
    return 0


def _pool(options: argparse.Namespace, plan: Plan) -> Pool:
    from visualizer.engine.studies.pools import ClusterError, cluster_pool, local_pool

    if not options.cluster:
        return local_pool(options.jobs or plan.study.run.jobs or os.cpu_count() or 1)
    try:
        return cluster_pool(options.cluster)
    except ClusterError as error:
        raise UsageError(str(error)) from None


def _run(runner: Runner, pool: Pool) -> None:
    """Runs what is missing, and says what fails."""
    show = Progress(len(runner.keys), "run")
    try:
        for state in runner.run():
            show(state.done + state.failed)
            if state.news:
                red, plain = ("\033[31m", "\033[0m") if sys.stderr.isatty() else ("", "")
                print(f"{red}visualizer: failed: {state.news}{plain}", file=sys.stderr)
    except OSError as error:
        said = f"{runner.store.folder} cannot be written ({error.strerror or error}). What is done is whole"
        raise RuntimeError(f"{said}: make room, or mend the folder, and run the same command again.") from None
    finally:
        pool.end()


def _write_draws(runner: Runner, path: Path) -> None:
    from visualizer.engine.studies.arviz import write_draws

    try:
        write_draws(runner.plan, runner.keys, runner.store, path)
    except ValueError as error:
        raise UsageError(str(error)) from None
