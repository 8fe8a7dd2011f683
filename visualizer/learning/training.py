"""Training as a generator: the caller decides when to go on, to look, to pause or to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from visualizer.densities import Density, Points
from visualizer.learning import objectives
from visualizer.learning.couplings import PAIRS, Coupling, flowed, matched
from visualizer.learning.generative import GenerativeNet
from visualizer.learning.net import Net
from visualizer.learning.networks import NETWORKS, Network, Shape
from visualizer.learning.networks.base import Adversarial, Frozen, weights_of
from visualizer.learning.networks.energy import EnergyMLP
from visualizer.learning.networks.generative import Generative, Loss
from visualizer.learning.objectives import Weighting
from visualizer.learning.weights import Trained
from visualizer.processes import Process

Objective = Literal[
    "denoising",
    "exact-score-matching",
    "sliced-score-matching",
    "contrastive-divergence",
    "noise-contrastive",
    "likelihood",
    "reverse-kl",
    "elbo",
    "non-saturating",
    "saturating",
    "wasserstein",
    "relativistic",
    "consistency-distillation",
    "schroedinger-bridge",
    "flow-matching",
]
#: The least σ/α that is learned, in units of the data's standard deviation.
_LEAST_RATIO = 0.01
_LEVELS = 4096
#: Weights are averaged over about so many steps.
_AVERAGED = 500
_BETAS = (0.9, 0.99)
_WARM_UP = 100
#: Share of examples whose label is not told, so that the network learns p, too (Ho & Salimans 2022).
_UNTOLD = 0.2
#: Langevin steps of contrastive divergence from the data.
_CD_STEPS = 10
#: Their size h, in units of s².
_CD_STEP = 0.005


@dataclass(frozen=True)
class Plan:
    """Everything that determines a training, besides data and process.

    Attributes:
        shape: of the network.
        objective: what is made small.
        weighting: how noise levels are weighed, for denoising.
        level: the time of the one noise level of the objectives that are not denoising.
        steps, batch, rate: of Adam; the rate falls along a cosine to 0.
        points: learn from so many fixed points; None for ever new ones.
        seed: of weights, data and noise.
        coupling: which noise goes with which data; all but "independent" are for the velocity along the linear process.
        beta, importance: of a bound: what weighs its KL, and its importance samples.
        critic_steps: of a GAN's discriminator, for each of its generator's.
        frozen: what of a GAN stays as it is.
        source: what a bridge begins at; None for noise.
    """

    shape: Shape
    objective: Objective = "denoising"
    weighting: Weighting = "epsilon"
    level: float = 0.0
    steps: int = 5_000
    batch: int = 1_024
    rate: float = 2e-3
    points: int | None = None
    seed: int = 0
    beta: float = 1.0
    importance: int = 1
    coupling: Coupling = "independent"
    critic_steps: int = 1
    frozen: Frozen = "none"
    source: Density | None = None

    def __post_init__(self) -> None:
        kind = NETWORKS[self.shape.architecture]
        drawing = {name for other in NETWORKS for name in NETWORKS[other].objectives}
        if self.objective not in kind.objectives if kind.field is None else self.objective in drawing:
            raise ValueError(f"{kind.kind} is not trained by {self.objective}")
        if self.objective in get_args(Adversarial) and self.objective != self.shape.adversarial:
            raise ValueError(f"this discriminator is one of {self.shape.adversarial}")
        if kind.field is None:
            return
        if self.coupling != "independent" and self.shape.prediction != "velocity":
            raise ValueError(f"{self.coupling} is for networks that predict the velocity")
        if self.objective == "denoising":
            return
        if self.objective in ("contrastive-divergence", "noise-contrastive") and not kind.energy:
            raise ValueError(f"{self.objective} needs an energy network")
        if self.shape.classes:
            raise ValueError("labels are learned by denoising")
        if kind.denoises_only:
            raise ValueError(f"{kind.kind} is trained by denoising")
        if self.shape.prediction != "score":
            raise ValueError(f"{self.objective} needs a network that predicts the score")


@dataclass(frozen=True)
class Progress:
    """Where a training is.

    Attributes:
        step: steps taken.
        losses: of every step so far.
        net: the averaged weights at this step.
    """

    step: int
    losses: NDArray[np.float32]
    net: Trained


def train(
    plan: Plan, target: Density | Points, process: Process, every: int = 25, labels: tuple[int, ...] = ()
) -> Iterator[Progress]:
    """Yields before the first step, after every `every` steps and after the last.

    The same plan, target and process give the same weights on the same machine, bit for bit. Adam (Kingma & Ba 2015),
    gradients clipped to norm 1; what is yielded is an exponential average of the weights (Polyak & Juditsky 1992).

    Args:
        plan: what to do.
        target: what data are drawn from; known points for denoising alone.
        process: what they are noised by.
        every: steps from one yield to the next.
        labels: the class of each component or point, for a network that is told classes.

    Raises:
        ValueError: the plan is not for this target or process.
    """
    run = _Run(plan, target, process, labels)
    losses = np.zeros(plan.steps, np.float32)
    yield run.progress(0, losses)
    for step in range(1, plan.steps + 1):
        losses[step - 1] = run.step(step)
        if step % every == 0 or step == plan.steps:
            yield run.progress(step, losses)


class _Run:
    """One training under way."""

    def __init__(self, plan: Plan, target: Density | Points, process: Process, labels: tuple[int, ...]) -> None:
        if isinstance(target, Points) and (plan.objective != "denoising" or plan.coupling == "reflow"):
            raise ValueError("known points are learned by denoising")
        self.plan, self.process = plan, process
        self._labels = torch.tensor(labels or [0] * max(1, target.K))
        self._generator = torch.Generator().manual_seed(plan.seed)
        self._target = target.to(dtype=torch.float32)
        self.data = None if plan.points is None else self._draw(plan.points)
        self.net: Network = plan.shape.build(self._generator).train()
        turns: Sequence[tuple[list[nn.Parameter], Loss | None]] = [(list(self.net.parameters()), None)]
        if isinstance(self.net, Generative):
            self.net.centred(self._density.mean.float().cpu())
            self.net.taught_by(self._density, plan.source, self._generator)
            turns = self.net.turns(plan.frozen, plan.critic_steps)
        betas = self.net.betas if isinstance(self.net, Generative) else _BETAS
        with torch.enable_grad():
            made = {id(of): torch.optim.Adam(of, plan.rate, betas=betas, foreach=True) for of, _ in turns}
        self._turns = [(made[id(of)], loss) for of, loss in turns]
        self._average = {name: v.detach().clone() for name, v in weights_of(self.net).items()}
        if plan.coupling != "independent" and process.kind != "linear":
            raise ValueError(f"{plan.coupling} is for the process linear, whose ways are straight")
        self._pairs = flowed(self._density, process, PAIRS, self._generator) if plan.coupling == "reflow" else None
        self._alpha, self._sigma, self.t_min = noise_levels(process, plan.shape.scale)

    @property
    def _density(self) -> Density:
        """The target, where more is asked of it than draws."""
        assert not isinstance(self._target, Points)  # refused at the beginning
        return self._target

    def progress(self, step: int, losses: NDArray[np.float32]) -> Progress:
        """The averaged weights as a net."""
        p, q = self.plan, self.process
        weights = {name: v.clone() for name, v in self._average.items()}
        if isinstance(self.net, Generative):
            made = f"{p.objective}, {p.shape.architecture}, step {step} of {p.steps}, seed {p.seed}"
            return Progress(step, losses[:step].copy(), GenerativeNet(p.shape, weights, made))
        one_level = None if p.objective == "denoising" else max(p.level, self.t_min)
        parameters = {f.name: float(getattr(q, f.name)) for f in fields(q)}
        made = f"{p.objective}, {p.shape.architecture} {p.shape.prediction}, step {step} of {p.steps}, seed {p.seed}"
        net = Net(p.shape, weights, q.kind, parameters, self.t_min, q.t_max, one_level, made, p.coupling)
        return Progress(step, losses[:step].copy(), net)

    def step(self, step: int) -> float:
        """One step of Adam, or one turn of each that learns; returns the last loss before it."""
        u = step / self.plan.steps
        rate = self.plan.rate * min(1.0, step / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * u))
        for optimiser, loss_of in self._turns:
            (group,) = optimiser.param_groups
            group["lr"] = rate
            with torch.enable_grad():
                self.net.zero_grad(set_to_none=True)
                loss = self._loss(loss_of)
                loss.backward()
                nn.utils.clip_grad_norm_(group["params"], 1.0)
                optimiser.step()
        keep = min(1 - 1 / _AVERAGED, step / (step + 10))
        with torch.no_grad():
            averaged, new = list(self._average.values()), list(weights_of(self.net).values())
            torch._foreach_lerp_(averaged, new, 1 - keep)
        return float(loss.detach())

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self._generator)

    def _draw(self, count: int) -> tuple[Tensor, Tensor]:
        x, component = self._target.sample_with_components(count, generator=self._generator)
        return x, self._labels[component]

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Data, (N, d), and the class of each, (N,)."""
        if self.data is None:
            return self._draw(self.plan.batch)
        which = torch.randint(len(self.data[0]), (self.plan.batch,), generator=self._generator)
        return self.data[0][which], self.data[1][which]

    def _loss(self, loss: Loss | None) -> Tensor:
        """Of the network itself, where it has one, else of the objective."""
        plan = self.plan
        if isinstance(self.net, Generative) and plan.objective == "reverse-kl":
            return self._seeking(self.net)
        if loss is not None:
            return loss(self._batch()[0], self._generator, plan.beta, plan.importance)
        x0, labels = self._batch()
        noise = self._normal(*x0.shape)
        if plan.coupling == "minibatch-ot":
            noise = matched(x0, noise)
        elif self._pairs is not None:
            which = torch.randint(len(self._pairs[0]), (plan.batch,), generator=self._generator)
            x0, noise = (v[which] for v in self._pairs)
        if plan.objective == "denoising":
            which = torch.randint(len(self._alpha), (len(x0),), generator=self._generator)
            alpha, sigma = self._alpha[which], self._sigma[which]
            net: Callable[[Tensor, Tensor, Tensor], Tensor] = self.net
            if plan.shape.classes:
                untold = torch.rand(len(x0), generator=self._generator) < _UNTOLD
                net = partial(self.net, labels=labels.masked_fill(untold, -1))
            return objectives.denoising(net, plan.shape.prediction, plan.weighting, x0, noise, alpha, sigma)
        t = max(plan.level, self.t_min)
        alpha, sigma = (torch.full((len(x0),), v) for v in (self.process.alpha(t), self.process.sigma(t)))
        x = alpha[:, None] * x0 + sigma[:, None] * noise
        if plan.objective == "exact-score-matching":
            return objectives.exact_score_matching(lambda y: self.net(y, alpha, sigma), x)
        if plan.objective == "sliced-score-matching":
            return objectives.sliced_score_matching(
                lambda y: self.net(y, alpha, sigma), x, self._normal(*x.shape).sign()
            )
        assert isinstance(self.net, EnergyMLP)
        if plan.objective == "contrastive-divergence":
            return self._contrastive(self.net, x, alpha, sigma)
        return self._against_noise(self.net, x, alpha, sigma)

    def _seeking(self, net: Generative) -> Tensor:
        """E_q[log q − log p], q the network's law; ∇ log p is the target's score, whatever kind of target it is."""
        x = net.sample(self.plan.batch, self._generator)
        log_p = self._density.log_prob(x.detach())
        pulled = (self._density.score(x.detach()) * (x - x.detach())).sum(1)  # 0, with the gradient of log p
        log_q = net.log_prob(x)
        assert log_q is not None  # it is trained by this
        return (log_q - log_p - pulled).mean()

    def _contrastive(self, net: EnergyMLP, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Model samples are a few Langevin steps from the data (CD-k)."""
        h = _CD_STEP * self.plan.shape.scale**2
        net.eval()
        y = x
        for _ in range(_CD_STEPS):
            y = (y + h * net(y.detach(), alpha, sigma) + math.sqrt(2 * h) * self._normal(*x.shape)).detach()
        net.train()
        return objectives.contrastive_divergence(net, x, y, alpha, sigma)

    def _against_noise(self, net: EnergyMLP, x: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        """The noise is a Gaussian somewhat wider than the batch."""
        mean, std = x.mean(0), 1.5 * x.std(0)
        z = mean + std * self._normal(*x.shape)

        def log_model(y: Tensor) -> Tensor:
            return -net.energy(y, alpha, sigma) - net.log_normaliser

        of_data, of_noise = (objectives.log_gaussian(y, mean, std) for y in (x, z))
        return objectives.noise_contrastive(log_model(x), of_data, log_model(z), of_noise)


def noise_levels(process: Process, scale: float) -> tuple[Tensor, Tensor, float]:
    """Noise levels to draw from, (M,) α and σ, and the least time.

    Half are even in t, half even in ln(σ/α): the first is what a run sees, the second resolves small noise.
    """
    fine = np.linspace(0.0, 1.0, 20_001)[1:] ** 3 * process.t_max
    alpha, sigma = (np.array([f(float(t)) for t in fine]) for f in (process.alpha, process.sigma))
    with np.errstate(divide="ignore"):
        log_ratio = np.log(sigma) - np.log(alpha)
    least = math.log(_LEAST_RATIO * scale)
    t_min = float(fine[np.searchsorted(log_ratio, least)])
    top = float(log_ratio[np.isfinite(log_ratio)][-1])
    even_in_ratio = np.interp(
        np.linspace(math.log(process.sigma(t_min) / process.alpha(t_min)), top, _LEVELS), log_ratio, fine
    )
    t = np.concatenate([np.linspace(t_min, process.t_max, _LEVELS), even_in_ratio])
    a, s = (torch.tensor([f(float(v)) for v in t], dtype=torch.float32) for f in (process.alpha, process.sigma))
    return a, s, t_min
