"""Targets → densities, in float64: in a closed form where there is one, else on a grid. One file for each kind.

The scene's half of a kind has the same file name in `visualizer/scene/targets/`.
"""

from visualizer.engine.targets.base import BUILDERS, build_density

__all__ = ["BUILDERS", "build_density"]
