"""What the kinds of processes share."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from visualizer.scene.controls import Number
from visualizer.scene.kinds import KindPart, Kinds


class ProcessPart(KindPart):
    """A noise process of a scene."""

    #: α and σ, in plain text
    formula: ClassVar[str]
    #: whether α = 1, so that x_t spreads beyond the target
    explodes: ClassVar[bool] = False
    #: what the axis of time is called
    time_axis: ClassVar[str] = "time t"

    @property
    def last_time(self) -> float:
        """t_max."""
        return 1.0

    def suited(self, reach: float) -> Self:
        """With so much noise at the end that a target which reaches so far from its middle is lost in it."""
        return self

    def parameters(self) -> dict[str, float]:
        """Everything but the kind, as `visualizer.processes.process` takes it."""
        return {name: getattr(self, name) for name in type(self).model_fields if name != "kind"}


#: The noise at the end, in units of how far the target reaches; the last end of time.
ENOUGH, _LAST = 2.5, 1000.0
END_OF_TIME = Number("end of time t_max", "The process runs over 0…t_max", 0.1, 100, log=True)


class LongProcess(ProcessPart):
    """A process whose time may end where one likes."""

    t_max: Annotated[float, Field(gt=0, le=1000), END_OF_TIME] = 10.0

    @property
    def last_time(self) -> float:
        """t_max."""
        return self.t_max

    def until(self, t_max: float) -> Self:
        """Until this time, to two digits, or as long as it may be; not shorter than it is."""
        return self.with_(t_max=max(self.t_max, min(float(f"{t_max:.2g}"), _LAST)))


class LinearBeta(ProcessPart):
    """A process with the rate β(t) = β_min + (β_max − β_min) t."""

    beta_min: Annotated[
        float, Field(gt=0, le=1000), Number("β_min", "Rate of noising at t = 0", 0.01, 10, log=True)
    ] = 0.1
    beta_max: Annotated[
        float, Field(gt=0, le=1000), Number("β_max", "Rate of noising at t = 1", 0.1, 100, log=True)
    ] = 20.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.beta_min > self.beta_max:
            raise ValueError("beta_min: expected a number not above beta_max")
        return self


PROCESSES: Kinds[ProcessPart] = Kinds("visualizer.scene.processes", "process")
#: A process of any kind, as a field of a scene.
AnyProcess = Annotated[ProcessPart, PROCESSES]
