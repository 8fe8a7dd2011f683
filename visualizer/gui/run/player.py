"""The window's side of the run: calls go to the host, wherever it is; pictures and answers come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from visualizer.engine.frame import Viewport
from visualizer.engine.host.talk import Engine, Errand, Gone, KeptNet, Result
from visualizer.scene.model import Scene

#: How often it is looked whether the host is stuck.
_LOOK_MS = 250
#: Seconds at one thing that are worth a word.
_LONG = 1.0
#: Has an errand done for somebody, who is handed what came of it.
Ask = Callable[[QObject, Errand, Callable[[Any], None]], object]


@dataclass
class Waiting:
    """Who waits for an errand, or for the values of long work."""

    owner: QObject
    came: Callable[[Any], None]
    ended: Callable[[], None]
    failed: Callable[[Exception], None]


class Player(QObject):
    """Calls go in, pictures and answers come out, in the GUI thread.

    The methods below `_receive` are what the host says (see `talk.Hears`).
    """

    #: a `Result`
    frame = Signal(object)
    #: (kind, text): "diverged", "refused", "memory", "died" (there is another host), "gone" (there is none) or "crash"
    trouble = Signal(str, str)
    #: the device the engine runs on, once it does
    loaded = Signal(str)
    #: a `KeptNet`: a network has been trained on, and would be lost with the window
    net_kept = Signal(object)
    #: the run was asked to begin again
    restarted = Signal()
    #: for how many seconds the host has been at one thing; 0: it is done
    stuck = Signal(float)
    _arrived = Signal()

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self._numbers = count(1)
        self._waiting: dict[int, Waiting] = {}
        self._stuck = False
        self._arrived.connect(self._receive)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look_after)

    def start(self) -> None:
        """Begins to listen; the host may have been started long before."""
        self.engine.wake = self._arrived.emit
        self._arrived.emit()
        self._timer.start()

    def stop(self) -> bool:
        """Ends the host; says whether it has ended."""
        self._timer.stop()
        self._waiting.clear()
        return self.engine.close()

    # to the host

    def show(self, scene: Scene, dragging: bool) -> None:
        """The scene to run and draw."""
        self.engine.calls.show(scene, dragging)

    def look(self, views: tuple[Viewport, ...]) -> None:
        """What the canvases show."""
        self.engine.calls.look(views)

    def play(self, playing: bool) -> None:
        """Plays or pauses."""
        self.engine.calls.play(playing)

    def restart(self) -> None:
        """Back to the start."""
        self.engine.calls.restart()
        self.restarted.emit()

    def step_by(self, steps: int) -> None:
        """Steps on, or back."""
        self.engine.calls.step_by(steps)

    def seek(self, step: int, exact: bool) -> None:
        """To a step of the run."""
        self.engine.calls.seek(step, exact)

    def set_speed(self, speed: float) -> None:
        """How fast the run is played."""
        self.engine.calls.set_speed(speed)

    def restock(self, nets: tuple[KeptNet, ...]) -> None:
        """Networks of another session, which scenes of this one may follow."""
        self.engine.calls.resume((), nets)

    def stop_step(self) -> None:
        """Ends what the host is at, whatever that is; the run goes on from where it was kept last."""
        self.engine.kill()

    def ask(
        self,
        owner: QObject,
        errand: Errand,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> int:
        """Has an errand done; what came of it is handed over unless `owner` is gone by then. Returns its number."""
        number = next(self._numbers)
        self._waiting[number] = Waiting(owner, done, lambda: None, failed or _raised)
        self.engine.calls.ask(number, errand)
        return number

    def begin(self, errand: Errand, waiting: Waiting) -> int:
        """Has long work done, and hands over its values. Returns its number."""
        number = next(self._numbers)
        self._waiting[number] = waiting
        self.engine.calls.begin(number, errand)
        return number

    def hold(self, number: int, held: bool) -> None:
        """Holds long work, or lets it go on."""
        self.engine.calls.hold(number, held)

    def drop(self, number: int) -> None:
        """What was asked for is not wanted any more: nothing of it is handed over from now on."""
        if self._waiting.pop(number, None) is not None:
            self.engine.calls.drop(number)

    # from the host

    def _receive(self) -> None:
        for name, arguments in self.engine.receive():
            getattr(self, f"_{name}")(*arguments)

    def _result(self, result: Result) -> None:
        self.frame.emit(result)
        self.engine.calls.took()

    def _trouble(self, kind: str, text: str) -> None:
        self.trouble.emit(kind, text)

    def _loaded(self, device: str) -> None:
        self.loaded.emit(device)

    def _answered(self, number: int, value: object) -> None:
        self._hand_over(number, lambda waiting: waiting.came(value), last=True)

    def _came(self, number: int, value: object) -> None:
        self._hand_over(number, lambda waiting: waiting.came(value))

    def _ended(self, number: int) -> None:
        self._hand_over(number, lambda waiting: waiting.ended(), last=True)

    def _failed(self, number: int, error: Exception) -> None:
        self._hand_over(number, lambda waiting: waiting.failed(error), last=True)

    def _hand_over(self, number: int, tell: Callable[[Waiting], None], *, last: bool = False) -> None:
        waiting = self._waiting.pop(number, None) if last else self._waiting.get(number)
        if waiting is not None and isValid(waiting.owner):
            tell(waiting)

    def _keep(self, states: object) -> None:
        """The engine keeps it."""

    def _keep_net(self, net: KeptNet) -> None:
        self.net_kept.emit(net)

    def _beat(self, busy: float) -> None:
        self._look_after()

    def _died(self, sentence: str, again: bool) -> None:
        lost = Gone(sentence)
        for number in list(self._waiting):
            self._failed(number, lost)
        self.trouble.emit("died" if again else "gone", sentence)

    def _look_after(self) -> None:
        silence = self.engine.silence()
        long = silence >= _LONG
        if long or self._stuck:
            self._stuck = long
            self.stuck.emit(silence if long else 0.0)


def _raised(error: Exception) -> None:
    if not isinstance(error, Gone):  # which is told of once, not by everybody who waited
        raise error
