"""From a scene to frames and pictures. Torch is imported on first use, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from visualizer.engine.frame import Diverged, Frame

if TYPE_CHECKING:
    from visualizer.engine.run.simulation import Simulation

__all__ = ["Diverged", "Frame", "Simulation"]


def __getattr__(name: str) -> Any:
    if name == "Simulation":
        from visualizer.engine.run.simulation import Simulation

        return Simulation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
