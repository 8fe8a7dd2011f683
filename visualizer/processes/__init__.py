"""Noise processes x_t = α(t) x_0 + σ(t) ε, by name."""

from visualizer.processes.base import Process, Time
from visualizer.processes.catalogue import KINDS, process

__all__ = ["KINDS", "Process", "Time", "process"]
