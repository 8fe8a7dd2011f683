"""DDIM and the denoising iteration."""

from __future__ import annotations

from typing import Annotated, Literal

from visualizer.scene.base import Unit
from visualizer.scene.controls import Number
from visualizer.scene.roles import density, noise, particles, score
from visualizer.scene.samplers.base import SAMPLERS, AlphaSigma, Steps, TimeSampler, num


@SAMPLERS.add
class DDIMSampler(TimeSampler):
    """DDIM(η): `eta` = 0 is the denoising iteration, 1 ancestral sampling."""

    kind: Literal["ddim"] = "ddim"
    title = "DDIM / denoising iteration"
    short = "DDIM"
    family = "Diffusion"
    order = 15

    eta: Annotated[Unit, Number("noise η", "0: deterministic DDIM; 1: ancestral sampling", 0, 1, digits=2)] = 0.0
    steps: Steps = 50

    @property
    def follows_flow(self) -> bool:
        """Without noise."""
        return self.eta == 0

    def equation(self, numbers: bool, at: AlphaSigma | None) -> tuple[str, ...]:
        clean, noise_hat, new = density(r"D(x)"), score(r"\hat{\varepsilon}(x)"), particles(r"x^{\prime}")
        if self.eta == 0:
            return (rf"{new} = \alpha^{{\prime}} {clean} + \sigma^{{\prime}} {noise_hat}",)
        root = r"\sqrt{\sigma^{\prime 2} - \tilde{\sigma}^2}"
        fresh = noise("z")
        return (rf"{new} = \alpha^{{\prime}} {clean} + {root}\, {noise_hat} + \tilde{{\sigma}}\, {fresh}",)

    def words(self) -> str:
        return f"η = {num(self.eta)}"
