"""A network as the field that samplers follow: columns in, columns out, at any noise level."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

from visualizer.densities import GaussianMixture, MixtureField
from visualizer.learning.foreign import ForeignNet, ForeignPredictor
from visualizer.learning.net import Net
from visualizer.learning.networks import AttentionDenoiser, EnergyMLP, TimeMLP, level_features
from visualizer.learning.prediction import Prediction, Rates, clean_of, noise_of, score_of

#: Particles that go through the layers together: their activations stay in the cache.
_CHUNK = 4_000
#: α = 0 is asked for at this α/σ: a prediction of the noise says nothing of the signal there.
_LEAST_SIGNAL = 1e-3
#: Without noise predictions do not determine the score: σ/α is at least this.
_LEAST_RATIO = 1e-3
#: Step of differences, in units of the scale of x_t.
_DIFFERENCE = 1e-2


class NoDensity(ValueError):
    """A log-density was asked of a field that has none."""

    def __init__(self) -> None:
        super().__init__("this network gives a score but no log-density; choose a sampler that needs only the score")


class Predictor(Protocol):
    """Predictions at columns x (d, N) and one noise level."""

    d: int
    prediction: Prediction

    def __call__(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """(d, N) → (d, N)."""
        ...


class LearnedScore:
    """A score field from predictions.

    A noise level outside the range of `ratios` is answered with the nearest inside, at the same scale: below, p_t is
    taken for the least noised one the predictor knows.

    Args:
        predictor: what predicts.
        ratios: (least, largest) σ/α that it knows; the largest may be inf.
    """

    has_log_prob = False
    normalised = False
    guided = False

    def __init__(self, predictor: Predictor, ratios: tuple[float, float]) -> None:
        self.d = predictor.d
        self._predictor, self._ratios = predictor, ratios

    def known_level(self, alpha: float, sigma: float) -> tuple[float, float]:
        """The noise level at which (α, σ) is answered."""
        least, largest = self._ratios
        if sigma < least * alpha:
            return alpha, least * alpha
        return max(alpha, _LEAST_SIGNAL * sigma, 0.0 if math.isinf(largest) else sigma / largest), sigma

    def _ask(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor, float, float]:
        """Prediction and place, at the level where the predictor is asked."""
        return self._predictor(x, alpha, sigma), x, alpha, sigma

    def _rates(self, alpha: float, sigma: float) -> Rates:
        """(α̇, σ̇) where the predictor is asked; only velocities need them."""
        return 0.0, 0.0

    def score(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """s_θ(x), (d, N) → (d, N)."""
        out, y, a, s = self._ask(x, *self.known_level(alpha, sigma))
        found = score_of(self._predictor.prediction, out, y, a, s, self._rates(a, s))
        # y = x·s/σ there, so ∇_x = (s/σ) ∇_y.
        return found if y is x else found * (s / self.known_level(alpha, sigma)[1])

    def denoise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[x_0 | x_t = x] as learned, (d, N) → (d, N); x/α where there is no noise."""
        if sigma == 0:
            return x / alpha
        out, y, a, s = self._ask(x, *self.known_level(alpha, sigma))
        return clean_of(self._predictor.prediction, out, y, a, s, self._rates(a, s))

    def noise(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """E[ε | x_t = x] as learned, (d, N) → (d, N)."""
        out, y, a, s = self._ask(x, *self.known_level(alpha, sigma))
        return noise_of(self._predictor.prediction, out, y, a, s, self._rates(a, s))

    def log_prob_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """There is no log-density.

        Raises:
            NoDensity: always.
        """
        raise NoDensity

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(s_θ, ∇·s_θ), by one backward pass for each coordinate: (d, N) → (d, N), (N,)."""
        with torch.enable_grad():
            leaf = x.detach().clone().requires_grad_(True)
            score = self.score(leaf, alpha, sigma)
            divergence = torch.zeros_like(x[0])
            for i in range(self.d):
                divergence += torch.autograd.grad(score[i].sum(), leaf, retain_graph=i + 1 < self.d)[0][i]
        return score.detach(), divergence

    def at(self, alpha: float, sigma: float) -> FieldAt:
        """What samplers that stay at one noise level ask."""
        return FieldAt(self, alpha, sigma)


class FieldAt:
    """A field at one noise level, as a density without a value."""

    def __init__(self, field: LearnedScore, alpha: float, sigma: float) -> None:
        self._field, self._alpha, self._sigma = field, alpha, sigma

    def score(self, x: Tensor) -> Tensor:
        """s_θ(x), (d, N) → (d, N)."""
        return self._field.score(x, self._alpha, self._sigma)

    def log_prob_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(log p_θ up to a constant, s_θ), of fields that have it."""
        return self._field.log_prob_and_score(x, self._alpha, self._sigma)


class MLPPredictor:
    """A `TimeMLP` for many particles at one noise level: the level folds into the first bias, in chunks, in columns.

    Args:
        net: the network.
        device: where.
        label: the class it is told; None for none.
    """

    def __init__(self, net: TimeMLP, device: torch.device | str = "cpu", label: int | None = None) -> None:
        self.d, self.prediction = net.d, net.kind
        self._net, self._label = net.to(device), label
        self._level: tuple[float, float] | None = None
        self._bias = self._place = torch.empty(0)
        self._size = 1.0

    def _fold(self, alpha: float, sigma: float) -> None:
        """Everything that depends on the level alone."""
        if self._level == (alpha, sigma):
            return
        net = self._net
        weight = net.place.weight
        a, s = (torch.tensor([v], dtype=weight.dtype, device=weight.device) for v in (alpha, sigma))
        bias = net.place.bias + net.level(level_features(a, s / net.scale))[0]
        self._bias = (bias if self._label is None else bias + net.label[self._label])[:, None]
        self._place = weight / net.radius(a, s)
        self._size = float(net.size(a, s))
        self._level = (alpha, sigma)

    def __call__(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """(d, N) → (d, N)."""
        self._fold(alpha, sigma)
        if x.requires_grad or x.device.type != "cpu":
            return self._layers(x)
        out = torch.empty_like(x, memory_format=torch.contiguous_format)
        for begin in range(0, x.shape[1], _CHUNK):
            out[:, begin : begin + _CHUNK] = self._layers(x[:, begin : begin + _CHUNK])
        return out

    def _layers(self, x: Tensor) -> Tensor:
        in_place = not x.requires_grad
        h = torch.nn.functional.silu(torch.addmm(self._bias, self._place, x), inplace=in_place)
        for layer in self._net.hidden:
            h = torch.nn.functional.silu(torch.addmm(layer.bias[:, None], layer.weight, h), inplace=in_place)  # type: ignore[arg-type,index]  # ModuleList does not say that they are Linear
        return torch.addmm(self._net.out.bias[:, None], self._net.out.weight, h).mul(self._size)


class ForeignScore(LearnedScore):
    """The field of a network of others, asked at its own process's level with the same σ/α."""

    def __init__(self, predictor: ForeignPredictor, ratios: tuple[float, float]) -> None:
        super().__init__(predictor, ratios)
        self._foreign = predictor

    def _ask(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor, float, float]:
        a, s = self._foreign.native(alpha, sigma)
        y = x * (s / sigma)
        return self._foreign(y, a, s), y, a, s

    def _rates(self, alpha: float, sigma: float) -> Rates:
        return self._foreign.rates(alpha, sigma) if self._foreign.prediction == "velocity" else (0.0, 0.0)

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(s_θ, ∇·s_θ), by central differences of a hundredth of the scale of x: (d, N) → (d, N), (N,)."""
        a, s = self.known_level(alpha, sigma)
        h = _DIFFERENCE * math.hypot(a, s)
        divergence = torch.zeros_like(x[0])
        for i in range(self.d):
            shift = torch.zeros(self.d, 1, dtype=x.dtype, device=x.device)
            shift[i] = h
            divergence += (self.score(x + shift, alpha, sigma)[i] - self.score(x - shift, alpha, sigma)[i]) / (2 * h)
        return self.score(x, alpha, sigma), divergence


class EnergyPredictor:
    """The score of an `EnergyMLP`, and its energy."""

    prediction: Prediction = "score"

    def __init__(self, net: EnergyMLP, device: torch.device | str = "cpu") -> None:
        self.d = net.d
        self._net = net.to(device)

    def energy_and_score(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(E, −∇E) at columns: (d, N) → (N,), (d, N)."""
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


#: An attention denoiser has learned a Gaussian mixture, which has everything in closed form.
LearnedField = LearnedScore | MixtureField


def learned_field(net: Net | ForeignNet, device: torch.device | str = "cpu", label: int | None = None) -> LearnedField:
    """The field of a net, or of one of the classes it knows.

    Raises:
        ValueError: its weights do not fit its shape, or it does not know the class.
    """
    classes = net.shape.classes if isinstance(net, Net) else 0
    if label is not None and label >= classes:
        raise ValueError(f"expected a class below {classes}, which this network knows")
    if isinstance(net, ForeignNet):
        return ForeignScore(ForeignPredictor(net), known_ratios(net))
    module = net.module()
    if isinstance(module, AttentionDenoiser):
        return MixtureField(mixture_of(module), device=device)
    ratios = known_ratios(net)
    if isinstance(module, EnergyMLP):
        return LearnedEnergy(EnergyPredictor(module, device), ratios)
    return LearnedScore(MLPPredictor(module, device, label), ratios)


def mixture_of(net: AttentionDenoiser) -> GaussianMixture:
    """The mixture whose posterior mean an attention denoiser is."""
    with torch.no_grad():
        weights = torch.softmax(net.logits.double(), 0)
        floor = net.log_floor.double().exp() * torch.eye(net.d, dtype=torch.float64)
        factors = net.factors.double()
        return GaussianMixture(weights, net.means.double(), factors @ factors.mT + floor)


def known_ratios(net: Net | ForeignNet) -> tuple[float, float]:
    """The range of σ/α between the net's times."""
    q = net.process

    def ratio(t: float) -> float:
        alpha, sigma = q.alpha(t), q.sigma(t)
        return math.inf if alpha == 0 else sigma / alpha

    if isinstance(net, Net) and net.one_level is not None:
        return ratio(net.one_level), ratio(net.one_level)
    return max(ratio(net.t_min), _LEAST_RATIO), ratio(net.t_max)
