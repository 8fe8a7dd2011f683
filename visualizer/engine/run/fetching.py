"""Numbers on their way from a GPU, which nobody waits for until they are needed."""

from __future__ import annotations

import torch
from torch import Tensor


class Fetched:
    """Tensors that are copied to the host while the GPU goes on.

    CUDA copies into pinned memory behind what it is doing, so that the host waits once, for the last of them. Other
    devices copy at once, and what is on the CPU is there already.
    """

    def __init__(self, *tensors: Tensor) -> None:
        self._event: torch.cuda.Event | None = None
        if tensors[0].device.type != "cuda":
            self._values = tuple(v.to("cpu") for v in tensors)
            return
        self._values = tuple(torch.empty(v.shape, dtype=v.dtype, pin_memory=True) for v in tensors)
        for place, v in zip(self._values, tensors, strict=True):
            # Rows of a piece of columns are copied one by one: together they would be gathered first.
            for row, source in [(place, v)] if v.is_contiguous() else zip(place, v, strict=True):
                row.copy_(source, non_blocking=True)
        self._event = torch.cuda.Event()
        self._event.record()

    @property
    def under_way(self) -> bool:
        """Whether somebody who asks may have to wait."""
        return self._event is not None

    def values(self) -> tuple[Tensor, ...]:
        """The tensors, on the CPU."""
        if self._event is not None:
            self._event.synchronize()
            self._event = None
        return self._values
