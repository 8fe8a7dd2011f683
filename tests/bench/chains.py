"""Every sampler's particle-steps a second, beside blackjax (jit, vmapped) where it has the sampler; agreement with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
import torch
from scipy.stats import ks_2samp

from tests.bench.naive import mixture
from tests.bench.timing import duel, median_ms
from visualizer.densities import GaussianMixture
from visualizer.engine import Simulation
from visualizer.scene.model import Scene
from visualizer.scene.samplers import SAMPLERS

#: h of samplers whose step is a length squared, ε of those whose step is a time.
H, EPSILON, LEAPFROG, DEPTH = 0.01, 0.2, 10, 8
_STEPS = {"hmc": EPSILON, "nuts": EPSILON, "underdamped": EPSILON}
_COUNTS = {"nuts": 10_000, "svgd": 2_000}
#: Iterations, and chains, of the runs that are held against each other.
_ITERATIONS, _CHAINS = 300, 20_000


@dataclass(frozen=True)
class Rate:
    """Particle-steps a second, ours in one thread, blackjax's in as many as it takes; None where it has no such sampler."""

    kind: str
    count: int
    ours: float
    theirs: float | None


def rates() -> Iterator[Rate]:
    """All kinds at 10⁵ particles, or as many as they take; the mixture has K = 8 full covariances."""
    p = mixture(8)
    for kind in SAMPLERS:
        count = _COUNTS.get(kind, 100_000)
        ours = _Ours(p, kind, count)
        if kind not in _ALGORITHMS:
            yield Rate(kind, count, 1e3 * count / median_ms(ours.advance), None)
            continue
        theirs = _Theirs(p, kind, p.sample(count, generator=torch.Generator().manual_seed(1)).numpy())
        a, b = duel(ours.advance, theirs.advance, 6.0)
        yield Rate(kind, count, 1e3 * count / a, 1e3 * count / b)


def agreement() -> Iterator[tuple[str, float]]:
    """p-values of two-sample Kolmogorov–Smirnov tests along each axis: HMC and MALA, ours against blackjax.

    Both start in one corner, so that what the chains do shows, and not only where they end.
    """
    p = mixture(8)
    for kind in ("mala", "hmc"):
        start = np.full((_CHAINS, 2), 3.0, dtype=np.float32)
        for steps in (5, _ITERATIONS):
            ours, theirs = _Ours(p, kind, _CHAINS, (3.0, 3.0)), _Theirs(p, kind, start)
            for _ in range(steps):
                ours.advance()
                theirs.advance()
            for axis in range(2):
                value = float(ks_2samp(ours.x[:, axis], theirs.x[:, axis]).pvalue)
                yield f"{kind}, {steps} steps, axis {axis}", value


class _Ours:
    """A run of the program."""

    def __init__(self, p: GaussianMixture, kind: str, count: int, at: tuple[float, float] | None = None) -> None:
        sampler: dict[str, object] = {"kind": kind}
        if "step" in SAMPLERS[kind].model_fields:
            sampler["step"] = _STEPS.get(kind, H)
        start = {"kind": "target"} if at is None else {"kind": "point", "at": at}
        target = {
            "kind": "mixture", "weights": p.weights.tolist(), "means": p.means.tolist(),
            "covariances": p.covariances64.tolist(),
        }  # fmt: skip
        scene = Scene.model_validate(
            {
                "target": target,
                "process": {"kind": "vp-cosine"},
                "sampler": sampler,
                "particles": {"count": count, "start": start},
            }
        )
        self.sim = Simulation(scene, "cpu", budget=0)
        self._begin = self.sim.state

    @torch.no_grad()
    def advance(self) -> None:
        """One step; a run that has come to its end begins again."""
        sim = self.sim
        state = self._begin if sim.finished else sim.state
        sim.state, _ = sim.sampler.step(state, sim._generator)

    @property
    def x(self) -> np.ndarray:
        """(N, d)."""
        return self.sim.frame.x


def _log_density(p: GaussianMixture) -> Callable[[jax.Array], jax.Array]:
    """log p of one point for JAX, from the same numbers in float32."""
    means, weights = jnp.asarray(p.means.numpy()), jnp.asarray(p.weights.numpy())
    precision = jnp.asarray(torch.linalg.inv(p.covariances).numpy())
    coefficient = jnp.log(weights) - 0.5 * jnp.asarray(torch.logdet(p.covariances).numpy())

    def at(x: jax.Array) -> jax.Array:
        off = x - means
        return jax.scipy.special.logsumexp(coefficient - 0.5 * jnp.einsum("ki,kij,kj->k", off, precision, off))

    return at


_ALGORITHMS = {
    "mala": lambda log_p: blackjax.mala(log_p, H),
    "random-walk": lambda log_p: blackjax.additive_step_random_walk(
        log_p, blackjax.mcmc.random_walk.normal(math.sqrt(2 * H) * jnp.ones(2))
    ),
    "hmc": lambda log_p: blackjax.hmc(log_p, EPSILON, jnp.ones(2), LEAPFROG),
    "nuts": lambda log_p: blackjax.nuts(log_p, EPSILON, jnp.ones(2), max_num_doublings=DEPTH),
    "langevin": lambda log_p: blackjax.sgld(lambda y, _: jax.grad(log_p)(y)),
}


class _Theirs:
    """blackjax's chains, all at once."""

    def __init__(self, p: GaussianMixture, kind: str, x: np.ndarray) -> None:
        algorithm = _ALGORITHMS[kind](_log_density(p))
        self.state = jax.vmap(algorithm.init)(jnp.asarray(x))
        self._key = jax.random.key(0)

        def one(key: jax.Array, state: object) -> object:
            return algorithm.step(key, state, 0.0, H) if kind == "langevin" else algorithm.step(key, state)[0]

        self._step = jax.jit(lambda key, states: jax.vmap(one)(jax.random.split(key, len(x)), states))

    def advance(self) -> None:
        """One step of every chain."""
        self._key, key = jax.random.split(self._key)
        self.state = jax.block_until_ready(self._step(key, self.state))

    @property
    def x(self) -> np.ndarray:
        """(N, d)."""
        return np.asarray(getattr(self.state, "position", self.state))
