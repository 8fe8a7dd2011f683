"""All kernels."""

from visualizer.fused.base import BLOCK, compile_all
from visualizer.fused.films import planes
from visualizer.fused.grids import interpolated, sloped
from visualizer.fused.mixtures import log_prob_and_map, moved, underdamped
from visualizer.fused.noise import gaussians
from visualizer.fused.pictures import (
    astray,
    blended,
    blurred,
    count,
    deposit,
    dotted,
    drifted,
    softened,
    tally,
    toned,
)
from visualizer.fused.proposals import exchanged, hamiltonian, tested, walked

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
    "sloped",
    "softened",
    "tally",
    "tested",
    "toned",
    "underdamped",
    "walked",
]
