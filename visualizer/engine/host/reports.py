"""Diagnostics on a cadence of their own, in a thread of their own, so that they never hold up a picture."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

from visualizer.engine.findings.report import Report
from visualizer.engine.report import Reporter
from visualizer.engine.run.memory import prepare_thread
from visualizer.engine.stage import Stage
from visualizer.scene.model import Scene

#: Between two measurements are as many seconds as one takes, and at least these.
_SHORTEST = 0.5
#: And at most these.
_LONGEST = 2.0


class Reports:
    """The last report of each stage. Used by the worker thread alone."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "diagnostics")
        self._reporters: list[Reporter] = []
        self._stages: list[Stage] = []
        self._reports: list[Report | None] = []
        self._running: Future[tuple[float, list[Report | None]]] | None = None
        self._next = 0.0
        self._measured: list[object] = []
        #: the scenes that are being measured, and those that the reports are about
        self._scenes: list[Scene] = []
        self._about: list[Scene] = []

    def latest(self, stages: list[Stage], *, dragging: bool) -> tuple[Report | None, ...]:
        """Looks at the runs, starts measuring when it is time, and returns what is known.

        While something is dragged nothing is started: every picture would have another density to measure.
        """
        if self._stages != stages:
            self._stages, self._reporters = list(stages), [Reporter(s.simulation) for s in stages]
            self._reports, self._running = [None] * len(stages), None
        for reporter in self._reporters:
            reporter.look(dragging=dragging)
        if self._running is not None and self._running.done():
            done, self._running = self._running, None
            took, reports = done.result()
            self._reports, self._about = list(reports), self._scenes
            self._next = time.perf_counter() + min(max(took, _SHORTEST), _LONGEST)
        if not dragging and self._running is None and time.perf_counter() >= self._next and not self._up_to_date():
            self._start()
        return tuple(self._reports if self._are_of_these(stages) else [None] * len(stages))

    def _are_of_these(self, stages: list[Stage]) -> bool:
        """Whether the reports are about what runs now, and about densities that lie where these do."""
        now = [s.simulation.scene for s in stages]
        return len(now) == len(self._about) and not any(
            a is not b and (_what_moves(a) != _what_moves(b) or b.target.elsewhere(a.target))
            for a, b in zip(self._about, now, strict=True)
        )

    @property
    def behind(self) -> bool:
        """Whether there is something to measure, or being measured."""
        return self._running is not None or not self._up_to_date()

    def _up_to_date(self) -> bool:
        now = self._now()
        return len(now) == len(self._measured) and all(a is b for a, b in zip(now, self._measured, strict=True))

    def _now(self) -> list[object]:
        return [v for s in self._stages for v in (s.simulation.state, s.simulation.density)]

    def _start(self) -> None:
        self._measured = self._now()
        self._scenes = [s.simulation.scene for s in self._stages]
        work = [(r, r.sample()) for r in self._reporters]

        def measure() -> tuple[float, list[Report | None]]:
            prepare_thread()
            begin = time.perf_counter()
            reports = [None if sample is None else reporter.measure(sample) for reporter, sample in work]
            return time.perf_counter() - begin, reports

        self._running = self._pool.submit(measure)

    def close(self) -> None:
        """Waits for the measurement under way."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _what_moves(scene: Scene) -> object:
    """What a verdict depends on beside the target; how fast the run is looked at makes no difference."""
    sampler = scene.sampler.with_(steps_per_frame=1)
    return sampler, scene.process, scene.field, scene.guidance, scene.particles
