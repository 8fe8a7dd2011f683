"""What the kinds of samplers share: everything that is asked of a sampler anywhere but in the step itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from visualizer.scene.base import NonNegative
from visualizer.scene.controls import Number, Options
from visualizer.scene.kinds import KindPart, Kinds
from visualizer.scene.start import ModeStart, PriorStart, StartPart

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
LeastTime = Annotated[
    float,
    Field(ge=0, le=1e3),
    Number("least time", "The last time of the grid before 0; 0 leaves it to the grid", 0.0, 1.0, digits=4),
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
#: A noise level (α, σ).
AlphaSigma = tuple[float, float]
#: What the time of a run is: it stays at one noise level, it moves along t of the process, or its time is σ or β.
Clock = Literal["level", "t", "sigma", "beta"]


class SamplerPart(KindPart):
    """A sampler of a scene, and what every kind says of itself."""

    #: a word or two for titles of pictures; the title where it is empty
    short: ClassVar[str] = ""
    #: what it stands with in lists, in the order of which those of one family are together
    family: ClassVar[str] = "Others"
    #: what the time of a run is
    clock: ClassVar[Clock] = "level"
    #: fields that start the run again when they change; all others keep the particles where they are
    restarts: ClassVar[frozenset[str]] = frozenset({"steps", "grid"})
    #: whether a run can go on for ever; `steps` then only says how far the scrubber reaches at first
    endless: ClassVar[bool] = False
    #: whether it asks for log p, and not for the score alone
    needs_log_prob: ClassVar[bool] = False
    #: whether it asks for the components of a Gaussian mixture
    needs_mixture: ClassVar[bool] = False
    #: the most particles it can have
    max_count: ClassVar[int] = 10_000_000
    #: whether each particle is a Markov chain of its own
    chains: ClassVar[bool] = True
    #: whether the noise level it runs at is its own: fields `t` and `sigma`
    own_level: ClassVar[bool] = False
    #: whether a network that is followed may have numbers of its own, so that those of the scene say nothing
    of_model: ClassVar[bool] = False
    #: when it is offered as the next one to compare with, ascending; 0: never
    rival: ClassVar[int] = 0

    steps_per_frame: PerFrame = 1

    @property
    def on_cpu(self) -> bool:
        """Whether a GPU is left alone: a step is thousands of small operations whose results decide about the next."""
        return False

    if TYPE_CHECKING:  # a field of most kinds, which must not shadow a property

        @property
        def steps(self) -> int:
            """Steps of a run."""
            ...

    @property
    def start(self) -> StartPart:
        """Where particles start if nothing is said."""
        return PriorStart()

    def begins(self, t_max: float) -> float:
        """The time a run begins at, in its own clock."""
        return t_max

    @property
    def follows_flow(self) -> bool:
        """Whether it goes back along the probability-flow ODE, for which a flow is enough, and no score is needed."""
        return False

    @property
    def langevin_time(self) -> float | None:
        """The time of overdamped Langevin that a step stands for, so that hops compare with escape times.

        None where it stands for none: then no escape times are shown beside the hops.
        """
        return None

    @property
    def level(self) -> tuple[float, float | None]:
        """(t, σ) that a run stays at, with clock "level"; σ is plain smoothing, None where t says it."""
        return 0.0, None

    def evaluations(self, count: int) -> float:
        """Evaluations of the score for each of so many particles in a step, at most: what it costs."""
        return 1.0

    @property
    def short_name(self) -> str:
        """The sampler in a word or two."""
        return self.short or self.title

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        """LaTeX of one step, or of the SDE, in lines. Terms have roles, which the window colours (`roles.py`).

        Args:
            numbers: whether the present values stand for the symbols.
            at: the noise level that is shown, where there is a picture.
        """
        raise NotImplementedError

    def numbers(self) -> str:
        """Its numbers in a line, for the title of a picture."""
        return ""

    def words(self) -> str:
        """Its numbers in words, below the equation."""
        return self.numbers()

    def diverged(self, narrowest: float | None) -> str:
        """Why a run left the finite numbers, and what to do.

        Args:
            narrowest: the least variance of the density it runs on, where that is known.
        """
        return "the step is too large for this target. Make it smaller, or undo."

    def warning(self, narrowest: float | None) -> str:
        """What cannot go well with these numbers; empty where there is nothing to say.

        Args:
            narrowest: the least variance of the target, where that is known.
        """
        return ""


def too_large(symbol: str, step: float, limit: float | None) -> str:
    """That a step is beyond what the dynamics can bear."""
    said = f"the step {symbol} = {step:g} is too large for this target."
    if limit is not None:
        said += f" Its narrowest axis allows {symbol} below {limit:.3g}."
    return f"{said} Make the step smaller, or undo."


def euler_limit(narrowest: float | None) -> float | None:
    """h = 2 τ²: the linear stability limit of Euler's method on a Gaussian of variance τ²."""
    return None if narrowest is None else 2 * narrowest


class LevelSampler(SamplerPart):
    """Runs on p_t, or on the target smoothed by σ alone (α = 1) where `sigma` is given."""

    endless = True
    own_level = True

    t: NonNegative = 0.0
    sigma: NonNegative | None = None
    steps: Annotated[int, Field(ge=1, le=100_000)] = 1000

    @property
    def level(self) -> tuple[float, float | None]:
        """(t, σ) that a run stays at."""
        return self.t, self.sigma

    @property
    def start(self) -> StartPart:
        """A mode."""
        return ModeStart()


class TimeSampler(SamplerPart):
    """Moves along the process, over a grid of times."""

    clock = "t"
    restarts = SamplerPart.restarts | {"least_time"}

    grid: Grid = "uniform"
    steps: Steps = 200
    least_time: LeastTime = 0.0

    def applies(self, name: str) -> bool:
        return self.grid == "karras" if name == "least_time" else super().applies(name)

    def diverged(self, narrowest: float | None) -> str:
        return f"{self.steps} steps are too few for this process. Take more steps, or undo."


def num(value: float) -> str:
    """A number with three digits."""
    return f"{value:.3g}"


SAMPLERS: Kinds[SamplerPart] = Kinds("visualizer.scene.samplers", "sampler")
#: A sampler of any kind, as a field of a scene.
AnySampler = Annotated[SamplerPart, SAMPLERS]
