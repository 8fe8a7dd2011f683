"""What a run is doing, in numbers."""
