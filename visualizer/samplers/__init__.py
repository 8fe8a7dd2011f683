"""Samplers: pure functions from a state to the next, and what a picture of the step needs. One file for each kind.

This room imports densities, processes and `visualizer.register`. Read `base.py` first: `State`, `Info`, what a
`Sampler` has, and `AtLevel` and `AlongTime`, which most samplers are; then `langevin.py`. The scene's half of a kind,
with its title, equation and controls, has the same file name in `visualizer/scene/samplers/`; how to add a sampler
stands there. Here a file brings the function `build`, decorated with `builds("my-sampler")`, which takes the same
numbers as the scene's half has.
"""

from visualizer.samplers.annealed_langevin import AnnealedLangevin
from visualizer.samplers.base import (
    SAMPLERS,
    Aside,
    Drawer,
    Info,
    Proposing,
    Sampler,
    Setting,
    State,
    UnnormalisedDensity,
    ran,
)
from visualizer.samplers.ddim import DDIM
from visualizer.samplers.dopri import DormandPrince
from visualizer.samplers.dpm_solver import DPMSolver
from visualizer.samplers.exact_kernel import ExactKernel
from visualizer.samplers.forward import Forward
from visualizer.samplers.grid import GRIDS, time_grid
from visualizer.samplers.hmc import HMC
from visualizer.samplers.langevin import Langevin
from visualizer.samplers.mala import MALA
from visualizer.samplers.nuts import NUTS
from visualizer.samplers.parallel_tempering import ParallelTempering
from visualizer.samplers.predictor_corrector import PredictorCorrector
from visualizer.samplers.random_walk import RandomWalk
from visualizer.samplers.reverse import METHODS, Reverse
from visualizer.samplers.simulated_annealing import SimulatedAnnealing
from visualizer.samplers.strokes import Strokes
from visualizer.samplers.svgd import SVGD
from visualizer.samplers.tempering import Tempering
from visualizer.samplers.underdamped import Underdamped
from visualizer.samplers.walk_jump import WalkJump

__all__ = [
    "DDIM",
    "GRIDS",
    "HMC",
    "MALA",
    "METHODS",
    "NUTS",
    "SAMPLERS",
    "SVGD",
    "AnnealedLangevin",
    "Aside",
    "DPMSolver",
    "DormandPrince",
    "Drawer",
    "ExactKernel",
    "Forward",
    "Info",
    "Langevin",
    "ParallelTempering",
    "PredictorCorrector",
    "Proposing",
    "RandomWalk",
    "Reverse",
    "Sampler",
    "Setting",
    "SimulatedAnnealing",
    "State",
    "Strokes",
    "Tempering",
    "Underdamped",
    "UnnormalisedDensity",
    "WalkJump",
    "ran",
    "time_grid",
]
