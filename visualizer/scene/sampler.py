"""[sampler]: what moves the particles."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, model_validator

from visualizer.scene.base import NonNegative, Part, Unit
from visualizer.scene.controls import Number, Numbers, Options
from visualizer.scene.start import GaussianStart, ModeStart, PriorStart, StartPart, TargetStart

Steps = Annotated[
    int, Field(ge=1, le=100_000), Number("steps", "Steps of a whole run", 5, 2000, log=True, integer=True)
]
PerFrame = Annotated[
    int,
    Field(ge=1, le=1000),
    Number("steps per frame", "Steps taken between two pictures", 1, 100, log=True, integer=True),
]
Grid = Annotated[
    Literal["uniform", "quadratic", "karras"],
    Options(
        "Time grid",
        "Where along the process the steps fall",
        (("uniform", "Uniform steps"), ("quadratic", "Quadratic: t ∝ u²"), ("karras", "Karras: ρ = 7")),
    ),
]


Step = Annotated[float, Field(gt=0, le=100), Number("step h", "Size of a step, h, in units of x²", 1e-4, 2.0, log=True)]
TimeStep = Annotated[
    float, Field(gt=0, le=100), Number("step ε", "Size of a step of the dynamics, a time", 1e-3, 2.0, log=True)
]
Width = Annotated[
    float,
    Field(gt=0, le=1e3),
    Number("width s", "Standard deviation of q = N(0, s²), what the hottest replica samples", 0.5, 20.0, log=True),
]


class SamplerBase(Part):
    """What all samplers have."""

    #: whether a run can go on for ever; `steps` then only says how far the scrubber reaches at first
    endless: ClassVar[bool] = False
    #: whether it asks for log p, and not for the score alone
    needs_log_prob: ClassVar[bool] = False
    #: the most particles it can have
    max_count: ClassVar[int] = 10_000_000

    steps_per_frame: PerFrame = 1

    @property
    def start(self) -> StartPart:
        """Where particles start if nothing is said."""
        return PriorStart()


class LevelSampler(SamplerBase):
    """Runs on p_t, or on the target smoothed by σ alone (α = 1) where `sigma` is given."""

    endless: ClassVar[bool] = True

    t: NonNegative = 0.0
    sigma: NonNegative | None = None
    steps: Annotated[int, Field(ge=1, le=100_000)] = 1000

    @property
    def start(self) -> StartPart:
        return ModeStart()


class LangevinSampler(LevelSampler):
    """ULA. `convention` says how the step is shown: h in x + h∇log p + √(2h) ε, or Δt = 2h."""

    kind: Literal["langevin"] = "langevin"
    convention: Annotated[
        Literal["h", "dt"],
        Options(
            "Convention of the step",
            "Two ways of writing the same step: h = Δt/2",
            (("h", "step h:  x + h∇log p + √(2h) ε"), ("dt", "step Δt:  x + (Δt/2)∇log p + √Δt ε")),
        ),
    ] = "h"
    step: Annotated[
        float,
        Field(gt=0, le=100),
        Number("step h", "Step of Langevin, h in x + h∇log p + √(2h) ε", 1e-4, 2.0, log=True),
    ] = 0.02

    def shown(self, name: str) -> tuple[str, float]:
        return ("step Δt", 2.0) if name == "step" and self.convention == "dt" else ("", 1.0)


class RandomWalkSampler(LevelSampler):
    """Random-walk Metropolis: y = x + √(2h) ε, taken with probability min(1, p(y)/p(x))."""

    kind: Literal["random-walk"] = "random-walk"
    needs_log_prob: ClassVar[bool] = True
    step: Step = 0.1


class MALASampler(LevelSampler):
    """Langevin with a Metropolis–Hastings test."""

    kind: Literal["mala"] = "mala"
    needs_log_prob: ClassVar[bool] = True
    step: Step = 0.1


class UnderdampedSampler(LevelSampler):
    """Underdamped Langevin by BAOAB."""

    kind: Literal["underdamped"] = "underdamped"
    step: TimeStep = 0.2
    friction: Annotated[
        float,
        Field(ge=0, le=1e3),
        Number("friction γ", "How fast momentum is forgotten, one over a time", 0, 10, digits=2),
    ] = 1.0


class HMCSampler(LevelSampler):
    """Hamiltonian Monte Carlo."""

    kind: Literal["hmc"] = "hmc"
    needs_log_prob: ClassVar[bool] = True
    step: TimeStep = 0.2
    leapfrog_steps: Annotated[
        int, Field(ge=1, le=1000), Number("leapfrog steps L", "Steps of one trajectory", 1, 100, log=True, integer=True)
    ] = 10


class NUTSSampler(LevelSampler):
    """The no-U-turn sampler."""

    kind: Literal["nuts"] = "nuts"
    needs_log_prob: ClassVar[bool] = True
    max_count: ClassVar[int] = 10_000
    step: TimeStep = 0.2
    max_depth: Annotated[
        int, Field(ge=1, le=12), Number("largest depth", "A trajectory has at most 2^depth steps", 1, 10, integer=True)
    ] = 8


class ParallelTemperingSampler(LevelSampler):
    """Replicas at several temperatures that swap places."""

    kind: Literal["parallel-tempering"] = "parallel-tempering"
    needs_log_prob: ClassVar[bool] = True
    max_count: ClassVar[int] = 1_000_000
    step: Step = 0.1
    temperatures: Annotated[
        tuple[Annotated[float, Field(ge=1, le=1e6)], ...],
        Field(min_length=2, max_length=12),
        Numbers("temperatures T", "From 1 upwards, ascending: π_β ∝ p^β q^(1−β) with β = 1/T", 1.0, 1e6),
    ] = (1.0, 3.0, 10.0, 100.0)
    width: Width = 4.0

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        t = self.temperatures
        if t[0] != 1.0 or any(a >= b for a, b in pairwise(t)):
            raise ValueError("temperatures: expected 1 first, then ascending numbers")
        return self


class SVGDSampler(LevelSampler):
    """Stein variational gradient descent."""

    kind: Literal["svgd"] = "svgd"
    max_count: ClassVar[int] = 5_000
    step: Annotated[
        float,
        Field(gt=0, le=100),
        Number("step h", "How far particles go along the kernelised gradient", 1e-3, 5.0, log=True),
    ] = 0.5

    @property
    def start(self) -> StartPart:
        return GaussianStart(std=1.0)


class WalkJumpSampler(SamplerBase):
    """Langevin on p smoothed by σ; x̂ = y + σ² s_σ(y) on the side."""

    endless: ClassVar[bool] = True
    kind: Literal["walk-jump"] = "walk-jump"
    step: Step = 0.1
    sigma: Annotated[
        float, Field(gt=0, le=100), Number("noise σ", "The walk runs on p smoothed by σ", 0.05, 5.0, log=True)
    ] = 1.0
    steps: Annotated[int, Field(ge=1, le=100_000)] = 1000

    @property
    def start(self) -> StartPart:
        return ModeStart()


class AnnealedLangevinSampler(SamplerBase):
    """Langevin on p smoothed by ever smaller σ."""

    kind: Literal["annealed-langevin"] = "annealed-langevin"
    step: Annotated[
        float,
        Field(gt=0, le=100),
        Number("last step h", "Step at the smallest σ; h σ²/σ_min² at the others", 1e-4, 2.0, log=True),
    ] = 0.005
    sigma_max: Annotated[
        float, Field(gt=0, le=100), Number("first σ", "Noise of the first level", 0.1, 20.0, log=True)
    ] = 5.0
    sigma_min: Annotated[
        float, Field(gt=0, le=100), Number("last σ", "Noise of the last level", 0.01, 5.0, log=True)
    ] = 0.1
    levels: Annotated[
        int, Field(ge=1, le=1000), Number("levels", "Number of noise levels", 2, 100, log=True, integer=True)
    ] = 12
    steps_per_level: Annotated[
        int,
        Field(ge=1, le=1000),
        Number("steps per level", "Steps at each noise level", 1, 200, log=True, integer=True),
    ] = 30

    @model_validator(mode="after")
    def _descending(self) -> Self:
        if self.sigma_min > self.sigma_max:
            raise ValueError("sigma_min: expected no more than sigma_max")
        return self

    def changed(self, name: str, value: Any) -> Self:
        if name == "sigma_min" and value > self.sigma_max:
            return self.with_(sigma_min=value, sigma_max=value)
        if name == "sigma_max" and value < self.sigma_min:
            return self.with_(sigma_max=value, sigma_min=value)
        return self.with_(**{name: value})

    @property
    def steps(self) -> int:
        """Steps of a run."""
        return self.levels * self.steps_per_level

    @property
    def start(self) -> StartPart:
        return GaussianStart(std=self.sigma_max)


class SimulatedAnnealingSampler(SamplerBase):
    """MALA on π_β while β rises from 0 to 1."""

    kind: Literal["simulated-annealing"] = "simulated-annealing"
    needs_log_prob: ClassVar[bool] = True
    step: Step = 0.1
    width: Width = 4.0
    steps: Steps = 500

    @property
    def start(self) -> StartPart:
        return GaussianStart(std=self.width)


class TimeSampler(SamplerBase):
    """Moves along the process, over a grid of times."""

    grid: Grid = "uniform"
    steps: Steps = 200


class ForwardSampler(TimeSampler):
    """Forward diffusion; `lambda` = 1 is plain noising, 0 deterministic."""

    kind: Literal["forward"] = "forward"
    lam: Annotated[
        Unit,
        Number("noise λ", "0: the deterministic ODE; 1: the SDE. All λ have the same marginals p_t.", 0, 1, digits=2),
    ] = Field(default=1.0, alias="lambda")

    @property
    def start(self) -> StartPart:
        return TargetStart()


class ReverseSampler(TimeSampler):
    """Reverse diffusion; `lambda` = 0 is the probability-flow ODE, 1 the reverse SDE."""

    kind: Literal["reverse"] = "reverse"
    lam: Annotated[
        float,
        Field(ge=0, le=10),
        Number("noise λ", "0: the deterministic ODE; 1: the SDE. All λ have the same marginals p_t.", 0, 2, digits=2),
    ] = Field(default=1.0, alias="lambda")
    method: Annotated[
        Literal["euler", "heun", "dopri5"],
        Options(
            "Method",
            "How it is integrated; all but Euler need λ = 0. Dormand–Prince adapts its steps and carries log p",
            (
                ("euler", "Euler (–Maruyama)"),
                ("heun", "Heun (ODE only)"),
                ("dopri5", "Dormand–Prince (ODE only)"),
            ),
        ),
    ] = "euler"

    @model_validator(mode="after")
    def _for_the_ode(self) -> Self:
        if self.method != "euler" and self.lam != 0:
            raise ValueError(f'method: "{self.method}" needs lambda = 0; expected "euler" for an SDE')
        return self

    def changed(self, name: str, value: Any) -> Self:
        if name == "lam" and value > 0:
            return self.with_(lam=value, method="euler")
        if name == "method" and value != "euler":
            return self.with_(lam=0.0, method=value)
        return self.with_(**{name: value})


class DDIMSampler(TimeSampler):
    """DDIM(η): `eta` = 0 is the denoising iteration, 1 ancestral sampling."""

    kind: Literal["ddim"] = "ddim"
    eta: Annotated[Unit, Number("noise η", "0: deterministic DDIM; 1: ancestral sampling", 0, 1, digits=2)] = 0.0
    steps: Steps = 50


class PredictorCorrectorSampler(TimeSampler):
    """Steps of the reverse SDE, each followed by Langevin at its noise level."""

    kind: Literal["predictor-corrector"] = "predictor-corrector"
    corrections: Annotated[
        int, Field(ge=0, le=100), Number("corrections", "Langevin steps after each prediction", 0, 10, integer=True)
    ] = 1
    snr: Annotated[
        float,
        Field(gt=0, le=1),
        Number("signal to noise r", "Sets the corrector's step: h = 2 (r |ε|/|s|)²", 0.01, 0.5),
    ] = 0.16
    steps: Steps = 100


class DPMSolverSampler(TimeSampler):
    """DPM-Solver++(2M): second order for the probability-flow ODE, one evaluation a step."""

    kind: Literal["dpm-solver++"] = "dpm-solver++"
    steps: Steps = 20


SamplerPart = Annotated[
    LangevinSampler
    | RandomWalkSampler
    | MALASampler
    | UnderdampedSampler
    | HMCSampler
    | NUTSSampler
    | ParallelTemperingSampler
    | SVGDSampler
    | WalkJumpSampler
    | AnnealedLangevinSampler
    | SimulatedAnnealingSampler
    | ForwardSampler
    | ReverseSampler
    | DDIMSampler
    | PredictorCorrectorSampler
    | DPMSolverSampler,
    Field(discriminator="kind"),
]

#: The class of each kind.
KINDS: dict[str, type[SamplerBase]] = {
    part.model_fields["kind"].default: part for part in get_args(get_args(SamplerPart)[0])
}
