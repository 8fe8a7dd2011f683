"""Scene → torch objects, on a device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.densities import Density, GaussianMixture
from visualizer.diagnostics.modes import Basins
from visualizer.engine.gridded import build_grid
from visualizer.engine.modes import basins
from visualizer.processes import Process, process
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.model import Scene
from visualizer.scene.sampler import (
    AnnealedLangevinSampler,
    ForwardSampler,
    LevelSampler,
    SimulatedAnnealingSampler,
    WalkJumpSampler,
)
from visualizer.scene.start import GaussianStart, ModeStart, PointStart, PriorStart, UniformStart
from visualizer.scene.target import MixtureTarget
from visualizer.scene.targets import Target
from visualizer.scene.unknown import UnknownTarget

DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Level:
    """A noise level: x = α x_0 + σ ε, and the process time it belongs to (None for plain smoothing)."""

    alpha: float
    sigma: float
    t: float | None


def pick_device(name: str) -> torch.device:
    """The device of that name; `auto` is a GPU where there is one.

    Raises:
        ValueError: the name is unknown, or the machine has no such device.
    """
    if name not in DEVICES:
        raise ValueError(f"unknown device {name!r}: expected one of {', '.join(DEVICES)}")
    has = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(d for d in ("cuda", "mps", "cpu") if has[d]))
    if not has[name]:
        raise ValueError(f"this machine has no {name} device: use --device cpu or auto")
    return torch.device(name)


def build_mixture(target: MixtureTarget, device: torch.device | str = "cpu") -> GaussianMixture:
    """The target in float64."""
    to = {"dtype": torch.float64, "device": device}
    return GaussianMixture(
        torch.tensor(target.weights, **to),  # type: ignore[arg-type]  # the stubs cannot spread a dict
        torch.tensor(target.means, **to),  # type: ignore[arg-type]  # as above
        torch.tensor(target.covariances, **to),  # type: ignore[arg-type]  # as above
    )


def build_density(target: Target) -> Density:
    """The target in float64: in a closed form where it has one, else on a grid.

    Raises:
        ValueError: there is no target.
    """
    if isinstance(target, UnknownTarget):
        raise ValueError("There is no target, only a network: choose a target first.")
    return build_mixture(target) if isinstance(target, MixtureTarget) else build_grid(target)


def overall_std(p: Density) -> float:
    """The standard deviation of a density, the root mean square over its axes."""
    if not isinstance(p, GaussianMixture):
        return float((p.covariance.diagonal().mean()).sqrt())
    off = p._means - p._weights @ p._means
    return float((p._weights @ (off.square().sum(1) / p.d + p.variances.mean(1))).sqrt())


def build_process(scene: Scene) -> Process:
    """The noise process."""
    return process(scene.process.kind, **scene.process.parameters())


def time_of(q: Process, sigma: float) -> float:
    """The time at which σ(t) is `sigma`, or the end that is nearer to it: σ grows with t in every process."""
    low, high = 0.0, q.t_max
    if q.sigma(low) >= sigma:
        return low
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if q.sigma(middle) < sigma else (low, middle)
    return 0.5 * (low + high)


def fixed_level(s: LevelSampler | WalkJumpSampler, q: Process) -> Level:
    """The noise level a sampler stays at."""
    if s.sigma is not None:
        return Level(1.0, s.sigma, None)
    t = min(s.t, q.t_max) if isinstance(s, LevelSampler) else 0.0
    return Level(q.alpha(t), q.sigma(t), t)


def run_level(scene: Scene, q: Process, run_t: float) -> Level:
    """The noise level of the density that a run at `run_t` is about."""
    s = scene.sampler
    if isinstance(s, LevelSampler | WalkJumpSampler):
        return fixed_level(s, q)
    if isinstance(s, AnnealedLangevinSampler):  # its time is σ
        return Level(1.0, run_t, None)
    if isinstance(s, SimulatedAnnealingSampler):  # its time is β
        return Level(1.0, 0.0, None)
    return Level(q.alpha(run_t), q.sigma(run_t), run_t)


def shown_level(scene: Scene, q: Process, run_t: float) -> Level:
    """The noise level the fields are drawn at: held by the view, else that of the run."""
    if scene.view.sigma is not None:
        return Level(1.0, scene.view.sigma, None)
    if scene.view.t is not None:
        t = min(scene.view.t, q.t_max)
        return Level(q.alpha(t), q.sigma(t), t)
    return run_level(scene, q, run_t)


def start_time(scene: Scene, q: Process) -> float:
    """The time a run begins at, in the sampler's own clock."""
    s = scene.sampler
    if isinstance(s, AnnealedLangevinSampler):
        return s.sigma_max
    return 0.0 if isinstance(s, ForwardSampler | SimulatedAnnealingSampler) else q.t_max


