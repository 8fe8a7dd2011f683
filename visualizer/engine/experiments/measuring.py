"""What the window's read-outs say of a scene, as plain numbers, without a window."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import torch

from visualizer.densities import Density
from visualizer.diagnostics.escape import neighbouring_passages
from visualizer.diagnostics.findings import Distance, Passage
from visualizer.diagnostics.first_passage import FirstPassage
from visualizer.diagnostics.fits import entropy
from visualizer.diagnostics.modes import Modes
from visualizer.diagnostics.trapping import slowest_mode
from visualizer.engine.experiments.judging import judge, strokes_of
from visualizer.engine.report import Reporter
from visualizer.engine.run.levels import run_level
from visualizer.engine.run.modes import find_modes, find_wells
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.targets import build_density
from visualizer.scene.field import LearnedField
from visualizer.scene.model import Scene
from visualizer.scene.targets import TargetPart

#: Cells along an axis for the relaxation time, by dimension.
_CELLS = {1: 1_200, 2: 256}


def measure(
    scene: Scene, steps: int | None = None, device: str = "cpu", done: Callable[[int], object] = lambda _: None
) -> dict[str, Any]:
    """The tables "target", "run" and "model" of a scene with one picture: numbers, lists and strings alone.

    A key is absent where it has no meaning. Entropies and divergences are in nats, times in units of Langevin's own
    time (steps × h).

    Args:
        scene: what to measure; without a target there is a run alone, and a model where a network is followed.
        steps: of the run; by default those of the scene.
        device: where to run.
        done: is told the steps taken.

    Raises:
        SceneError: the scene cannot be run.
        Diverged: the particles are no longer finite.

    >>> from visualizer import measure, parse_scene
    >>> scene = parse_scene("[target]\\nweights = [1]\\nmeans = [0]\\ncovariances = [1]\\n[particles]\\ncount = 9")
    >>> round(measure(scene, steps=2)["target"]["entropy"], 6)  # ½ ln 2πe
    1.418939
    """
    found: dict[str, Any] = {}
    if scene.target.known:
        found["target"] = of_target(scene.target, build_density(scene.target))
    found["run"] = of_run(Simulation(scene, device, budget=0), steps, done)
    if scene.field.kind == "learned" and scene.target.known:
        found["model"] = of_model(scene, scene.field)
    return found


def of_target(target: TargetPart, p: Density) -> dict[str, Any]:
    """Entropy, moments, modes, relaxation time of Langevin, and on the line the passages between neighbouring modes."""
    slowest = slowest_mode(p, _CELLS[p.d])
    modes, wells = find_modes(target, p), find_wells(target, p)
    found: dict[str, Any] = {
        "entropy": entropy(p),
        "mean": p.mean.double().tolist(),
        "covariance": p.covariance.double().tolist(),
    }
    if slowest is not None:
        found["relaxation_time"] = slowest.time
    if modes is not None:
        pairs = zip(modes.places.tolist(), modes.shares.tolist(), strict=True)
        found["modes"] = [{"place": place, "weight": weight} for place, weight in pairs]
        if wells is not None:
            found["passages"] = [_way(way, modes) for way in neighbouring_passages(wells)]
    return found


def _way(way: Passage, modes: Modes) -> dict[str, Any]:
    """A passage, its ends by the numbers of their modes; a time that is infinite is absent."""

    def number(place: float) -> int:
        return int(np.abs(modes.places[:, 0] - place).argmin())

    found: dict[str, Any] = {"from": number(way.start), "to": number(way.end)}
    if math.isfinite(way.time):
        found["mean"] = way.time
    if way.barrier is not None:
        found["barrier"] = way.barrier.height
        if way.barrier.high:
            found["kramers"] = way.barrier.kramers_time
    return found


def of_run(simulation: Simulation, steps: int | None, done: Callable[[int], object]) -> dict[str, Any]:
    """A run of so many steps, held against the density it is about."""
    last = steps or simulation.last_step
    *_, found = along_run(simulation, (last,), "steps", done)
    return found


def along_run(
    simulation: Simulation, at: Sequence[int], by: Literal["steps", "evaluations"], done: Callable[[int], object]
) -> Iterator[dict[str, Any]]:
    """A run measured after so many steps, or evaluations a particle; where it ends before, at its end."""
    reporter, escape = Reporter(simulation), _Escape.of(simulation)
    for wanted in at:
        while not simulation.finished:
            step = simulation.state.step
            if (step if by == "steps" else simulation.tally.evaluations(step)) >= wanted:
                break
            simulation.advance()
            reporter.look()
            if escape is not None:
                escape.passage.look(simulation.state.x[0])
            done(simulation.state.step)
        yield _measured(simulation, reporter) | ({} if escape is None else escape.found)
        if simulation.finished:
            return


@dataclass(frozen=True)
class _Escape:
    """Langevin on the line between two modes: the passage that is watched, and the exact one."""

    passage: FirstPassage
    exact: Passage

    @classmethod
    def of(cls, simulation: Simulation) -> Self | None:
        """None where there are not two modes on a line, no noise, and a step that stands for a time."""
        scene, density = simulation.scene, simulation.density
        h, level = scene.sampler.langevin_time, run_level(scene, simulation.process, simulation.state.t)
        if density is None or density.d != 1 or h is None or level.sigma > 0:
            return None
        wells = find_wells(scene.target, density)
        if wells is None or len(wells.places) != 2:
            return None
        x = simulation.state.x[0]
        exact = min(neighbouring_passages(wells), key=lambda way: abs(way.start - float(x.mean())))
        return cls(FirstPassage(x, exact.end, h, math.sqrt(2 * h)), exact)

    @property
    def found(self) -> dict[str, Any]:
        """The mean time and its standard error, the exact one, the barrier and Kramers' time."""
        facts = {"escape_time": self.passage.time, "escape_error": self.passage.error}
        facts["passage"] = self.exact.time if math.isfinite(self.exact.time) else None
        if (top := self.exact.barrier) is not None:
            facts |= {"barrier": top.height, "kramers": top.kramers_time if top.high else None}
        return {name: value for name, value in facts.items() if value is not None}


