"""What a run has come to, measured beside the picture: the numbers of the card *Diagnostics*."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.densities import Density
from visualizer.diagnostics.convergence import convergence
from visualizer.diagnostics.distances import Reference, beside_its_gaussian
from visualizer.diagnostics.escape import slowest_passage
from visualizer.diagnostics.findings import Passage
from visualizer.diagnostics.hops import HopCounter, told_apart
from visualizer.diagnostics.modes import Modes
from visualizer.diagnostics.trapping import slowest_mode
from visualizer.engine.findings.report import Report
from visualizer.engine.pictures.common import Cache
from visualizer.engine.run.levels import Level, at_time, run_level
from visualizer.engine.run.modes import find_wells
from visualizer.engine.run.simulation import Simulation
from visualizer.samplers import Sampler
from visualizer.scene.start import PriorStart
from visualizer.scene.targets import TargetPart

#: Particles that distances are of.
CLOUD = 10_000
#: Particles that hops are counted among.
WATCHED = 500
#: Steps of the followed particles that convergence is judged by.
DRAWS = 1_000
#: Cells for exact relaxation in 1-D.
_CELLS_1D = 600
#: Cells for it along an axis in 2-D.
_CELLS_2D = 90


@dataclass(frozen=True)
class Sample:
    """What a report is made of, taken out of a run so that the run can go on meanwhile."""

    target: TargetPart
    density: Density
    level: Level
    x: NDArray[np.float64]
    jumps: NDArray[np.float64] | None
    draws: NDArray[np.float64] | None
    step_size: float | None
    log_prob: NDArray[np.float64] | None
    start: Level | None
    facts: dict[str, object]


class Reporter:
    """Watches one simulation in its thread (`look`, `sample`) and measures in any other (`measure`)."""

    def __init__(self, simulation: Simulation) -> None:
        self.sim = simulation
        self._hops: HopCounter | None = None
        self._modes: Modes | None = None
        self._sampler: Sampler | None = None
        #: what the chains follow, and since which step
        self._law: tuple[object, ...] = (simulation.sampler, simulation.density)
        self._since = 0
        self._references: dict[tuple[object, ...], Reference] = {}
        self._cache = Cache()

    def look(self, *, dragging: bool = False) -> None:
        """Notes which mode the watched particles are in. Call after every frame."""
        sim = self.sim
        law = (sim.sampler, sim.density)
        if any(a is not b for a, b in zip(law, self._law, strict=True)) or sim.state.step < self._since:
            self._law, self._since = law, sim.state.step
        modes = sim.modes(coarse=dragging) if sim.endless else None
        if modes is None or len(modes.places) < 2:
            self._hops = None
            return
        if self._hops is None or self._modes is not modes or self._sampler is not sim.sampler:
            self._modes, self._sampler, self._hops = modes, sim.sampler, HopCounter()
        assert sim.beside is not None  # there are modes
        at = run_level(sim.scene, sim.process, sim.state.t)
        key = (modes, at.alpha, at.sigma)
        if not self._cache.get("apart", key, lambda: _told_apart(sim, modes, at)):
            self._hops = None
            return
        x = sim.beside.denoise(sim.near[:, :WATCHED].contiguous(), at.alpha, at.sigma)
        self._hops.look(modes.cores(_numpy(x)), sim.state.step)

    def sample(self) -> Sample | None:
        """What there is to measure now; None where there is no target to hold it against."""
        sim, s, density = self.sim, self.sim.scene.sampler, self.sim.density
        if density is None:
            return None
        level = run_level(sim.scene, sim.process, sim.state.t)
        aside = sim.sampler.aside(sim.state)
        jumps = None if aside.jumps is None else _numpy(aside.jumps[:, :CLOUD])
        draws = None
        if sim.endless and s.chains:
            since = min(DRAWS, sim.state.step - max(self._since, sim.history.last_edit))
            draws = sim.paths.upto(sim.state.step, since)[2].transpose(2, 0, 1).astype(np.float64)
        log_prob = None if aside.log_prob is None else aside.log_prob[:CLOUD].cpu().double().numpy()
        hops = self._hops
        facts: dict[str, object] = {
            "step": sim.state.step,
            "hops": None if hops is None else hops.hops,
            "seen": 0 if hops is None else sim.state.step - hops.began,
            "quiet": 0 if hops is None else sim.state.step - hops.since,
            "guided": sim.scene.guidance.kind != "none",
            "watched": min(WATCHED, sim.state.x.shape[1]),
            **sim.tally.facts(sim.state.step),
        }
        x = _numpy(sim.state.x[:, :CLOUD])
        start = None
        if s.clock == "t" and isinstance(sim.scene.start, PriorStart):
            start = at_time(sim.process, float(sim.process.t_max))
        return Sample(sim.scene.target, density, level, x, jumps, draws, s.langevin_time, log_prob, start, facts)

    def measure(self, sample: Sample) -> Report:
        """The report of a sample. Takes a fraction of a second, more when the density is new."""
        level = sample.level
        noised = sample.density.noised(level.alpha, level.sigma)
        distances = self._reference(sample, level, sample.x.shape[1]).measure(sample.x)
        made = sample.x if sample.jumps is None else sample.jumps
        target = self._reference(sample, Level(1.0, 0.0, None), made.shape[1]).measure(made)["w2"]
        error = None
        if sample.log_prob is not None:
            exact = noised.log_prob(torch.from_numpy(sample.x.T.copy())).numpy()
            error = float(np.abs(sample.log_prob - exact).mean())
        steps = None
        if sample.step_size is not None and sample.density.K != 1:
            time = self._relaxation(noised, sample)
            steps = None if time is None else time / sample.step_size
        passage = None if sample.step_size is None else self._passage(noised, sample)
        return Report(
            w2=distances["w2"],
            kl=distances["kl"],
            target_w2=target,
            relaxation_steps=steps,
            passage=passage,
            step_size=sample.step_size,
            convergence=None if sample.draws is None else convergence(sample.draws),
            log_prob_error=error,
            start_kl=None if sample.start is None else self._start_kl(sample, sample.start),
            **sample.facts,  # type: ignore[arg-type]  # the rest of the fields, made in `sample`
        )

    # Keys are of the sample alone: the simulation may be another one's by now.

    def _reference(self, sample: Sample, level: Level, count: int) -> Reference:
        key = (sample.density, level.alpha, level.sigma, count)
        if key not in self._references:
            if len(self._references) > 3:
                self._references.clear()
            self._references[key] = Reference(sample.density.noised(level.alpha, level.sigma), count)
        return self._references[key]

    def _start_kl(self, sample: Sample, end: Level) -> float:
        def make() -> float:
            return beside_its_gaussian(sample.density.noised(end.alpha, end.sigma))

        found: float = self._cache.get("start", (sample.density, end), make)
        return found

    def _passage(self, noised: Density, sample: Sample) -> Passage | None:
        def make() -> Passage | None:
            wells = find_wells(sample.target, noised)
            return None if wells is None else slowest_passage(wells)

        return self._cache.get("passage", (sample.density, sample.level), make)

    def _relaxation(self, noised: Density, sample: Sample) -> float | None:
        cells = _CELLS_1D if noised.d == 1 else _CELLS_2D
        mode = self._cache.get("mode", (sample.density, sample.level), lambda: slowest_mode(noised, cells))
        return None if mode is None else mode.time


def _told_apart(sim: Simulation, modes: Modes, at: Level) -> bool:
    field = sim.beside
    assert field is not None  # there are modes
    return told_apart(modes, lambda x: field.denoise(x, at.alpha, at.sigma), at.alpha, at.sigma)


def _numpy(x: torch.Tensor) -> NDArray[np.float64]:
    return x.detach().cpu().double().numpy()
