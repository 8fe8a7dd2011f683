"""What the player of a web page is given: a mixture in the plane, a sampler, and a process as a table."""

from __future__ import annotations

from typing import Any

from visualizer.engine.palette import THEMES
from visualizer.engine.run.build import build_process
from visualizer.processes import Process
from visualizer.samplers import time_grid
from visualizer.samplers.base import SINGULAR_ALPHA
from visualizer.scene.model import Scene
from visualizer.scene.start import GaussianStart, ModeStart, PointStart, PriorStart, UniformStart
from visualizer.scene.targets.mixture import MixtureTarget

#: Steps of forward and reverse diffusion.
STEPS = 200
#: Balls, at most: a page has one thread.
MOST = 20_000
#: Components, at most.
_COMPONENTS = 64
#: Samplers the player has.
_SAMPLERS = ("langevin", "mala", "hmc", "forward", "reverse")


def refusal(scene: Scene) -> str:
    """Why a scene cannot be played in a page, as a sentence; empty where it can."""
    target = scene.target
    if not isinstance(target, MixtureTarget) or target.d != 2:
        what = "is on a line" if target.d == 1 else "is another"
        return f"The player runs Gaussian mixtures in the plane; this target {what}, so here is the video."
    if len(target.weights) > _COMPONENTS:
        return f"The player runs mixtures of at most {_COMPONENTS} components; here is the video."
    pictures = scene.resolved_panels()
    if any(p.field.kind == "learned" or p.guidance.kind != "none" for p in pictures):
        return "The player runs exact scores; this scene follows a network or is guided, so here is the video."
    sampler = pictures[0].sampler
    if sampler.kind not in _SAMPLERS or getattr(sampler, "method", "euler") != "euler":
        return (
            f"The player runs Langevin, MALA, HMC, forward and reverse diffusion, not {sampler.short_name}: the video."
        )
    if getattr(sampler, "t", 0.0) or (getattr(sampler, "lam", 1.0) != 1.0 and sampler.kind == "forward"):
        return "The player runs chains at a noise σ and exact noising; this scene asks for more, so here is the video."
    return ""


def for_page(scene: Scene, view: tuple[float, float, float, float]) -> dict[str, Any]:
    """The scene as the player reads it.

    Args:
        scene: one without a `refusal`; of several pictures the first is played.
        view: x from, to, y from, to.
    """
    scene = scene.resolved_panels()[0]
    target, sampler, theme = scene.target, scene.sampler, THEMES[scene.view.theme]
    assert isinstance(target, MixtureTarget)  # else there is a refusal
    return {
        "mixture": {"weights": target.weights, "means": target.means, "covariances": target.covariances},
        "sampler": sampler.kind,
        "sigma": float(getattr(sampler, "sigma", 0.0) or 0.0),
        "step": float(getattr(sampler, "step", 0.02)),
        "leapfrog_steps": int(getattr(sampler, "leapfrog_steps", 10)),
        "lambda": float(getattr(sampler, "lam", 1.0)),
        "count": min(MOST, scene.particles.count),
        "seed": scene.seed,
        "start": _start(scene),
        "view": view,
        "table": table(build_process(scene)),
        "colours": {role: getattr(theme, role) for role in ("density", "density_peak", "particles", "text", "window")},
    }


def _start(scene: Scene) -> dict[str, Any]:
    """Where a chain begins."""
    start = scene.start
    if isinstance(start, ModeStart):
        return {"kind": "mode", "index": start.index}
    if isinstance(start, PointStart):
        return {"kind": "gaussian", "at": scene.point(start.at), "std": 0.0}
    if isinstance(start, GaussianStart):
        return {"kind": "gaussian", "at": scene.point(start.mean), "std": start.std}
    if isinstance(start, UniformStart):
        return {"kind": "uniform", "low": start.low, "high": start.high}
    if isinstance(start, PriorStart):
        return {"kind": "gaussian", "at": [0.0, 0.0], "std": build_process(scene).prior_std()}
    return {"kind": "target"}


def table(process: Process) -> dict[str, Any]:
    """α, σ, f and g² of a process at times that are denser near 0."""
    times = [float(t) for t in time_grid("quadratic", STEPS, process.t_max)]

    def asked(t: float) -> bool:
        """Whether a step begins there by f and g²; where α = 0 they are infinite."""
        return t > 0 and process.alpha(t) >= SINGULAR_ALPHA

    return {
        "t": times,
        "alpha": [process.alpha(t) for t in times],
        "sigma": [process.sigma(t) for t in times],
        "drift": [process.drift(t) if asked(t) else 0.0 for t in times],
        "diffusion2": [process.diffusion2(t) if asked(t) else 0.0 for t in times],
        "singular_alpha": SINGULAR_ALPHA,
        "prior_std": process.prior_std(),
    }
