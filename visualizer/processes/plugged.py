"""α and σ of processes that plug-ins bring; their derivatives are autograd's."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, make_dataclass
from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor

from visualizer.plugins import Plugin
from visualizer.plugins.code import Numbers, function_of
from visualizer.processes.base import Process, Time


@dataclass(frozen=True)
class PluggedProcess(Process):
    """A process by `alpha(t, p)` and `sigma(t, p)`, in torch, of times of any shape. They are asked in float64."""

    plugin: ClassVar[Plugin]

    def alpha(self, t: Time) -> Time:
        return self._of("alpha", t)[0]

    def sigma(self, t: Time) -> Time:
        return self._of("sigma", t)[0]

    def drift(self, t: Time) -> Time:
        alpha, rate = self._of("alpha", t)
        return _ratio(rate, alpha)

    def diffusion2(self, t: Time) -> Time:
        sigma, rate = self._of("sigma", t)
        return 2.0 * sigma * rate - 2.0 * self.drift(t) * sigma * sigma

    def _of(self, name: str, t: Time) -> tuple[Time, Time]:
        """A function of the plug-in and its derivative.

        Raises:
            PluginError: it fails, or returns something else than a number for each time.
        """
        function = function_of(self.plugin, name)
        assert function is not None  # the manifest was refused otherwise
        p = Numbers({f.name: getattr(self, f.name) for f in fields(self)})
        with torch.enable_grad():
            at = torch.as_tensor(t, dtype=torch.float64, device="cpu").detach().clone().requires_grad_()
            value = function(at, p)
            if not isinstance(value, Tensor):
                value = torch.as_tensor(float(value), dtype=torch.float64)
            if value.shape != at.shape and (value.shape != torch.Size([]) or value.requires_grad):
                raise self.plugin.fault(f"{name} has to return a number for each time")
            value = value.expand(at.shape)
            rate = torch.zeros_like(at)
            if value.requires_grad:
                (rate,) = torch.autograd.grad(value.sum(), at)
        if isinstance(t, Tensor):
            return value.detach().to(t), rate.to(t)
        return float(value.detach()), float(rate)


def _ratio(rate: Time, alpha: Time) -> Time:
    """α̇/α, which is −∞ where α = 0."""
    if isinstance(alpha, Tensor) or isinstance(rate, Tensor):
        return rate / alpha
    return rate / alpha if alpha else math.copysign(math.inf, rate)


@lru_cache(maxsize=64)
def made(plugin: Plugin) -> type[Process]:
    """The process of a plug-in, with its parameters as fields."""
    said = plugin.manifest
    numbers = [(name, float, field(default=p.first)) for name, p in said.parameters.items()]
    time = ("t_max", float, field(default=said.t_max))
    own = {"kind": plugin.name, "plugin": plugin}
    found: type[Process] = make_dataclass(
        plugin.name, [time, *numbers], bases=(PluggedProcess,), frozen=True, namespace=own
    )
    return found
