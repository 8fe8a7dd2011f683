"""The equation of what is running, in LaTeX, its terms in the colours of their layers."""

from __future__ import annotations

from visualizer.engine.frame import Moment
from visualizer.engine.palette import Theme
from visualizer.gui.chain_equations import chain_equation, step_words
from visualizer.scene.model import Scene
from visualizer.scene.sampler import DDIMSampler, ForwardSampler, LangevinSampler, ReverseSampler


def equation(scene: Scene, t: Theme, moment: Moment | None, numbers: bool) -> tuple[str, ...]:
    """LaTeX of one step, or of the SDE, in lines; with `numbers` the present values stand for the symbols."""
    s = scene.sampler
    match s:
        case LangevinSampler():
            return _langevin(s, t, moment, numbers)
        case ForwardSampler():
            return _forward(s, t, moment, numbers)
        case ReverseSampler():
            return _reverse(s, t, moment, numbers)
        case DDIMSampler():
            return _ddim(s, t, moment, numbers)
    return chain_equation(s, t, numbers)


def _wear(colour: str, tex: str) -> str:
    return rf"\textcolor{{{colour}}}{{{tex}}}"


def _x(t: Theme, tex: str = "x") -> str:
    return _wear(t.particles, tex)


def _num(value: float) -> str:
    return f"{value:.3g}"


def _langevin(s: LangevinSampler, t: Theme, moment: Moment | None, numbers: bool) -> tuple[str, ...]:
    smoothed = moment is not None and (moment.sigma > 0 or moment.alpha != 1)
    density = "p" if not smoothed else (r"p_{\sigma}" if s.sigma is not None else "p_t")
    score = _wear(t.score, rf"\nabla \log {density}(x_k)")
    left = f"{_x(t, 'x_{k+1}')} = {_x(t, 'x_k')} + "
    noise = _wear(t.noise, r"\varepsilon_k")
    if s.convention == "h":
        h, root = ("h", r"\sqrt{2h}") if not numbers else (_num(s.step), rf"\sqrt{{{_num(2 * s.step)}}}")
        return (left + rf"{h}\, {score} + {root}\, {noise}",)
    dt = 2 * s.step
    half, root = (r"\frac{\Delta t}{2}", r"\sqrt{\Delta t}") if not numbers else (_num(dt / 2), rf"\sqrt{{{_num(dt)}}}")
    return (left + rf"{half}\, {score} + {root}\, {noise}",)


def _coefficients(moment: Moment | None, numbers: bool, weight: float, symbol: str) -> str:
    return _num(weight) if numbers and moment is not None else symbol


def _forward(s: ForwardSampler, t: Theme, moment: Moment | None, numbers: bool) -> tuple[str, ...]:
    lam = s.lam
    score = _wear(t.score, r"\nabla \log p_t(x)")
    noise = _wear(t.noise, r"dw")
    if lam == 1.0 and numbers:
        return (rf"d{_x(t)} = f\,{_x(t)}\,dt + g\,{noise}",)
    factor = _coefficients(moment, numbers, 0.5 * (1 - lam**2), r"\frac{1-\lambda^2}{2}")
    size = _coefficients(moment, numbers, lam, r"\lambda")
    return (rf"d{_x(t)} = \left[ f\,{_x(t)} - {factor} g^2 {score} \right] dt", rf"\qquad + {size}\, g\, {noise}")


def _reverse(s: ReverseSampler, t: Theme, moment: Moment | None, numbers: bool) -> tuple[str, ...]:
    score = _wear(t.score, r"\nabla \log p_t(x)")
    factor = _coefficients(moment, numbers, 0.5 * (1 + s.lam**2), r"\frac{1+\lambda^2}{2}")
    size = _coefficients(moment, numbers, s.lam, r"\lambda")
    increment = _wear(t.noise, r"d \bar{w}")
    drift = rf"d{_x(t)} = \left[ f\,{_x(t)} - {factor} g^2 {score} \right] dt"
    return (drift,) if s.lam == 0 else (drift, rf"\qquad + {size}\, g\, {increment}")


def _ddim(s: DDIMSampler, t: Theme, moment: Moment | None, numbers: bool) -> tuple[str, ...]:
    clean = _wear(t.density, r"D(x)")
    noise_hat = _wear(t.score, r"\hat{\varepsilon}(x)")
    new = _x(t, r"x^{\prime}")
    if s.eta == 0:
        return (rf"{new} = \alpha^{{\prime}} {clean} + \sigma^{{\prime}} {noise_hat}",)
    root = r"\sqrt{\sigma^{\prime 2} - \tilde{\sigma}^2}"
    fresh = _wear(t.noise, "z")
    return (rf"{new} = \alpha^{{\prime}} {clean} + {root}\, {noise_hat} + \tilde{{\sigma}}\, {fresh}",)


def explanation(scene: Scene, moment: Moment | None) -> str:
    """The present numbers in words: step and noise level."""
    parts = []
    s = scene.sampler
    if isinstance(s, LangevinSampler):
        parts.append(f"h = {_num(s.step)},  Δt = 2h = {_num(2 * s.step)}")
    elif words := step_words(s):
        parts.append(words)
    elif isinstance(s, ForwardSampler | ReverseSampler):
        parts.append(f"λ = {_num(s.lam)}")
    elif isinstance(s, DDIMSampler):
        parts.append(f"η = {_num(s.eta)}")
    if moment is not None:
        level = f"α = {_num(moment.alpha)},  σ = {_num(moment.sigma)}"
        parts.append(level if moment.shown_t is None else f"t = {_num(moment.shown_t)},  {level}")
    return "\n".join(parts)
