"""The equations of the samplers with tests, temperatures, momenta and levels."""

from __future__ import annotations

from visualizer.engine.palette import Theme
from visualizer.scene.sampler import (
    AnnealedLangevinSampler,
    DPMSolverSampler,
    HMCSampler,
    MALASampler,
    NUTSSampler,
    ParallelTemperingSampler,
    PredictorCorrectorSampler,
    RandomWalkSampler,
    SamplerBase,
    SimulatedAnnealingSampler,
    SVGDSampler,
    UnderdampedSampler,
    WalkJumpSampler,
)


class _Ink:
    """Symbols in the colours of their layers."""

    def __init__(self, t: Theme) -> None:
        self._t = t

    def x(self, tex: str) -> str:
        return rf"\textcolor{{{self._t.particles}}}{{{tex}}}"

    def score(self, tex: str) -> str:
        return rf"\textcolor{{{self._t.score}}}{{{tex}}}"

    def noise(self, tex: str = r"\varepsilon") -> str:
        return rf"\textcolor{{{self._t.noise}}}{{{tex}}}"

    def density(self, tex: str) -> str:
        return rf"\textcolor{{{self._t.density}}}{{{tex}}}"


def chain_equation(s: SamplerBase, t: Theme, numbers: bool) -> tuple[str, ...]:
    """LaTeX of one step, in lines."""
    i = _Ink(t)
    h = _num(getattr(s, "step", 0.0)) if numbers else "h"
    force = i.score(r"\nabla \log p(x)")
    drift = rf"{h}\, {force}"
    root = rf"\sqrt{{{'2h' if h == 'h' else _num(2 * float(h))}}}\, {i.noise()}"
    x, y = i.x("x"), i.x("y")
    match s:
        case RandomWalkSampler():
            return (rf"{y} = {x} + {root}", rf"a = \min(1,\; {i.density('p(y)')} / {i.density('p(x)')})")
        case MALASampler():
            return (
                rf"{y} = {x} + {drift} + {root}",
                rf"a = \min(1,\; \frac{{{i.density('p(y)')}\, q(x \mid y)}}{{{i.density('p(x)')}\, q(y \mid x)}})",
            )
        case UnderdampedSampler():
            gamma = _num(s.friction) if numbers else r"\gamma"
            return (
                rf"d{x} = v\, dt",
                rf"dv = {force}\, dt - {gamma} v\, dt + \sqrt{{2 {gamma}}}\, {i.noise('dw')}",
            )
        case HMCSampler():
            return (
                rf"\dot{{{x}}} = v, \quad \dot{{v}} = {force}",
                rf"H = -\log {i.density('p')}(x) + \frac{{1}}{{2}} |v|^2",
                r"a = \min(1,\; e^{-\Delta H})",
            )
        case NUTSSampler():
            force = i.score(r"\nabla \log p(x)")
            return (
                rf"\dot{{{x}}} = v, \quad \dot{{v}} = {force}",
                r"\text{until } (x_+ - x_-) \cdot v_{\pm} < 0",
            )
    return _tempered(s, i, drift, root)


def _tempered(s: SamplerBase, i: _Ink, drift: str, root: str) -> tuple[str, ...]:
    x, y = i.x("x"), i.x("y")
    new, new_y, new_i = i.x(r"x^{\prime}"), i.x(r"y^{\prime}"), i.x(r"x_i^{\prime}")
    match s:
        case ParallelTemperingSampler():
            swap = r"a = \min(1,\; e^{(\beta_i - \beta_j)(f(x_j) - f(x_i))})"
            f = rf"f = \log ({i.density('p')} / q)"
            return (rf"\pi_{{\beta}} \propto {i.density('p')}^{{\beta}}\, q^{{1 - \beta}},\quad {f}", swap)
        case SimulatedAnnealingSampler():
            power = r"^{\beta_k}\, q^{1 - \beta_k}"
            return (rf"\pi_k \propto {i.density('p')}{power}", r"\beta_k : 0 \to 1")
        case AnnealedLangevinSampler():
            force = i.score(r"\nabla \log p_{\sigma_i}(x)")
            return (
                rf"{new} = {x} + h_i\, {force} + \sqrt{{2 h_i}}\, {i.noise()}",
                r"h_i = h\, \sigma_i^2 / \sigma_L^2",
            )
        case WalkJumpSampler():
            force = i.score(r"s_{\sigma}(y)")
            jump = i.density(r"\hat{x}")
            return (
                rf"{new_y} = {y} + h\, {force} + \sqrt{{2h}}\, {i.noise()}",
                rf"{jump} = {y} + \sigma^2 {force}",
            )
        case SVGDSampler():
            force = i.score(r"\nabla \log p(x_j)")
            return (
                rf"{new_i} = {i.x('x_i')} + \frac{{h}}{{N}} \sum_j [\, k(x_j, x_i)\, {force}",
                r"\qquad + \nabla_{x_j} k(x_j, x_i)\, ]",
            )
        case PredictorCorrectorSampler():
            force, increment = i.score(r"\nabla \log p_t(x)"), i.noise(r"d\bar{w}")
            return (
                rf"d{x} = [f {x} - g^2 {force}] dt + g\, {increment}",
                rf"{x} \leftarrow {x} + h\, {force} + \sqrt{{2h}}\, {i.noise()}",
            )
        case DPMSolverSampler():
            clean = i.density(r"\bar{D}")
            return (
                rf"{new} = \frac{{\sigma^{{\prime}}}}{{\sigma}} {x} - \alpha^{{\prime}} (e^{{-h}} - 1)\, {clean}",
                rf"{clean} = (1 + \frac{{1}}{{2r}})\, D - \frac{{1}}{{2r}}\, D_{{-}}",
            )
    return (rf"{y} = {x} + {drift} + {root}",)


def step_words(s: SamplerBase) -> str:
    """The numbers of a sampler in a line, "" where `explanation` has a line of its own."""
    match s:
        case RandomWalkSampler() | MALASampler() | SVGDSampler():
            return f"h = {_num(s.step)}"
        case UnderdampedSampler():
            return f"ε = {_num(s.step)},  γ = {_num(s.friction)}"
        case HMCSampler():
            return f"ε = {_num(s.step)},  L = {s.leapfrog_steps},  length εL = {_num(s.step * s.leapfrog_steps)}"
        case ParallelTemperingSampler():
            return (
                f"h = {_num(s.step)},  T = {', '.join(f'{v:g}' for v in s.temperatures)},  q = N(0, {_num(s.width)}²)"
            )
        case SimulatedAnnealingSampler():
            return f"h = {_num(s.step)},  q = N(0, {_num(s.width)}²)"
        case AnnealedLangevinSampler():
            return f"h = {_num(s.step)},  σ = {_num(s.sigma_max)} … {_num(s.sigma_min)} in {s.levels} levels"
        case WalkJumpSampler():
            return f"h = {_num(s.step)},  σ = {_num(s.sigma)}"
        case PredictorCorrectorSampler():
            return f"{s.corrections} corrections,  r = {_num(s.snr)}"
    return ""


def _num(value: float) -> str:
    return f"{value:.3g}"
