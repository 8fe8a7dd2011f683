"""What another host needs to go on from where this one was, should it die."""

from __future__ import annotations

import time

from visualizer.engine.host.talk import Hears, KeptNet
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.stage import Stage
from visualizer.learning import Trained, from_bytes, to_bytes

#: Seconds between two looks at a run that plays; one that has stopped is kept where it stopped.
_APART = 2.0
#: Bytes of states a second, at most: large clouds are kept less often.
_RATE = 20e6
#: Seconds between two states of a network that are not checkpoints.
_NETS_APART = 1.0


class Keeper:
    """Tells every so often where the runs are, and what was trained."""

    def __init__(self, hears: Hears) -> None:
        self._hears = hears
        self._kept: list[object] = []
        self._next = 0.0
        self._next_net = 0.0

    def look(self, stages: list[Stage], *, playing: bool) -> None:
        """Tells where the runs are, if it is time."""
        now = time.monotonic()
        if now < self._next and playing:
            return
        states = [s.simulation.state for s in stages]
        if len(states) == len(self._kept) and all(a is b for a, b in zip(states, self._kept, strict=True)):
            return
        kept = tuple(s.simulation.keep() for s in stages)
        size = sum(k.x.nbytes + sum(v.nbytes for v in k.memory.values()) for k in kept)
        if now < self._next and size > _RATE * _APART:  # a large cloud that is stepped by hand
            return
        self._kept, self._next = list(states), now + max(_APART, size / _RATE)
        self._hears.keep(kept)

    def take_net(self, name: str, step: int, net: Trained, lasting: bool) -> None:
        """A state of a network in training."""
        now = time.monotonic()
        if lasting or now >= self._next_net:
            self._next_net = now + _NETS_APART
            self._hears.keep_net(KeptNet(name, step, to_bytes(net), lasting))


def restock(shelf: Shelf, nets: tuple[KeptNet, ...]) -> None:
    """Puts what was trained onto another shelf, under the same names."""
    for kept in nets:
        shelf.add(kept.name, kept.step, from_bytes(kept.content), lasting=kept.lasting)
