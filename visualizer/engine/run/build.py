"""Scene → torch objects, on a device."""

from __future__ import annotations

import torch
from torch import Tensor

from visualizer.densities import Density, GaussianMixture
from visualizer.diagnostics.modes import Basins
from visualizer.engine.run.levels import start_level
from visualizer.engine.run.modes import basins
from visualizer.engine.targets import build_density
from visualizer.processes import Process, process
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.model import Scene
from visualizer.scene.start import GaussianStart, ModeStart, PointStart, PriorStart, UniformStart

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str) -> torch.device:
    """The device of that name; `auto` is CUDA's where there is one.

    Apple's GPU is taken where it is asked for: nobody has run the program on one yet.

    Raises:
        ValueError: the name is unknown, or the machine has no such device.
    """
    if name not in DEVICES:
        raise ValueError(f"unknown device {name!r}: expected one of {', '.join(DEVICES)}")
    has = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if has["cuda"] else "cpu")
    if not has[name]:
        raise ValueError(f"this machine has no {name} device: use --device cpu or auto")
    return torch.device(name)


def build_process(scene: Scene) -> Process:
    """The noise process."""
    return process(scene.process.kind, **scene.process.parameters())


def draw_start(scene: Scene, density: Density | None, q: Process, generator: torch.Generator) -> Tensor:
    """The particles before the first step, as columns (d, N) in float32 on the CPU."""
    n, d, start = scene.particles.count, scene.target.d, scene.start

    def normal() -> Tensor:
        return torch.randn(d, n, generator=generator)

    def point(value: tuple[float, ...] | float) -> Tensor:
        return torch.tensor(scene.point(value), dtype=torch.float32)[:, None]

    if isinstance(start, PriorStart):
        return _prior(density, q, normal())
    if isinstance(start, GaussianStart):
        return normal().mul_(start.std).add_(point(start.mean))
    if isinstance(start, UniformStart):
        unit = torch.rand(d, n, generator=generator)
        return unit.mul_(start.high - start.low).add_(start.low)
    if isinstance(start, PointStart):
        places = torch.cat([point(p) for p in (start.at, *start.others)], 1)
        return places[:, torch.arange(n) % places.shape[1]]
    if isinstance(start, ModeStart):
        assert density is not None  # else the scene would have refused this start
        return _draw_mode(scene, density, start.index, generator)
    assert density is not None  # else the scene would have refused this start
    level = start_level(scene, q)
    noised = density.noised(level.alpha, level.sigma) if level.alpha or level.sigma else density
    return _draw(noised.to(dtype=torch.float32), n, generator)


def _prior(density: Density | None, q: Process, z: Tensor) -> Tensor:
    """Draws of the Gaussian with the mean and the covariance of p_T, from those of N(0, I); of N(0, σ_T² I) without p.

    Where α(t_max) is not small beside σ(t_max), N(0, σ_T² I) is not p_T: runs from it end too narrow, or off their
    place (Lin, Liu, Li & Yang 2024, "Common diffusion noise schedules and sample steps are flawed").
    """
    if density is None:
        return z.mul_(q.prior_std())
    end = density.noised(float(q.alpha(float(q.t_max))), q.prior_std())
    root = torch.linalg.cholesky(end.covariance.double())
    moved: Tensor = end.mean.double()[:, None] + root @ z.double()
    return moved.float()


def check_start(scene: Scene) -> None:
    """Finds out whether the density has the mode that a scene starts in.

    Raises:
        SceneError: it has fewer.
    """
    start = scene.start
    if isinstance(start, ModeStart) and scene.target.modes is None:
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
    if scene.target.in_components and (p := density.mixture) is not None:
        one = GaussianMixture(torch.ones(1), p.means[k : k + 1], p.covariances[k : k + 1])
        return _draw(one.to(dtype=torch.float32), n, generator)
    return _basins_with(density, scene, k).sample(k, n, generator).float()


def _draw(density: Density, n: int, generator: torch.Generator) -> Tensor:
    return density.sample(n, generator=generator).T.contiguous()
