"""Plug-ins are tried before they are let in, in a process that may hang or die: does it do what its kind has to do?"""

from __future__ import annotations

import inspect
import math
from typing import Any

import torch
from torch import Tensor

from visualizer.engine.targets.plugged import log_density_of
from visualizer.engine.targets.plugged import made as builder_of
from visualizer.plugins import Plugin
from visualizer.plugins.code import module_of, stopped_after
from visualizer.plugins.manifest import manifest_of
from visualizer.processes.plugged import made as process_of
from visualizer.samplers import ran
from visualizer.samplers.plugged import Plugged
from visualizer.scene.errors import SceneError
from visualizer.scene.targets.plugged import made as target_of

#: Points that a target is asked at, and how far its slope may be off, beside its size.
_POINTS, _SLOPE = 1000, 1e-3
#: Particles and steps for which a sampler has to keep a Gaussian, and the distance that one in a million goes beyond.
_PARTICLES, _STEPS, _FARTHEST = 5000, 40, math.sqrt(math.log(2e6) / 2)
#: Seconds after which the line that is still running is told.
_PATIENCE = 6.0
_TIMES = 257
#: α(0) has to be 1, and σ(0) near 0.
_ALPHA, _SIGMA = 1e-3, 0.05


def tried(path: str, text: str) -> None:
    """Runs the plug-in with the numbers it begins with.

    Raises:
        PluginError: it does not do what its kind has to do.
    """
    plugin = Plugin(path, text, manifest_of(text))
    torch.set_num_threads(1)
    try:
        with stopped_after(_PATIENCE, f"it was still running after {_PATIENCE:g} s"):
            _check_arguments(plugin)
            {"target": _try_target, "sampler": _try_sampler, "process": _try_process}[plugin.kind](plugin)
            _check_equation(plugin)
    except SceneError as error:
        raise plugin.fault(error.sentence) from None


def _check_arguments(plugin: Plugin) -> None:
    """Every function takes what it is handed."""
    density = (("x",), tuple(plugin.manifest.parameters))
    wanted: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
        "target": {"log_density": density, "score": density},
        "sampler": {
            "init": (("x", "density", "p", "generator"), ()),
            "step": (("x", "memory", "density", "p", "generator"), ()),
        },
        "process": {"alpha": (("t", "p"), ()), "sigma": (("t", "p"), ())},
    }
    for name, (positions, names) in wanted[plugin.kind].items():
        function = getattr(module_of(plugin), name, None)
        if function is None:
            continue
        try:
            inspect.signature(function).bind(*positions, **dict.fromkeys(names))
        except TypeError:
            text = f"{name} has to take ({', '.join((*positions, *names))}): it takes {inspect.signature(function)}"
            raise plugin.fault(text) from None


def _check_equation(plugin: Plugin) -> None:
    """Every line can be typeset."""
    import ziamath

    for line in plugin.manifest.equation:
        try:
            ziamath.Latex(line).svg()
        except Exception:  # whatever a parser stumbles over
            raise plugin.fault(f"this line of its equation cannot be typeset: {line}") from None


