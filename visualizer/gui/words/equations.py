"""The equation of what is running, in LaTeX, its terms in the colours of their layers."""

from __future__ import annotations

from visualizer.engine.frame import Moment
from visualizer.engine.palette import Theme
from visualizer.scene.model import Scene
from visualizer.scene.roles import as_followed, coloured
from visualizer.scene.samplers.base import num


def equation(scene: Scene, t: Theme, moment: Moment | None, numbers: bool) -> tuple[str, ...]:
    """LaTeX of one step, or of the SDE, in lines; with `numbers` the present values stand for the symbols.

    What stands for the score is what is followed: a network's, or one that guidance pushes, which has its own line.
    """
    level = None if moment is None else (moment.alpha, moment.sigma)
    learned, guided = scene.field.kind == "learned", scene.guidance.kind != "none"
    lines = [as_followed(line, learned, guided) for line in scene.sampler.equation(numbers, level)]
    if guided and any(r"\tilde" in line for line in lines):
        lines.append(_pushed(scene, learned, numbers))
    return tuple(coloured(line, lambda role: str(getattr(t, role))) for line in lines)


def _pushed(scene: Scene, learned: bool, numbers: bool) -> str:
    """s̃ of guidance: s + w (s_y − s), or s_bad + w (s − s_bad)."""
    g, below = scene.guidance, r"_{\theta}" if learned else ""
    w = num(g.weight) if numbers else "w"
    own = rf"s{below}"
    said = rf"{own} + {w}\,(s_y - {own})" if g.kind == "class" else rf"s_- + {w}\,({own} - s_-)"
    return rf"\role{{learned}}{{\tilde{{s}}{below} = {said}}}"


#: What strokes of a network begin with.
_BEGUN = "p₁ is noise, or the law that the network begins at."


def explanation(scene: Scene, moment: Moment | None) -> str:
    """The present numbers in words: step and noise level."""
    own = scene.sampler.of_model and scene.field.kind == "learned"  # numbers that only the network knows
    parts = [_BEGUN] if own else [words] if (words := scene.sampler.words()) else []
    if moment is not None:
        level = f"α = {num(moment.alpha)},  σ = {num(moment.sigma)}"
        parts.append(level if moment.shown_t is None else f"t = {num(moment.shown_t)},  {level}")
    return "\n".join(parts)