def start_level(scene: Scene, q: Process) -> Level:
    """The noise level of the density at the first step: `target` starts are drawn from it."""
    return run_level(scene, q, start_time(scene, q))


def draw_start(scene: Scene, density: Density | None, q: Process, generator: torch.Generator) -> Tensor:
    """The particles before the first step, as columns (d, N) in float32 on the CPU."""
    n, d, start = scene.particles.count, scene.target.d, scene.start

    def normal() -> Tensor:
        return torch.randn(d, n, generator=generator)

    def point(value: tuple[float, ...] | float) -> Tensor:
        return torch.tensor(scene.point(value), dtype=torch.float32)[:, None]

    if isinstance(start, PriorStart):
        return normal().mul_(q.prior_std())
    if isinstance(start, GaussianStart):
        return normal().mul_(start.std).add_(point(start.mean))
    if isinstance(start, UniformStart):
        unit = torch.rand(d, n, generator=generator)
        return unit.mul_(start.high - start.low).add_(start.low)
    if isinstance(start, PointStart):
        return point(start.at).expand(d, n).contiguous()
    if isinstance(start, ModeStart):
        assert density is not None  # else the scene would have refused this start
        return _draw_mode(scene, density, start.index, generator)
    assert density is not None  # else the scene would have refused this start
    level = start_level(scene, q)
    noised = density.noised(level.alpha, level.sigma) if level.alpha or level.sigma else density
    return _draw(noised.to(dtype=torch.float32), n, generator)


def check_start(scene: Scene) -> None:
    """Finds out whether the density has the mode that a scene starts in.

    Raises:
        SceneError: it has fewer.
    """
    start = scene.start
    if isinstance(start, ModeStart) and not isinstance(scene.target, MixtureTarget | UnknownTarget):
        _basins_with(build_density(scene.target), scene, start.index)


def _basins_with(density: Density, scene: Scene, k: int) -> Basins:
    found = basins(density)
    if found is None:
        text = "the modes of this density are too narrow to be told apart: choose another start"
        raise SceneError(scene.title, [Problem("particles.start.kind", text)])
    count = len(found.places)
    if k >= count:
        there = "one mode" if count == 1 else f"{count} modes"
        text = f"particles start in mode no. {k + 1} (index {k}), but this density has {there}: choose another start"
        raise SceneError(scene.title, [Problem("particles.start.index", text)])
    return found


def _draw_mode(scene: Scene, density: Density, k: int, generator: torch.Generator) -> Tensor:
    """Draws from a component of a mixture, or from p within a basin of any other density."""
    n = scene.particles.count
    if isinstance(scene.target, MixtureTarget) and isinstance(density, GaussianMixture):
        one = GaussianMixture(torch.ones(1), density.means[k : k + 1], density.covariances[k : k + 1])
        return _draw(one.to(dtype=torch.float32), n, generator)
    return _basins_with(density, scene, k).sample(k, n, generator).float()


def _draw(density: Density, n: int, generator: torch.Generator) -> Tensor:
    return density.sample(n, generator=generator).T.contiguous()
