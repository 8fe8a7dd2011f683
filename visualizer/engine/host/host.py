"""The host: drives the simulations and makes their pictures. The newest pictures count, stale ones are dropped."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from visualizer import fused
from visualizer.diagnostics.convergence import bring_in
from visualizer.engine.frame import Diverged, Kept, Viewport
from visualizer.engine.host.errands import Errands
from visualizer.engine.host.keeping import Keeper, restock
from visualizer.engine.host.reports import Reports
from visualizer.engine.host.talk import Errand, Hears, KeptNet, Portrayed, Present, Result, Shelved
from visualizer.engine.host.telling import REFUSALS, sentence, told
from visualizer.engine.run.history import DEFAULT_BUDGET
from visualizer.engine.run.memory import give_back, prepare_process, prepare_thread
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.stage import Stage
from visualizer.scene.changes import Change
from visualizer.scene.errors import SceneError
from visualizer.scene.model import Scene

FRAME = 1 / 60
_IDLE = 0.5
_CONSUMED_TIMEOUT = 0.25


class Host:
    """Owns the stages. What is called from other threads goes through the mailbox, under the lock (see `talk.Calls`).

    Args:
        device: auto, cpu, cuda or mps.
        hears: who is told what comes of it; called in threads of the host's.
        keeps: whether states and networks are told, too, so that another host can go on from them.
    """

    def __init__(self, device: str, hears: Hears, *, keeps: bool = False) -> None:
        self._device, self._hears = device, hears
        self.shelf = Shelf()
        self._keeper = Keeper(hears) if keeps else None
        if self._keeper is not None:
            self.shelf.watch = self._keeper.take_net
        self._errands = Errands(hears, self._filled)
        self._condition = threading.Condition()
        self._scene: Scene | None = None
        self._dragging = False
        self._views: tuple[Viewport, ...] = ()
        self._commands: deque[Callable[[], None]] = deque()
        self._stop = False
        self._taken = True
        self.stages: list[Stage] = []
        self._adopted: Scene | None = None
        self._resumed: tuple[Kept, ...] = ()
        self._playing = False
        self._speed = 1.0
        self._owed = 0.0
        self._frames: deque[float] = deque(maxlen=90)
        self._reports: Reports | None = None
        self._background: ThreadPoolExecutor | None = None
        #: since when the loop has been at one pass; None while it waits
        self._since: float | None = None
        self._brought = False

    # called from other threads

    def show(self, scene: Scene, dragging: bool) -> None:
        with self._condition:
            self._scene, self._dragging = scene, dragging
            self._condition.notify()

    def look(self, views: tuple[Viewport, ...]) -> None:
        with self._condition:
            self._views = views
            self._condition.notify()

    def took(self) -> None:
        with self._condition:
            self._taken = True
            self._condition.notify()

    def play(self, playing: bool) -> None:
        self._command(lambda: self._set_playing(playing))

    def restart(self) -> None:
        self._command(self._restart)

    def step_by(self, steps: int) -> None:
        self._command(lambda: self._step_by(steps))

    def seek(self, step: int, exact: bool) -> None:
        self._command(lambda: self._seek(step, exact))

    def set_speed(self, speed: float) -> None:
        self._speed = speed

    def ask(self, number: int, errand: Errand) -> None:
        if any(isinstance(a, Present | Portrayed) for a in errand.arguments):  # it is about a moment between two frames
            self._command(lambda: self._ask_of_moment(number, errand))
        else:
            self._errands.ask(number, errand)

    def begin(self, number: int, errand: Errand) -> None:
        self._errands.begin(number, errand)

    def hold(self, number: int, held: bool) -> None:
        self._errands.hold(number, held)

    def drop(self, number: int) -> None:
        self._errands.drop(number)

    def resume(self, states: tuple[Kept, ...], nets: tuple[KeptNet, ...]) -> None:
        restock(self.shelf, nets)
        self._resumed = self._resumed or states

    def close(self) -> None:
        with self._condition:
            self._stop = True
            self._condition.notify()

    def busy_for(self) -> float:
        """For how many seconds the loop has been at one pass."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def _command(self, action: Callable[[], None]) -> None:
        with self._condition:
            self._commands.append(action)
            self._condition.notify()

    # in the host's own thread

    def run(self) -> None:
        """Lives until it is closed."""
        try:
            prepare_process()
            prepare_thread()
            while not self._stop:
                self._live()
        except Exception:  # the thread must not die silently: the window shows what happened
            self._hears.trouble("crash", traceback.format_exc())
        finally:
            self._errands.close()

    def _live(self) -> None:
        """The loop until it ends or something unforeseen happens, after which there are new stages.

        They wait until something is asked of them: else what went wrong would go wrong again at once.
        """
        self._reports = Reports()
        self._background = ThreadPoolExecutor(1, "fits")
        try:
            self._loop()
        except Exception as error:
            self._since = None
            self._hears.trouble(*told(error))
            self._drop()
            self.stages, self._adopted, self._playing, self._owed = [], None, False, 0.0
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
        for stage in self.stages:
            stage.stop()

    def _loop(self) -> None:
        shown: tuple[object, ...] = ()
        unseen = False
        due = time.perf_counter()
        while True:
            self._since = None
            with self._condition:
                busy = self._playing or self._flowing() or self._measuring() or any(s.busy for s in self.stages)
                if not self._commands and not self._stop and not busy and not unseen and shown == self._wanted():
                    self._condition.wait(_IDLE)
                if self._stop:
                    return
                commands, scene, views = list(self._commands), self._scene, self._views
                dragging = self._dragging
                self._commands.clear()
            if scene is None or not views:
                time.sleep(0.005)
                continue
            self._since = time.monotonic()
            self._guarded(lambda scene=scene: self._adopt(scene))  # type: ignore[misc]  # a lambda's default has no type
            if not dragging:
                self._guarded(self._begin_as_asked)
            refreshed = [s.refresh() for s in self.stages]
            for action in commands:
                self._guarded(action)
            if self._playing:
                self._guarded(self._advance)
            if self._keeper is not None:  # before the picture: where a paused run is seen, it is kept
                self._keeper.look(self.stages, playing=self._playing)
            wanted = (scene, views, dragging)
            anew = bool(commands) or self._playing or self._flowing() or self._measuring() or any(refreshed)
            if anew or unseen or shown != wanted:
                unseen = not self._paint(views, dragging)
                shown = wanted
                self._bring_in(seen=not unseen)
            self._since = None
            due = self._pace(due)

    def _bring_in(self, *, seen: bool) -> None:
        """Once there is a picture, what is needed later comes in: a run that plays would stumble over it."""
        if seen and not self._brought:
            self._brought = True
            threading.Thread(target=_later, name="later", daemon=True).start()

    def _wanted(self) -> tuple[object, ...]:
        return (self._scene, self._views, self._dragging)

    def _flowing(self) -> bool:
        return any(s.moving for s in self.stages)

    def _measuring(self) -> bool:
        """Whether diagnostics are still to come: a paused picture is looked at until they are there."""
        return self._reports is not None and bool(self.stages) and not self._dragging and self._reports.behind

    def _adopt(self, scene: Scene) -> None:
        """Brings the stages in line with the scene."""
        if scene is self._adopted:
            return
        self._adopted = scene
        panels = scene.resolved_panels()
        if len(panels) != len(self.stages):
            first = not self.stages
            self._drop()
            share = DEFAULT_BUDGET // len(panels)
            self.stages = [Stage(p, self._device, share, self._background, self.shelf) for p in panels]
            if first:
                self._go_on()
                self._hears.loaded(str(self.stages[0].simulation.device))
            return
        stale = [stage.edit(panel) for stage, panel in zip(self.stages, panels, strict=True)]
        if not self._dragging and any(change & Change.RESTART for change in stale):
            give_back()  # what another run had remembered

    def _go_on(self) -> None:
        """Where another host was."""
        states, self._resumed = self._resumed, ()
        if len(states) == len(self.stages):
            for stage, state in zip(self.stages, states, strict=True):
                stage.simulation.resume(state)

    def _begin_as_asked(self) -> None:
        """What is shown at step 0 is what the scene, saved and opened again, begins with."""
        for stage in self.stages:
            if stage.simulation.starts_elsewhere:
                stage.simulation.restart()

    def _advance(self) -> None:
        self._owed += self._speed * self.stages[0].simulation.scene.sampler.steps_per_frame
        steps = int(self._owed)
        self._owed -= steps
        for stage in self.stages:
            stage.simulation.advance(steps, ask_later=True)
        if all(s.simulation.finished for s in self.stages):
            self._playing = False

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Diverged as error:
            self._playing = False
            self._hears.trouble("diverged", str(error))
        except REFUSALS as error:
            self._playing = False
            self._hears.trouble("refused", sentence(error))
        except SceneError as error:
            self._playing = False
            kept = " The picture before is kept." if self._kept() else ""
            self._hears.trouble("refused", error.sentence + kept)

    def _kept(self) -> bool:
        """Whether what was shown before the refused scene still fits the window."""
        return self._adopted is not None and len(self.stages) == len(self._adopted.resolved_panels())

    def _paint(self, views: tuple[Viewport, ...], dragging: bool) -> bool:
        """Makes the pictures and hands them over; says whether there was somebody to take them."""
        if len(views) != len(self.stages):
            return True
        pictures = tuple(
            s.picture(v, dragging=dragging or (self._playing and not s.simulation.endless))
            for s, v in zip(self.stages, views, strict=True)
        )
        reports = self._reports.latest(self.stages, dragging=dragging) if self._reports is not None else ()
        self._since = None  # from here on it waits for the window
        with self._condition:
            if not self._taken and not self._stop:
                self._condition.wait_for(lambda: self._taken or self._stop, _CONSUMED_TIMEOUT)
            if not self._taken:
                return False
            self._taken = False
        self._frames.append(time.perf_counter())
        fps, worst = self._rates()
        self._hears.result(Result(pictures, self._playing, fps, worst, reports))
        return True

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

    def _set_playing(self, playing: bool) -> None:
        if playing and self.stages and all(s.simulation.finished for s in self.stages):
            self._restart()
        self._playing = playing and bool(self.stages)  # there is nothing to play before a first scene is taken
        self._frames.clear()

    def _restart(self) -> None:
        self._owed = 0.0
        for stage in self.stages:
            stage.simulation.restart()

    def _step_by(self, steps: int) -> None:
        self._playing = False
        for stage in self.stages:
            sim = stage.simulation
            if steps > 0:
                sim.advance(steps)
            else:
                sim.seek(max(0, sim.state.step + steps))

    def _seek(self, step: int, exact: bool) -> None:
        self._playing = False
        for stage in self.stages:
            stage.simulation.seek(step, exact)

    # errands

    def _filled(self, argument: object) -> object:
        return self.shelf if isinstance(argument, Shelved) else argument

    def _ask_of_moment(self, number: int, errand: Errand) -> None:
        def filled(argument: object) -> object:
            if isinstance(argument, Portrayed):
                pairs = zip(self.stages, argument.views, strict=True)
                return tuple(stage.portrait(view, argument.theme) for stage, view in pairs)
            if not isinstance(argument, Present):
                return argument
            simulation = self.stages[min(argument.index, len(self.stages) - 1)].simulation
            return simulation.scene, simulation.frame

        if self.stages:
            self._errands.ask(number, Errand(errand.function, *map(filled, errand.arguments)))


def _later() -> None:
    fused.warm_up()
    bring_in()
