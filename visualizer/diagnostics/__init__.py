"""What a run is doing, in numbers."""

from visualizer.diagnostics.occupancy import occupancy

__all__ = ["occupancy"]
