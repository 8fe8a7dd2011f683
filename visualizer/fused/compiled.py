"""All kernels."""

from visualizer.fused.base import BLOCK, compile_all
from visualizer.fused.grids import interpolated
from visualizer.fused.pictures import blurred, count, deposit, drifted, tally, toned
from visualizer.fused.steps import (
    astray,
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
    "blurred",
    "compile_all",
    "count",
    "deposit",
    "drifted",
    "gaussians",
    "hamiltonian",
    "interpolated",
    "log_prob_and_map",
    "moved",
    "tally",
    "tested",
    "toned",
    "underdamped",
    "walked",
]
