"""How precisely a device computes."""

from __future__ import annotations

from torch import Tensor


def widest(x: Tensor) -> Tensor:
    """The same numbers in float64; as they are on a device that has none (Apple's MPS)."""
    return x if x.device.type == "mps" else x.double()
