"""The equation of what is running, in LaTeX, its terms in the colours of their layers."""

from __future__ import annotations

from visualizer.engine.frame import Moment
from visualizer.engine.palette import Theme
from visualizer.scene.model import Scene
from visualizer.scene.roles import coloured
from visualizer.scene.samplers.base import num


def equation(scene: Scene, t: Theme, moment: Moment | None, numbers: bool) -> tuple[str, ...]:
    """LaTeX of one step, or of the SDE, in lines; with `numbers` the present values stand for the symbols."""
    level = None if moment is None else (moment.alpha, moment.sigma)
    return tuple(coloured(line, lambda role: str(getattr(t, role))) for line in scene.sampler.equation(numbers, level))


def explanation(scene: Scene, moment: Moment | None) -> str:
    """The present numbers in words: step and noise level."""
    parts = [words] if (words := scene.sampler.words()) else []
    if moment is not None:
        level = f"α = {num(moment.alpha)},  σ = {num(moment.sigma)}"
        parts.append(level if moment.shown_t is None else f"t = {num(moment.shown_t)},  {level}")
    return "\n".join(parts)
