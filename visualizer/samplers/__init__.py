"""Samplers: pure functions from a state to the next, and what a picture of the step needs."""

from visualizer.samplers.base import Info, Sampler, State
from visualizer.samplers.ddim import DDIM
from visualizer.samplers.forward import Forward
from visualizer.samplers.grid import GRIDS, time_grid
from visualizer.samplers.langevin import Langevin
from visualizer.samplers.reverse import METHODS, Reverse

__all__ = ["DDIM", "GRIDS", "METHODS", "Forward", "Info", "Langevin", "Reverse", "Sampler", "State", "time_grid"]
