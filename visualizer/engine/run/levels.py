"""Noise levels: which one a run is about, and which one is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from visualizer.engine.frame import Noise
from visualizer.processes import Process
from visualizer.scene.model import Scene
from visualizer.scene.samplers.base import Clock, SamplerPart

#: Times at which σ is handed on.
_TIMES = 2_049


@dataclass(frozen=True)
class Level:
    """A noise level: x = α x_0 + σ ε, and the process time it belongs to (None for plain smoothing)."""

    alpha: float
    sigma: float
    t: float | None


def at_time(q: Process, t: float) -> Level:
    """The level of a process at a time; at its end beyond."""
    t = min(t, q.t_max)
    return Level(q.alpha(t), q.sigma(t), t)


def fixed_level(sampler: SamplerPart, q: Process) -> Level:
    """The noise level that a sampler with the clock "level" stays at."""
    t, sigma = sampler.level
    return at_time(q, t) if sigma is None else Level(1.0, sigma, None)


#: The level of the density that a run is about, by what the time of the run is.
_BY_CLOCK: dict[Clock, Callable[[SamplerPart, Process, float], Level]] = {
    "level": lambda sampler, q, _: fixed_level(sampler, q),
    "t": lambda _, q, t: Level(q.alpha(t), q.sigma(t), t),
    "sigma": lambda _, __, sigma: Level(1.0, sigma, None),
    "beta": lambda *_: Level(1.0, 0.0, None),
}


def run_level(scene: Scene, q: Process, run_t: float) -> Level:
    """The noise level of the density that a run at `run_t`, in its own clock, is about."""
    return _BY_CLOCK[scene.sampler.clock](scene.sampler, q, run_t)


def shown_level(scene: Scene, q: Process, run_t: float) -> Level:
    """The noise level the fields are drawn at: held by the view, else that of the run."""
    if scene.view.sigma is not None:
        return Level(1.0, scene.view.sigma, None)
    if scene.view.t is not None:
        return at_time(q, scene.view.t)
    return run_level(scene, q, run_t)


def start_level(scene: Scene, q: Process) -> Level:
    """The noise level of the density at the first step: `target` starts are drawn from it."""
    return run_level(scene, q, scene.sampler.begins(q.t_max))


def noise_of(q: Process) -> Noise:
    """σ over the times of a process, close together where they are near 0."""
    t = q.t_max * np.linspace(0.0, 1.0, _TIMES) ** 3
    return Noise(t, np.array([q.sigma(float(v)) for v in t]))
