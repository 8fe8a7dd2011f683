"""All cells of a study, side by side in processes that may die without harm."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass

from visualizer.engine.studies.cell import key_of
from visualizer.engine.studies.pools import Pool
from visualizer.engine.studies.store import Store
from visualizer.scene.admitting import plugins_of
from visualizer.scene.files import dump_scene
from visualizer.scene.study import Cell, Plan

#: A cell under way at so many deaths of workers is what kills them.
_DEATHS = 2
#: Seconds between two tables of what there is so far.
_TABLE_SECONDS = 10.0
#: Seconds for which it waits for a cell before it lets others have a say.
_LOOK = 0.5
#: Seconds between two looks at what another runner has under way.
_PATIENCE = 0.5
_KILLS = "It brought down the process that ran it, twice. Run it alone: visualizer sample, with this scene:\n\n"


@dataclass(frozen=True)
class StudyProgress:
    """Where a study is.

    Attributes:
        done, failed, total: cells.
        seconds_left: about so long; None where nothing is known yet.
        news: of a cell that has just failed: which it is, and why.
    """

    done: int
    failed: int
    total: int
    seconds_left: float | None = None
    news: str = ""


class Runner:
    """Runs what is not there yet.

    Args:
        plan: the study.
        store: where cells are kept.
        pool: what runs the cells.
    """

    def __init__(self, plan: Plan, store: Store, pool: Pool) -> None:
        self.plan, self.store, self.pool = plan, store, pool
        self.keys = [key_of(cell.scene, plan.study.measure) for cell in plan.cells]
        self._cells: dict[str, Cell] = dict(zip(self.keys, plan.cells, strict=True))
        known = self._cells.keys()
        self._done, self._failed = store.done() & known, store.failed() & known
        self._deaths: Counter[str] = Counter()
        self._flying: dict[Future[str], str] = {}
        self._taken: list[float] = []
        self._executor: Executor | None = None

    @property
    def progress(self) -> StudyProgress:
        """Where it is."""
        missing = len(self._cells) - len(self._done) - len(self._failed)
        left = sum(self._taken) / len(self._taken) * missing / self.pool.jobs if self._taken else None
        return StudyProgress(len(self._done), len(self._failed), len(self._cells), left)

    def run(self) -> Iterator[StudyProgress]:
        """Yields after every cell; the table is written every so often, and at the end.

        Raises:
            OSError: the folder cannot be written, or is full. What is there is whole.
        """
        waiting = [key for key in self._cells if key not in self._done and key not in self._failed]
        due = time.monotonic() + _TABLE_SECONDS
        yield self.progress
        try:
            while waiting or self._flying:
                self._submit(waiting)
                if not self._flying:  # all that is missing is with another runner
                    time.sleep(_PATIENCE)
                    continue
                ready, _ = wait(self._flying, _LOOK, return_when=FIRST_COMPLETED)
                if not ready:
                    yield self.progress  # whoever asks may want to stop
                for future in ready:
                    news = self._take(future, waiting)
                    now = self.progress
                    yield StudyProgress(now.done, now.failed, now.total, now.seconds_left, news)
                if time.monotonic() >= due:
                    self.store.write_results(self.plan, self.keys)
                    due = time.monotonic() + _TABLE_SECONDS
        finally:
            self._end()
            self.store.let_all_go()
        self.store.write_results(self.plan, self.keys)

    def _submit(self, waiting: list[str]) -> None:
        """Keeps twice as many cells on their way as there are processes."""
        for key in list(waiting):
            if len(self._flying) >= 2 * self.pool.jobs:
                return
            mine = self.store.claim(key, 2 * self.plan.study.run.limit)
            if self.store.has(key):  # another runner was faster: it lets go of a cell after it has put it
                if mine:
                    self.store.let_go(key)
                waiting.remove(key)
                self._done.add(key)
                continue
            if not mine:
                continue
            waiting.remove(key)
            cell, study = self._cells[key], self.plan.study
            plugins = tuple(plugins_of(cell.scene))
            arguments = (dump_scene(cell.scene), study.measure.model_dump_json(), study.run.limit, plugins)
            self._flying[self._workers().submit(self.pool.task, *arguments)] = key

    def _workers(self) -> Executor:
        if self._executor is None:
            self._executor = self.pool.make()
        return self._executor

    def _take(self, future: Future[str], waiting: list[str]) -> str:
        """What came of a cell; returns what is to be told, if it has failed."""
        key = self._flying.pop(future, "")
        if not key:  # it went down with another
            return ""
        try:
            text = future.result()
        except self.pool.broken:
            return self._died(key, waiting)
        except self.pool.deadly:
            return self._kills(key)
        found = json.loads(text)
        if "why" in found:
            return self._fails(key, found["why"], found["whole"])
        self.store.put(key, text)
        self._done.add(key)
        self._taken.append(found["seconds"])
        return ""

    def _died(self, key: str, waiting: list[str]) -> str:
        """A worker was killed, and all cells under way are lost: they are run again, but for one that kills again."""
        lost = [key, *self._flying.values()]
        self._flying.clear()
        self._end()
        suspects = lost[: self.pool.jobs]  # those that were being run, and not merely waiting
        self._deaths.update(suspects)
        news = ""
        for one in lost:
            if self._deaths[one] >= _DEATHS:
                news = self._kills(one)
            else:
                waiting.insert(0, one)
        return news

    def _kills(self, key: str) -> str:
        return self._fails(key, "it brings down what runs it", _KILLS + dump_scene(self._cells[key].scene))

    def _fails(self, key: str, why: str, whole: str) -> str:
        cell = self._cells[key]
        said = cell.said(tuple(self.plan.study.axes))
        path = self.store.fail(key, f"{said}\n\n{whole}\n")
        self._failed.add(key)
        return f"{said}: {why} ({path})"

    def _end(self) -> None:
        if self._executor is not None:
            for future in self._flying:
                future.cancel()
            self._executor.shutdown(wait=False)
            self._executor = None
