"""A worker thread drives the simulation; the newest pictures win, stale ones are dropped."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QThread, Signal

from visualizer.engine.frame import Diverged, Picture, Viewport
from visualizer.engine.run.shelf import Shelf
from visualizer.scene.errors import SceneError
from visualizer.scene.model import Scene

if TYPE_CHECKING:
    from visualizer.engine.report import Report
    from visualizer.engine.stage import Stage
    from visualizer.gui.run.reports import Reports

FRAME = 1 / 60
_IDLE = 0.5
_SWITCH_INTERVAL = 1e-4
_CONSUMED_TIMEOUT = 0.25
_STOP_TIMEOUT_MS = 20_000


@dataclass(frozen=True)
class Result:
    """What the worker hands to the window: one picture for each panel, and how the run goes."""

    pictures: tuple[Picture, ...]
    playing: bool
    frames_per_second: float
    worst_frame_ms: float
    #: the last diagnostics of each panel; None until there are any
    reports: tuple[Report | None, ...] = ()


class _Worker(QThread):
    """Owns the stages. Everything that crosses to it goes through the mailbox under the lock."""

    result_ready = Signal()
    trouble = Signal(str, str)
    loaded = Signal(str)
    answered = Signal(object, object)

    def __init__(self, device: str, shelf: Shelf, parent: QObject) -> None:
        super().__init__(parent)
        self._device, self._shelf = device, shelf
        self._condition = threading.Condition()
        self._scene: Scene | None = None
        self._dragging = False
        self._views: tuple[Viewport, ...] = ()
        self._commands: deque[Callable[[], None]] = deque()
        self._stop = False
        self._consumed = True
        self._result: Result | None = None
        self._stages: list[Stage] = []
        self._adopted: Scene | None = None
        self._playing = False
        self._speed = 1.0
        self._owed = 0.0
        self._frames: deque[float] = deque(maxlen=90)
        self._reports: Reports | None = None
        self._background: ThreadPoolExecutor | None = None

    # called by the GUI thread

    def post(
        self, scene: Scene | None = None, views: tuple[Viewport, ...] | None = None, dragging: bool = False
    ) -> None:
        """A new scene or new views; only the last of each counts."""
        with self._condition:
            if scene is not None:
                self._scene, self._dragging = scene, dragging
            if views is not None:
                self._views = views
            self._condition.notify()

    def command(self, action: Callable[[], None]) -> None:
        """Something to do between two frames, in the worker."""
        with self._condition:
            self._commands.append(action)
            self._condition.notify()

    def take(self) -> Result | None:
        """The newest result, once."""
        with self._condition:
            result, self._result = self._result, None
            self._consumed = True
            self._condition.notify()
            return result

    def ask_to_stop(self) -> None:
        """The loop ends after the present frame."""
        with self._condition:
            self._stop = True
            self._condition.notify()

    # in the worker thread

    def run(self) -> None:
        try:
            from visualizer.engine.run.memory import prepare_process, prepare_thread

            prepare_process()
            prepare_thread()
            # Between its many short torch calls this thread waits for the interpreter; by default up to 5 ms.
            sys.setswitchinterval(_SWITCH_INTERVAL)
            while not self._stop:
                self._live()
        except Exception:  # the thread must not die silently: the window shows what happened
            self.trouble.emit("crash", traceback.format_exc())

    def _live(self) -> None:
        """The loop until it ends or something unforeseen happens, after which there is a new engine.

        That one waits until something is asked of it: else what went wrong would go wrong again at once.
        """
        from visualizer.gui.run.reports import Reports

        self._reports = Reports()
        self._background = ThreadPoolExecutor(1, "fits")
        try:
            self._loop()
        except Exception:
            self.trouble.emit("crash", traceback.format_exc())
            self._drop()
            self._stages, self._adopted, self._playing, self._owed = [], None, False, 0.0
            with self._condition:
                self._commands.clear()
                scene = self._scene
                while not self._stop and not self._commands and self._scene is scene:
                    self._condition.wait(_IDLE)
        finally:
            self._reports.close()
            self._drop()
            self._background.shutdown(wait=True, cancel_futures=True)

    def _drop(self) -> None:
        """The stages there are go: what is under way for them is not wanted any more."""
        for stage in self._stages:
            stage.stop()

    def _loop(self) -> None:
        shown: tuple[object, ...] = ()
        due = time.perf_counter()
        while True:
            with self._condition:
                busy = self._playing or self._flowing() or self._measuring() or any(s.busy for s in self._stages)
                if not self._commands and not self._stop and not busy and shown == self._wanted():
                    self._condition.wait(_IDLE)
                if self._stop:
                    return
                commands, scene, views = list(self._commands), self._scene, self._views
                dragging = self._dragging
                self._commands.clear()
            if scene is None or not views:
                time.sleep(0.005)
                continue
            self._guarded(lambda scene=scene: self._adopt(scene))  # type: ignore[misc]  # a lambda's default has no type
            if not dragging:
                self._guarded(self._begin_as_asked)
            refreshed = [s.refresh() for s in self._stages]
            for action in commands:
                self._guarded(action)
            if self._playing:
                self._guarded(self._advance)
            wanted = (scene, views, dragging)
            if commands or self._playing or self._flowing() or self._measuring() or shown != wanted or any(refreshed):
                self._paint(views, dragging)
                shown = wanted
            due = self._pace(due)

    def _wanted(self) -> tuple[object, ...]:
        return (self._scene, self._views, self._dragging)

    def _flowing(self) -> bool:
        return any(s.moving for s in self._stages)

    def _measuring(self) -> bool:
        """Whether diagnostics are still to come: a paused picture is looked at until they are there."""
        return self._reports is not None and bool(self._stages) and not self._dragging and self._reports.behind

    def _adopt(self, scene: Scene) -> None:
        """Brings the stages in line with the scene."""
        if scene is self._adopted:
            return
        from visualizer.engine.run.history import DEFAULT_BUDGET
        from visualizer.engine.stage import Stage

        self._adopted = scene
        panels = scene.resolved_panels()
        if len(panels) != len(self._stages):
            first = not self._stages
            self._drop()
            share = DEFAULT_BUDGET // len(panels)
            self._stages = [Stage(p, self._device, share, self._background, self._shelf) for p in panels]
            if first:
                self.loaded.emit(str(self._stages[0].simulation.device))
            return
        for stage, panel in zip(self._stages, panels, strict=True):
            stage.edit(panel)

    def _begin_as_asked(self) -> None:
        """What is shown at step 0 is what the scene, saved and opened again, begins with."""
        for stage in self._stages:
            if stage.simulation.starts_elsewhere:
                stage.simulation.restart()

    def _advance(self) -> None:
        self._owed += self._speed * self._stages[0].simulation.scene.sampler.steps_per_frame
        steps = int(self._owed)
        self._owed -= steps
        for stage in self._stages:
            stage.simulation.advance(steps)
        if all(s.simulation.finished for s in self._stages):
            self._playing = False

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Diverged as error:
            self._playing = False
            self.trouble.emit("diverged", str(error))
        except SceneError as error:
            self._playing = False
            kept = " The picture before is kept." if self._kept() else ""
            self.trouble.emit("refused", error.sentence + kept)

    def _kept(self) -> bool:
        """Whether what was shown before the refused scene still fits the window."""
        return self._adopted is not None and len(self._stages) == len(self._adopted.resolved_panels())

    def _paint(self, views: tuple[Viewport, ...], dragging: bool) -> None:
        if len(views) != len(self._stages):
            return
        pictures = tuple(
            s.picture(v, dragging=dragging or (self._playing and not s.simulation.endless))
            for s, v in zip(self._stages, views, strict=True)
        )
        with self._condition:
            if not self._consumed and not self._stop:
                self._condition.wait(_CONSUMED_TIMEOUT)
            self._frames.append(time.perf_counter())
            fps, worst = self._rates()
            reports = self._reports.latest(self._stages, dragging=dragging) if self._reports is not None else ()
            self._result = Result(pictures, self._playing, fps, worst, reports)
            self._consumed = False
        self.result_ready.emit()

    def _rates(self) -> tuple[float, float]:
        times = list(self._frames)
        if len(times) < 2:
            return 0.0, 0.0
        gaps = [b - a for a, b in pairwise(times)]
        return (len(gaps) / max(1e-9, times[-1] - times[0])), 1e3 * max(gaps)

    def _pace(self, due: float) -> float:
        due += FRAME
        now = time.perf_counter()
        if due > now:
            time.sleep(due - now)
            return due
        return now

    # commands

    def set_playing(self, playing: bool) -> None:
        """Starts or pauses; playing a finished run starts it again."""
        if playing and self._stages and all(s.simulation.finished for s in self._stages):
            self.restart()
        self._playing = playing and bool(self._stages)  # there is nothing to play before a first scene is taken
        self._frames.clear()

    def restart(self) -> None:
        """Back to the start."""
        self._owed = 0.0
        for stage in self._stages:
            stage.simulation.restart()

    def step_by(self, steps: int) -> None:
        """One step on or back, paused."""
        self._playing = False
        for stage in self._stages:
            sim = stage.simulation
            if steps > 0:
                sim.advance(steps)
            else:
                sim.seek(max(0, sim.state.step + steps))

    def seek(self, step: int, exact: bool) -> None:
        """To a step of the run, paused."""
        self._playing = False
        for stage in self._stages:
            stage.simulation.seek(step, exact)

    def set_speed(self, speed: float) -> None:
        """Steps per frame are multiplied by this."""
        self._speed = speed

    def answer(self, index: int, done: Callable[[Any], None]) -> None:
        """Hands the particles of a stage to the GUI thread; nothing where there is none yet."""
        if not self._stages:
            return
        simulation = self._stages[min(index, len(self._stages) - 1)].simulation
        self.answered.emit(done, (simulation.scene, simulation.frame))


class Player(QObject):
    """The GUI thread's side: commands go in, pictures come out."""

    #: a `Result`
    frame = Signal(object)
    #: (kind, text): "diverged" or "crash"
    trouble = Signal(str, str)
    #: the device the engine runs on, once it does
    loaded = Signal(str)
    #: the run was asked to begin again
    restarted = Signal()

    def __init__(self, device: str, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = _Worker(device, shelf, self)
        self._worker.result_ready.connect(self._take)
        self._worker.trouble.connect(self._report)
        self._worker.loaded.connect(self._on_loaded)
        self._worker.answered.connect(self._deliver)

    def start(self) -> None:
        """Starts the thread (and with it the import of torch)."""
        self._worker.start()

    def stop(self) -> bool:
        """Ends the thread; says whether it has ended."""
        self._worker.ask_to_stop()
        return self._worker.wait(_STOP_TIMEOUT_MS)

    def show(self, scene: Scene, dragging: bool) -> None:
        """The scene to run and draw."""
        self._worker.post(scene=scene, dragging=dragging)

    def capture(self, index: int, done: Callable[[Any], None]) -> None:
        """The particles of a picture as they are between two frames; `done` gets (scene, frame) in the GUI thread."""
        worker = self._worker
        worker.command(lambda: worker.answer(index, done))

    def look(self, views: tuple[Viewport, ...]) -> None:
        """What the canvases show."""
        self._worker.post(views=views)

    def play(self, playing: bool) -> None:
        """Plays or pauses."""
        worker = self._worker
        worker.command(lambda: worker.set_playing(playing))

    def restart(self) -> None:
        """Back to the start."""
        self._worker.command(self._worker.restart)
        self.restarted.emit()

    def step_by(self, steps: int) -> None:
        """So many steps on, or back."""
        worker = self._worker
        worker.command(lambda: worker.step_by(steps))

    def seek(self, step: int, exact: bool) -> None:
        """To a step of the run."""
        worker = self._worker
        worker.command(lambda: worker.seek(step, exact))

    def set_speed(self, speed: float) -> None:
        """How fast the run is played."""
        worker = self._worker
        worker.command(lambda: worker.set_speed(speed))

    def _take(self) -> None:
        result = self._worker.take()
        if result is not None:
            self.frame.emit(result)

    def _deliver(self, done: Callable[[Any], None], answer: object) -> None:
        done(answer)

    def _report(self, kind: str, text: str) -> None:
        self.trouble.emit(kind, text)

    def _on_loaded(self, device: str) -> None:
        self.loaded.emit(device)
