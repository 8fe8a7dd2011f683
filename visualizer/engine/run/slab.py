"""Room for snapshots that is apart from the heap.

States that stay, allocated between a frame's temporaries that go, would leave the heap full of holes,
and every fresh page costs a fault. Snapshots live in their own mappings, and their places are used again.
"""

from __future__ import annotations

import torch
from torch import Tensor

from visualizer import fused

#: Bytes of a mapping, at most.
_CHUNK = 64 << 20
#: Places of a mapping, at most: every place is a tensor to be made.
_PLACES = 256


class Slab:
    """Equal places for tensors of one shape, handed out and taken back. CPU memory only."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._nbytes = max(64, 4 * int(torch.Size(shape).numel()))
        self._free: list[Tensor] = []

    def store(self, x: Tensor) -> Tensor:
        """A copy of x in a free place."""
        if not self._free:
            self._grow()
        place = self._free.pop()
        place.copy_(x)
        return place

    def release(self, place: Tensor) -> None:
        """Gives a place back; its tensor must not be used any more."""
        self._free.append(place)

    def _grow(self) -> None:
        count = max(1, min(_PLACES, _CHUNK // self._nbytes))
        stride = -(-self._nbytes // 64) * 64
        memory = fused.mapped(count * stride)
        floats = torch.frombuffer(memory, dtype=torch.float32)
        numel = int(torch.Size(self.shape).numel())
        for i in reversed(range(count)):
            start = i * stride // 4
            self._free.append(floats[start : start + numel].view(self.shape))