def _try_target(plugin: Plugin) -> None:
    """Shapes, numbers, slopes, and whether the box holds the density."""
    said = plugin.manifest
    low, high = (torch.tensor(side, dtype=torch.float64) for side in zip(*said.box, strict=True))
    function = log_density_of(plugin, said.first)
    share = torch.rand(_POINTS, said.dimension, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = (low + (high - low) * share).requires_grad_()
    log_p = function(y)
    if bool(torch.isnan(log_p).any()) or bool((log_p == math.inf).any()):
        raise plugin.fault("log_density is no number, or infinite, somewhere in its box")
    if not log_p.requires_grad:
        raise plugin.fault("log_density cannot be differentiated: write it with functions of torch, or add a score")
    finite = torch.isfinite(log_p)
    (slope,) = torch.autograd.grad(log_p[finite].sum(), y)
    _compare_slopes(plugin, function, y.detach(), slope, finite, (high - low) * 1e-6)
    target: Any = target_of(plugin)()
    builder_of(plugin).build(target)


def _compare_slopes(plugin: Plugin, function: Any, y: Tensor, slope: Tensor, finite: Tensor, step: Tensor) -> None:
    """Slopes against differences, but for points at a kink."""
    for axis in range(y.shape[1]):
        away = torch.zeros_like(y)
        away[:, axis] = step[axis]
        with torch.no_grad():
            there = (function(y + away) - function(y - away)) / (2 * step[axis])
        known = finite & torch.isfinite(there)
        off = ((slope[:, axis] - there).abs() / (1 + there.abs()))[known]
        if len(off) and float(off.median()) > _SLOPE:
            raise plugin.fault("its slope is not that of log_density: look at score, or at a detach()")


def _try_sampler(plugin: Plugin) -> None:
    """N(0, I) has to stay what it is, in one dimension and in two, with the same numbers for the same seed."""
    numbers = plugin.manifest.first
    for d in (1, 2):
        sampler = Plugged(_Gaussian(), plugin, numbers)
        x = _run(sampler, d)
        if not bool(torch.isfinite(x).all()):
            raise plugin.fault(f"particles of N(0, I) leave the finite numbers within {_STEPS} steps")
        if not torch.equal(x, _run(sampler, d)):
            raise plugin.fault("the same seed gives other numbers: draw from the generator that step is handed")
        if plugin.manifest.invariant:
            for axis in x:
                if _distance(axis) > _FARTHEST:
                    raise plugin.fault(
                        f"it does not keep N(0, I): after {_STEPS} steps the mean is {float(axis.mean()):.3g} and the "
                        f'standard deviation {float(axis.std()):.3g}. If that is meant, add "invariant": False',
                    )


def _run(sampler: Plugged, d: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return ran(sampler, torch.randn(d, _PARTICLES, generator=generator), _STEPS, generator)


def _distance(x: Tensor) -> float:
    """√n D_n, Kolmogorov's distance of n numbers from N(0, 1); it is above k with probability 2 exp(−2k²)."""
    x, n = x.double().sort().values, len(x)
    law, steps = 0.5 * (1 + torch.erf(x / math.sqrt(2))), torch.arange(n + 1, dtype=torch.float64) / n
    return math.sqrt(n) * float(torch.maximum(steps[1:] - law, law - steps[:-1]).max())


class _Gaussian:
    """N(0, I)."""

    def score(self, x: Tensor) -> Tensor:
        return -x

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return -0.5 * x.square().sum(0), -x


def _try_process(plugin: Plugin) -> None:
    """α(0) = 1, σ(0) = 0, both finite and not negative, σ/α rising."""
    q = process_of(plugin)()
    t = torch.linspace(0, q.t_max, _TIMES, dtype=torch.float64)
    alpha, sigma = q.alpha(t), q.sigma(t)
    for name, value in (("alpha", alpha), ("sigma", sigma)):
        bad = ~(torch.isfinite(value) & (value >= 0))
        if bool(bad.any()):
            at = int(bad.int().argmax())
            raise plugin.fault(
                f"{name} is {float(value[at]):.4g} at t = {float(t[at]):.3g}: expected a number from 0 on"
            )
    if abs(float(alpha[0]) - 1) > _ALPHA or float(sigma[0]) > _SIGMA:
        raise plugin.fault(f"expected alpha(0) = 1 and sigma(0) = 0; they are {alpha[0]:.4g} and {sigma[0]:.4g}")
    if not bool((sigma[1:] * alpha[:-1] > sigma[:-1] * alpha[1:]).all()):
        raise plugin.fault("sigma/alpha has to rise with t: there is more and more noise")
    if not bool(torch.isfinite(q.drift(t[1:-1])).all() & torch.isfinite(q.diffusion2(t[1:-1])).all()):
        raise plugin.fault("the derivative of alpha or sigma is no number somewhere between the ends")
    float(q.sigma(q.t_max))