def _measured(simulation: Simulation, reporter: Reporter) -> dict[str, Any]:
    step = simulation.state.step
    found: dict[str, Any] = {"steps": step, "evaluations": simulation.tally.evaluations(step)}
    sample = reporter.sample()
    if sample is None:
        return found
    report = reporter.measure(sample)
    for name, distance in (("kl", report.kl), ("sliced_w2", report.w2)):
        found |= {name: distance.value, f"{name}_floor": distance.floor}
    modes = simulation.modes()
    if modes is not None:
        level = run_level(simulation.scene, simulation.process, simulation.state.t)
        found["occupancy"] = modes.occupancy(simulation.state.x, level.alpha, level.sigma).tolist()
    facts = {"hops": report.hops, "acceptance": report.acceptance}
    if report.convergence is not None:
        c = report.convergence
        facts |= {"r_hat": None if report.blind else c.rhat, "ess_bulk": c.ess_bulk, "ess_tail": c.ess_tail}
    return found | {name: value for name, value in facts.items() if value is not None}


@torch.no_grad()
def of_model(scene: Scene, field: LearnedField) -> dict[str, Any]:
    """The network that a scene follows, held against the target."""
    shelf = Shelf()
    net = shelf.get(field)
    *_, found = judge(scene, shelf)
    facts: dict[str, Any] = {
        "kind": net.kind,
        "strokes": strokes_of(net, scene),
        "bound": found.bound,
        "junk": found.junk,
    }
    facts |= {"kl": found.kl, "reverse_kl": found.reverse_kl, "sliced_w2": _value(found.w2)}
    if found.log_prob is not None:
        facts["nll"] = -found.log_prob
    return {name: value for name, value in facts.items() if value is not None}


def _value(distance: Distance | None) -> float | None:
    return None if distance is None else distance.value
