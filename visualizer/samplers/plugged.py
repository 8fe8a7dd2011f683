"""The steps of samplers that plug-ins bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from visualizer.plugins import Plugin
from visualizer.plugins.code import Numbers, function_of
from visualizer.samplers.base import Builder, Info, Setting, State, Staying, UnnormalisedDensity

#: What a fourth value of `step` may hold.
_TOLD = ("proposal", "accepted")


class Followed:
    """The density as a plug-in sees it: columns (d, N)."""

    def __init__(self, density: UnnormalisedDensity) -> None:
        self._density = density

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x), (d, N) → (d, N)."""
        return self._density.score(x)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) up to a constant, (d, N) → (N,)."""
        return self._density.log_prob_and_score(x)[0]

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both at the price of one."""
        return self._density.log_prob_and_score(x)


@dataclass(frozen=True)
class Plugged(Staying):
    """A sampler by `step(x, memory, density, p, generator)`, and `init(x, density, p, generator)` where there is one.

    Args:
        plugin: whose functions they are.
        numbers: the parameters p.
    """

    plugin: Plugin
    numbers: Mapping[str, float] = field(default_factory=dict)

    def adopt(self, state: State) -> State:
        """The same particles; what was remembered of another density is made again."""
        draws = torch.Generator(state.x.device).manual_seed(state.step)
        return replace(state, t=self.t, memory=self.fresh(state.x, draws))

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One step of the plug-in's.

        Raises:
            PluginError: it fails, or returns something else than was agreed on.
        """
        p, density = Numbers(self.numbers), Followed(self.density)
        step = function_of(self.plugin, "step")
        assert step is not None  # the manifest was refused otherwise
        found: Any = step(state.x.clone(), {name: v.clone() for name, v in state.memory.items()}, density, p, generator)
        if not (isinstance(found, tuple) and len(found) in (3, 4)):
            raise self.plugin.fault("step has to return (x, memory, evaluations)")
        x, memory, evaluations = found[:3]
        told = self._told(found[3] if len(found) == 4 else {}, state.x)
        if not isinstance(x, Tensor) or x.shape != state.x.shape:
            got = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
            raise self.plugin.fault(f"step has to return particles of shape {tuple(state.x.shape)}, and returned {got}")
        if isinstance(evaluations, bool) or not isinstance(evaluations, int | float):
            raise self.plugin.fault("step has to return the number of evaluations as its third value")
        moved = State(x.detach().to(state.x.dtype), state.step + 1, self.t, self._remembered(memory))
        return moved, Info(float(evaluations), proposal=told.get("proposal"), accepted=told.get("accepted"))

    def fresh(self, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """What the plug-in remembers of the particles at first."""
        init = function_of(self.plugin, "init")
        if init is None:
            return {}
        return self._remembered(init(x.clone(), Followed(self.density), Numbers(self.numbers), generator))

    def _remembered(self, memory: Any) -> dict[str, Tensor]:
        if not isinstance(memory, dict) or not all(isinstance(v, Tensor) for v in memory.values()):
            raise self.plugin.fault("what is remembered has to be a dict of tensors")
        return {str(name): value.detach() for name, value in memory.items()}

    def _told(self, told: Any, x: Tensor) -> dict[str, Tensor]:
        if not isinstance(told, dict) or not told.keys() <= set(_TOLD):
            raise self.plugin.fault(f"the fourth value of step has to be a dict with nothing but {' and '.join(_TOLD)}")
        shapes = {"proposal": x.shape, "accepted": x.shape[1:]}
        for name, value in told.items():
            if not isinstance(value, Tensor) or value.shape != shapes[name]:
                raise self.plugin.fault(f"{name} has to be a tensor of shape {tuple(shapes[name])}")
        return told


def _build(plugin: Plugin, run: Setting, **numbers: Any) -> Plugged:
    first = plugin.manifest.first
    return Plugged(run.density, plugin, {name: numbers.get(name, value) for name, value in first.items()}, t=run.t)


def made(plugin: Plugin) -> Builder:
    """What makes the sampler of a plug-in."""
    return Builder(plugin.name, partial(_build, plugin))
