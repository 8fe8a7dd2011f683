"""What a run remembers: states within a memory budget, and the paths of a few particles."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from visualizer import fused
from visualizer.engine.drawings import Floats
from visualizer.engine.run.fetching import Fetched
from visualizer.engine.run.slab import Slab
from visualizer.samplers import Sampler, State

DEFAULT_BUDGET = 512 << 20
#: Particles followed one by one, and how many of their positions are kept.
FOLLOWED = 64
_PATH_LENGTH = 4096
#: Steps whose positions may be on their way from a GPU.
_COMING = 64
#: In runs with this many numbers in a state keeping them costs as much as steps.
_LARGE = 100_000
#: Of these runs only every fourth state is kept.
_SPARSE = 4
#: Edits whose dynamics are kept for replaying; before the oldest of them only snapshots are exact.
_SAMPLERS = 512


@dataclass(frozen=True)
class Snapshot:
    """A state: enough to go on exactly from here.

    `sampler` is what had made the state; after an edit at this very step another one goes on from it.
    """

    x: Tensor
    step: int
    t: float
    memory: Mapping[str, Tensor]
    sampler: Sampler

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return sum(v.nbytes for v in (self.x, *self.memory.values()))

    @property
    def state(self) -> State:
        """The state, which outlives the snapshot: copied where the places of copies are used again."""
        memory = {name: v if _large(v) else v.clone() for name, v in self.memory.items()}
        return State(self.x if _large(self.x) else self.x.clone(), self.step, self.t, memory)


def _large(values: Tensor) -> bool:
    """Whether values have a block of memory of their own, which a copy would only double."""
    return values.device.type == "cpu" and values.nbytes >= fused.ROOM.SMALLEST


class History:
    """Snapshots every `stride` steps. Past the budget every second one goes and the stride doubles.

    Args:
        budget: bytes to hold.
        size: numbers in one state.
    """

    def __init__(self, budget: int = DEFAULT_BUDGET, size: int = 0) -> None:
        self.budget = budget
        self.stride = _SPARSE if size >= _LARGE else 1
        self._steps: list[int] = []
        self._snapshots: list[Snapshot] = []
        self._nbytes = 0
        self._samplers: list[tuple[int, Sampler]] = []
        self._slabs: dict[tuple[int, ...], Slab] = {}

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._nbytes

    def wants(self, step: int) -> bool:
        """Whether a snapshot of this step would be kept."""
        return step % self.stride == 0 and (not self._steps or step > self._steps[-1])

    def add(self, state: State, sampler: Sampler) -> None:
        """Keeps a state, thinning the others where the budget asks for it."""
        memory = {name: self._store(v) for name, v in state.memory.items()}
        snapshot = Snapshot(self._store(state.x), state.step, state.t, memory, sampler)
        self._steps.append(state.step)
        self._snapshots.append(snapshot)
        self._nbytes += snapshot.nbytes
        while self._nbytes > self.budget and len(self._steps) > 2:
            self._thin()

    def _store(self, values: Tensor) -> Tensor:
        """The values themselves if they are many, for nobody writes into a state; else a copy apart from the heap."""
        if _large(values):
            return values
        if values.device.type != "cpu" or values.dtype != torch.float32:
            return values.clone()
        shape = tuple(values.shape)
        return self._slabs.setdefault(shape, Slab(shape)).store(values)

    def _release(self, values: Tensor) -> None:
        if _large(values):
            return
        slab = self._slabs.get(tuple(values.shape))
        if slab is not None and values.device.type == "cpu" and values.dtype == torch.float32:
            slab.release(values)

    def _thin(self) -> None:
        self.stride *= 2
        self._keep([s for s in self._snapshots if s.step % self.stride == 0] or self._snapshots[:1])

    def _keep(self, kept: list[Snapshot]) -> None:
        if len(kept) == len(self._snapshots):
            return
        remaining = {s.step for s in kept}
        for snapshot in self._snapshots:
            if snapshot.step not in remaining:
                for values in (snapshot.x, *snapshot.memory.values()):
                    self._release(values)
        self._snapshots, self._steps = kept, [s.step for s in kept]
        self._nbytes = sum(s.nbytes for s in kept)

    def nearest(self, step: int) -> Snapshot:
        """The last snapshot at or before `step`."""
        return self._snapshots[max(0, bisect_right(self._steps, step) - 1)]

    def forget_after(self, step: int) -> None:
        """Drops what lies after `step`: the run goes on differently from there."""
        self._keep(self._snapshots[: bisect_right(self._steps, step)])
        self._samplers = [(s, sampler) for s, sampler in self._samplers if s <= step]

    def use(self, step: int, sampler: Sampler) -> None:
        """Notes that from `step` on the run is driven by `sampler`."""
        if self._samplers and self._samplers[-1][0] == step:
            self._samplers.pop()
        self._samplers.append((step, sampler))
        del self._samplers[:-_SAMPLERS]

    @property
    def last_edit(self) -> int:
        """The step from which the present dynamics have been in force."""
        return self._samplers[-1][0]

    def sampler_at(self, step: int) -> Sampler:
        """What took, or takes, the step after `step`."""
        at = bisect_right(self._samplers, step, key=lambda pair: pair[0])
        return self._samplers[max(0, at - 1)][1]


class Paths:
    """Positions of the first few particles, the newest `_PATH_LENGTH` steps of them, ready to draw."""

    def __init__(self, d: int, count: int) -> None:
        self.count = min(count, FOLLOWED)
        self._steps: list[int] = []
        self._times: list[float] = []
        self._coming: list[tuple[int, float, Fetched]] = []
        self._x = np.empty((2 * _PATH_LENGTH, d, self.count), dtype=np.float32)

    def add(self, state: State, near: Fetched) -> None:
        """Notes where the followed particles are now, the first of those on their way to the CPU.

        A step that is taken again is noted already.
        """
        last = self._coming[-1][0] if self._coming else self._steps[-1] if self._steps else -1
        if state.step <= last:
            return
        self._coming.append((state.step, state.t, near))
        if not near.under_way or len(self._coming) > _COMING:
            self._arrive()

    def _arrive(self) -> None:
        """Takes over what was under way."""
        coming, self._coming = self._coming, []
        for step, t, near in coming:
            self._note(step, t, near.values()[0])

    def _note(self, step: int, t: float, x: Tensor) -> None:
        if len(self._steps) == len(self._x):
            half = len(self._x) // 2
            self._x[:half] = self._x[half:]
            self._steps, self._times = self._steps[half:], self._times[half:]
        self._x[len(self._steps)] = x[:, : self.count].to(torch.float32).numpy()
        self._steps.append(step)
        self._times.append(t)

    def forget_after(self, step: int) -> None:
        """Drops what lies after `step`: the run goes on differently from there."""
        self._arrive()
        keep = bisect_right(self._steps, step)
        del self._steps[keep:], self._times[keep:]

    def put(self, steps: Floats, times: Floats, x: Floats) -> None:
        """What `upto` gave, in the place of all there is."""
        self._coming = []
        self._steps, self._times = [int(step) for step in steps], [float(t) for t in times]
        self._x[: len(x)] = x

    def upto(self, step: int, last: int) -> tuple[Floats, Floats, Floats]:
        """Steps (S,), times (S,) and positions (S, d, M) of the `last` steps not after `step`."""
        self._arrive()
        end = bisect_right(self._steps, step)
        begin = max(0, end - last)
        steps = np.array(self._steps[begin:end], dtype=np.float32)
        return steps, np.array(self._times[begin:end], dtype=np.float32), self._x[begin:end].copy()
