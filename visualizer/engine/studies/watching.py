"""A study for the window: run here, or looked at while something else runs it; its cells as scenes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from visualizer.engine.findings.study import StudyState, StudyTable
from visualizer.engine.studies.cell import key_of
from visualizer.engine.studies.pools import local_pool
from visualizer.engine.studies.runner import Runner, StudyProgress
from visualizer.engine.studies.store import Store
from visualizer.scene.files import write_atomic
from visualizer.scene.model import Scene
from visualizer.scene.paths import study_path
from visualizer.scene.study import METRICS, Plan, load_study

#: Seconds between two states.
_EVERY = 1.0
#: Failures that are told.
_TOLD = 20


def run_study(name: str, folder: str, jobs: int) -> Iterator[StudyState]:
    """Runs a study in a folder, and yields what there is of it every second.

    Args:
        name: a file, or a study that ships.
        folder: is made where it is not there.
        jobs: runs side by side; 0: none, what others put into the folder is looked at.

    Raises:
        SceneError: the study is at fault.
        OSError: the folder cannot be written.
    """
    path = study_path(name)
    plan, store = load_study(path), Store(Path(folder))
    keys = [key_of(cell.scene, plan.study.measure) for cell in plan.cells]
    if not jobs:
        yield from _watched(plan, store, keys)
        return
    write_atomic(Path(folder) / "study.toml", path.read_bytes())
    due, failures = 0.0, list[str]()
    pool = local_pool(min(jobs, os.cpu_count() or 1))
    try:
        for now in Runner(plan, store, pool).run():
            failures += [now.news.splitlines()[0]] if now.news else []
            if time.monotonic() >= due or now.done + now.failed == now.total:
                yield _state(plan, store, keys, now, failures)
                due = time.monotonic() + _EVERY
    finally:
        pool.end()


def _watched(plan: Plan, store: Store, keys: list[str]) -> Iterator[StudyState]:
    wanted = set(keys)
    while True:
        done, failed = store.done() & wanted, store.failed() & wanted
        yield _state(plan, store, keys, StudyProgress(len(done), len(failed), len(wanted)), [])
        if len(done) + len(failed) >= len(wanted):
            return
        time.sleep(_EVERY)


def _state(plan: Plan, store: Store, keys: list[str], now: StudyProgress, failures: list[str]) -> StudyState:
    table = table_of(plan, store, keys)
    x = plan.study.plot.x or next(iter(table.abscissae), "")
    y = plan.study.plot.y or table.metrics[:1]
    return StudyState(
        plan.study.title, now.done, now.failed, now.total, now.seconds_left, table, x, y, tuple(failures[-_TOLD:])
    )


def table_of(plan: Plan, store: Store, keys: list[str]) -> StudyTable:
    """All numbers that there are."""
    study = plan.study
    axes = study.values
    names = [name for metric in METRICS for name in (metric, f"{metric}-floor")]
    places = list(product(*(range(len(values)) for values in axes.values()))) * max(1, len(study.variants))
    seeds = len(study.all_seeds)
    rows: list[tuple[Any, ...]] = []
    for i, key in enumerate(keys):
        found = store.get(key)
        for at, _, evaluations, metric, index, value in found["rows"] if found is not None else ():
            rows.append((i, i // (len(places) // max(1, len(study.variants)) * seeds), at, names.index(metric), index,
                         evaluations, value))  # fmt: skip
    columns = np.array(rows, np.float64).reshape(-1, 7).T
    cell, variant, at, metric, index = columns[:5].astype(np.int64)
    place = np.array([places[i // seeds] for i in cell], np.int64).reshape(len(cell), len(axes)).T
    numbers = [[v if isinstance(v, int | float) else k for k, v in enumerate(values)] for values in axes.values()]
    number = np.array([np.array(n, np.float64)[p] for n, p in zip(numbers, place, strict=True)]).reshape(place.shape)
    there = [names[k] for k in np.unique(metric)]
    renumbered = np.searchsorted(np.unique(metric), metric)
    return StudyTable(
        tuple(v.name for v in study.variants) or ("",),
        tuple(axes),
        tuple(there),
        tuple(tuple(f"{v:g}" if isinstance(v, float) else str(v) for v in values) for values in axes.values()),
        cell, variant, at, renumbered, index, place, number, columns[5], columns[6],
    )  # fmt: skip


def scene_of(name: str, cell: int) -> Scene:
    """The scene of a run, to be opened."""
    plan = load_study(study_path(name))
    found = plan.cells[cell]
    return found.scene.with_(title=f"{plan.study.title} {found.said(tuple(plan.study.axes))}"[:200])


def studies_there() -> list[tuple[str, str]]:
    """(name, title) of the studies that ship."""
    from visualizer.scene.paths import data_folder

    files = sorted((data_folder("presets") / "studies").glob("*.toml"))
    return [(file.stem, load_study(file).study.title) for file in files]
