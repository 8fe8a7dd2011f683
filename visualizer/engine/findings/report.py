"""What a run has come to: the numbers of the card *Diagnostics*."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.diagnostics.findings import Convergence, Distance, Passage

#: Hops for each particle below which the chains say nothing of the other modes, and R̂ that people take for good.
_FEW_HOPS, _GOOD = 0.1, 1.1


@dataclass(frozen=True)
class Report:
    """Diagnostics of one run at one step. What does not apply is None.

    Attributes:
        step, evaluations: so far; evaluations of the score for each particle.
        w2, kl: distances of the particles to the density of the run's noise level, with floors; W₂ sliced in 2-D.
        target_w2: of the particles, of walk–jump the jumps, to the target itself.
        hops, seen, quiet, watched: changes of mode among so many watched particles in the steps seen, and for how
            many steps there was none; None where particles travel along the process, whose modes come and go, and where
            noise lets nobody say in which mode they are.
        relaxation_steps: 1/(λ₂ h), steps until the slowest mode has decayed by e.
        passage, step_size: in 1-D the slowest passage between neighbouring modes, and h, its unit of time for a step.
        acceptance, energy_error: shares and mean |ΔH| over the last steps.
        swaps: of each pair of temperatures, the share of swaps accepted so far.
        convergence: R̂ and effective sample sizes of the followed particles, since they follow what they do now.
        log_prob_error: mean |log p carried along − log p exact|, nats.
        start_kl: KL(p_T ‖ start) in nats, of runs back along the process that begin with the prior; p_T is exact.
        guided: whether guidance is on: the particles are not meant to follow p_t.
    """

    step: int
    evaluations: float
    w2: Distance
    kl: Distance
    target_w2: Distance
    hops: int | None
    seen: int
    quiet: int
    watched: int
    relaxation_steps: float | None
    passage: Passage | None
    step_size: float | None
    acceptance: float | None
    energy_error: float | None
    swaps: tuple[float, ...]
    convergence: Convergence | None
    log_prob_error: float | None
    start_kl: float | None = None
    guided: bool = False

    @property
    def blind(self) -> bool:
        """Whether R̂ looks good because every chain has kept to the mode it began in."""
        few = self.hops is not None and self.hops < _FEW_HOPS * self.watched
        return few and self.convergence is not None and self.convergence.rhat < _GOOD
