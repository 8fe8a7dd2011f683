"""What the window and the host say to each other, in terms that need neither torch nor Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, Protocol

from visualizer.engine.findings.report import Report
from visualizer.engine.frame import Kept, Picture, Viewport
from visualizer.scene.model import Scene


@dataclass(frozen=True)
class Result:
    """What the host hands to the window: one picture for each panel, and how the run goes."""

    pictures: tuple[Picture, ...]
    playing: bool
    frames_per_second: float
    worst_frame_ms: float
    #: the last diagnostics of each panel; None until there are any
    reports: tuple[Report | None, ...] = ()


@dataclass(frozen=True)
class KeptNet:
    """A checkpoint of a training as it stands in a file; `lasting` unless the next one takes its place."""

    name: str
    step: int
    content: bytes
    lasting: bool


def and_net(nets: tuple[KeptNet, ...], net: KeptNet) -> tuple[KeptNet, ...]:
    """The networks with one more; it takes the place of the last of its training that was not to last."""
    replaced = {id(n) for n in nets if n.name == net.name and not n.lasting}
    return (*(n for n in nets if id(n) not in replaced), net)


@dataclass(frozen=True)
class Shelved:
    """In the place of an argument: the host's shelf."""


@dataclass(frozen=True)
class Present:
    """In the place of an argument: (scene, frame) of a picture, as they are between two frames."""

    index: int


@dataclass(frozen=True)
class Portrayed:
    """In the place of an argument: pictures of the present moment in a theme's colours, one for each view."""

    theme: str
    views: tuple[Viewport, ...]


SHELF = Shelved()


class Errand:
    """A function of the engine and what it is given; `SHELF`, `Present` and `Portrayed` stand for what the host has.

    Args:
        function: its address, "package.module:name": the window does not import what computes. Tests, whose host is
            in their own process, give functions.
        arguments: in order.
    """

    def __init__(self, function: str | Callable[..., Any], *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def run(self, fill: Callable[[object], object]) -> Any:
        """Calls it; `fill` puts what the host has in the places that stand for that."""
        call = self.function
        if isinstance(call, str):
            module, _, name = call.partition(":")
            call = getattr(import_module(module), name)
        return call(*map(fill, self.arguments))


class Gone(ValueError):
    """The host is no more: what was asked of it will not be done. Its text says why."""


class Calls(Protocol):
    """What the window asks of the host. Nothing is waited for."""

    def show(self, scene: Scene, dragging: bool) -> None:
        """The scene to run and draw; the newest counts."""

    def look(self, views: tuple[Viewport, ...]) -> None:
        """What the canvases show; the newest counts."""

    def took(self) -> None:
        """The last result has arrived: the next may come."""

    def play(self, playing: bool) -> None:
        """Plays or pauses; playing a finished run starts it again."""

    def restart(self) -> None:
        """Back to the start."""

    def step_by(self, steps: int) -> None:
        """Steps on or back, paused."""

    def seek(self, step: int, exact: bool) -> None:
        """To a step of the run, paused."""

    def set_speed(self, speed: float) -> None:
        """Steps per frame are multiplied by this."""

    def ask(self, number: int, errand: Errand) -> None:
        """Does an errand; `answered` or `failed` comes back with the number."""

    def begin(self, number: int, errand: Errand) -> None:
        """Iterates over what an errand returns; `came`, then `ended` or `failed` come back with the number."""

    def hold(self, number: int, held: bool) -> None:
        """Holds what has begun before its next value, or lets it go on."""

    def drop(self, number: int) -> None:
        """What was asked for or has begun is not wanted any more."""

    def resume(self, states: tuple[Kept, ...], nets: tuple[KeptNet, ...]) -> None:
        """Goes on from where another host was, which is no more, with its networks."""

    def close(self) -> None:
        """Ends after the present frame."""


class Hears(Protocol):
    """What the host tells the window."""

    def loaded(self, device: str) -> None:
        """The first scene is there, on this device."""

    def result(self, result: Result) -> None:
        """The newest pictures."""

    def trouble(self, kind: str, text: str) -> None:
        """What went wrong: "diverged", "refused", "memory" or "crash"."""

    def answered(self, number: int, value: object) -> None:
        """An errand is done."""

    def came(self, number: int, value: object) -> None:
        """The newest value of what has begun."""

    def ended(self, number: int) -> None:
        """It came to its end."""

    def failed(self, number: int, error: Exception) -> None:
        """An errand, or what has begun, went wrong."""

    def keep(self, states: tuple[Kept, ...]) -> None:
        """Where the runs are, for the case that the host dies."""

    def keep_net(self, net: KeptNet) -> None:
        """A checkpoint of a training, for the same case."""


class Far:
    """Another object's methods as messages: `far.name(*arguments)` becomes `send(name, *arguments)`."""

    def __init__(self, send: Callable[..., None]) -> None:
        self._send = send

    def __getattr__(self, name: str) -> Callable[..., None]:
        return partial(self._send, name)


class Engine(Protocol):
    """A host from the window's side, wherever it is."""

    calls: Calls
    #: called, in any thread, when there is something to `receive`
    wake: Callable[[], None]

    def start(self) -> None:
        """Begins."""

    def receive(self) -> list[tuple[str, tuple[Any, ...]]]:
        """What has been said since: names of methods of `Hears` (or "died") and their arguments."""

    def silence(self) -> float:
        """For how many seconds the host has been at one thing."""

    def kill(self) -> None:
        """Ends the host at once, whatever it is at; "died" is heard."""

    def close(self) -> bool:
        """Ends it; says whether it has ended."""
