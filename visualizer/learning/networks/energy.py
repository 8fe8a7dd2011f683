"""An energy, as an MLP over places and noise levels, whose gradient is minus the score."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from visualizer.densities import Field
from visualizer.learning.networks.base import NETWORKS, Architecture, Shape, in_pieces, linear
from visualizer.learning.networks.mlp import TimeMLP
from visualizer.learning.prediction import Prediction
from visualizer.learning.score import LearnedScore


class EnergyMLP(nn.Module):
    """E(x, α, σ), (N,), whose gradient is minus the score: p_θ ∝ e^{−E}.

    E = |x|²/(2(α²s² + σ²)) + f(y, α, σ): a Gaussian to begin with, so that it is a density from the start.
    f is an MLP with SiLU layers, times `size`. Arguments as of `TimeMLP`.
    """

    def __init__(self, d: int, width: int, depth: int, scale: float, generator: torch.Generator) -> None:
        super().__init__()
        self.body = TimeMLP(d, "epsilon", width, depth, scale, generator)
        self.d, self.width, self.depth, self.scale = d, width, depth, scale
        self.body.out = linear(1, width, generator, 0.1)
        #: log of the normaliser, learned by noise-contrastive estimation alone
        self.log_normaliser = nn.Parameter(torch.zeros(()))

    def energy(self, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """E, (N,)."""
        gaussian = 0.5 * x.square().sum(1) / self.body.radius(alpha, sigma).square()
        correction: Tensor = self.body(x, alpha, sigma)[:, 0]
        return gaussian + correction

    def forward(self, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """The score −∇E, (N, d), differentiable in the weights while they are trained."""
        with torch.enable_grad():
            leaf = x.requires_grad_(True) if x.is_leaf else x
            energy = self.energy(leaf, alpha, sigma).sum()
            return -torch.autograd.grad(energy, leaf, create_graph=self.training)[0]


class EnergyPredictor:
    """The score of an `EnergyMLP`, and its energy."""

    prediction: Prediction = "score"

    def __init__(self, net: EnergyMLP, device: torch.device | str = "cpu") -> None:
        self.d = net.d
        self._net = net.to(device)

    def energy_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(E, −∇E) at columns: (d, N) → (N,), (d, N)."""
        both = in_pieces(lambda part: torch.cat([v.view(-1, part.shape[1]) for v in self._both(part, alpha, sigma)]), x)
        return both[0], both[1:]

    def _both(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            rows = x.detach().T.contiguous().requires_grad_(True)
            a, s = (torch.full((rows.shape[0],), v, dtype=x.dtype, device=x.device) for v in (alpha, sigma))
            energy = self._net.energy(rows, a, s)
            (slope,) = torch.autograd.grad(energy.sum(), rows)
        return energy.detach(), -slope.T.contiguous()

    def __call__(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """(d, N) → (d, N)."""
        if not x.requires_grad:
            return self.energy_and_score(x, alpha, sigma)[1]
        rows = x.T
        a, s = (torch.full((rows.shape[0],), v, dtype=x.dtype, device=x.device) for v in (alpha, sigma))
        energy = self._net.energy(rows, a, s).sum()
        return -torch.autograd.grad(energy, rows, create_graph=True)[0].T


class LearnedEnergy(LearnedScore):
    """A learned energy: a score field with log p_t up to a constant for each noise level."""

    has_log_prob = True

    def __init__(self, predictor: EnergyPredictor, ratios: tuple[float, float]) -> None:
        super().__init__(predictor, ratios)
        self._energy = predictor

    def log_prob_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(−E_θ, −∇E_θ): (d, N) → (N,), (d, N)."""
        energy, score = self._energy.energy_and_score(x, *self.known_level(alpha, sigma))
        return -energy, score


def _build(shape: Shape, generator: torch.Generator) -> EnergyMLP:
    return EnergyMLP(shape.d, shape.width, shape.depth, shape.scale, generator)


def _field(module: EnergyMLP, ratios: tuple[float, float], device: torch.device | str, label: int | None) -> Field:
    return LearnedEnergy(EnergyPredictor(module, device), ratios)


NETWORKS.add(Architecture("energy", _build, _field, lambda _: "Energy MLP", prediction="score", energy=True))
