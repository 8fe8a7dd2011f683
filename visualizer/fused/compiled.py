"""All kernels."""

from visualizer.fused.base import BLOCK, compile_all
from visualizer.fused.films import planes
from visualizer.fused.grids import interpolated
from visualizer.fused.pictures import blended, blurred, count, deposit, dotted, drifted, softened, tally, toned
from visualizer.fused.steps import (
    astray,
    exchanged,
    gaussians,
    hamiltonian,
    log_prob_and_map,
    moved,
    tested,
    underdamped,
    walked,
)

__all__ = [
    "BLOCK",
    "astray",
    "blended",
    "blurred",
    "compile_all",
    "count",
    "deposit",
    "dotted",
    "drifted",
    "exchanged",
    "gaussians",
    "hamiltonian",
    "interpolated",
    "log_prob_and_map",
    "moved",
    "planes",
    "softened",
    "tally",
    "tested",
    "toned",
    "underdamped",
    "walked",
]
