"""A model draws from noise in strokes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from visualizer.scene.controls import Number
from visualizer.scene.roles import noise, particles
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, SamplerPart


@SAMPLERS.add
class StrokesSampler(SamplerPart):
    """A network that draws in strokes of its own, or so many jumps of the denoising iteration."""

    kind: Literal["strokes"] = "strokes"
    title = "Strokes of the model"
    short = "Strokes"
    family = "Diffusion"
    order = 19
    chains = False
    of_model = True
    restarts = frozenset({"strokes", "frames"})

    strokes: Annotated[
        int,
        Field(ge=1, le=512),
        Number("strokes", "Jumps from noise to data, where the model leaves that open", 1, 64, log=True, integer=True),
    ] = 8
    frames: Annotated[
        int,
        Field(ge=1, le=200),
        Number("frames a stroke", "Frames in which a stroke is shown", 1, 60, log=True, integer=True),
    ] = 30

    @property
    def follows_flow(self) -> bool:
        """The denoising iteration does."""
        return True

    @property
    def steps(self) -> int:
        """Frames of all strokes."""
        return self.strokes * self.frames

    def evaluations(self, count: int) -> float:
        return 1.0 / self.frames

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        z, x = noise("z"), particles("x")
        return (rf"{x} = f_L(\ldots f_2(f_1({z}))), \quad {z} \sim p_1",)

    def numbers(self) -> str:
        return "one stroke" if self.strokes == 1 else f"{self.strokes} strokes"
