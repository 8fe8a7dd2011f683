"""The no-U-turn sampler, all chains at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer.samplers.base import AtLevel, Info, Setting, State, builds, noise
from visualizer.samplers.hmc import leapfrog
from visualizer.samplers.metropolis import known_of, squares

#: Trees take up to 2^depth steps for each chain, all in lockstep.
MAX_CHAINS = 10_000
#: An energy error beyond this ends a trajectory.
_DIVERGENT = 1000.0


@dataclass
class _Tree:
    """A stretch of trajectory of each chain: its two ends, a draw from it, its weight and momentum sum."""

    left: tuple[Tensor, Tensor, Tensor]
    right: tuple[Tensor, Tensor, Tensor]
    draw: dict[str, Tensor]
    log_weight: Tensor
    momentum: Tensor

    def take(self, index: Tensor) -> _Tree:
        """Some of the chains."""

        def pick(v: Tensor) -> Tensor:
            return v.index_select(v.ndim - 1, index)

        left, right = (tuple(pick(v) for v in end) for end in (self.left, self.right))
        draw = {k: pick(v) for k, v in self.draw.items()}
        return _Tree(left, right, draw, pick(self.log_weight), pick(self.momentum))  # type: ignore[arg-type]  # three each


def turning(first: Tensor, last: Tensor, total: Tensor) -> Tensor:
    """Whether a stretch with end momenta `first` and `last` and sum `total` turns back: (d, N) each → (N,) bool.

    Betancourt 2017, with the ends counted half: then stretches of a Gaussian turn after half a period.
    """
    middle = total - 0.5 * (first + last)
    return ((first * middle).sum(0) <= 0) | ((last * middle).sum(0) <= 0)


def checkpoints(leaf: int) -> tuple[int, int]:
    """The checkpoints (from, to) that leaf number `leaf` of a subtree is held against (Phan et al. 2019).

    An even leaf is stored at `to`. An odd one ends as many balanced subtrees as it has trailing ones, and their
    first leaves are at `from` … `to`.
    """
    to = (leaf >> 1).bit_count()
    trailing = (~leaf & (leaf + 1)).bit_length() - 1
    return to - trailing + 1, to


@dataclass(frozen=True)
class NUTS(AtLevel):
    """HMC whose trajectories end by themselves where they would turn back (Hoffman & Gelman 2014).

    Trajectories double, forwards or backwards in time, until any balanced part of them makes a U-turn; the next state
    is drawn from the whole trajectory with weights e^{−H}, later halves favoured (Betancourt 2017). The
    recursion is unrolled so that all chains go through it in lockstep (Phan, Pradhan & Jankowiak 2019). Leaves p
    invariant at any h.

    Args:
        density: p.
        step_size: h, a time.
        max_depth: trajectories have at most 2^max_depth steps.

    Raises:
        ValueError: more than `MAX_CHAINS` particles.
    """

    max_depth: int = 8

    def init(self, x: Tensor, generator: torch.Generator) -> State:
        """The state before the first step."""
        if x.shape[1] > MAX_CHAINS:
            raise ValueError(f"NUTS runs at most {MAX_CHAINS:,} chains at once")
        return super().init(x, generator)

    def known(self, x: Tensor) -> dict[str, Tensor]:
        return known_of(self.density, x)

    def step(self, state: State, generator: torch.Generator) -> tuple[State, Info]:
        """One trajectory for each chain; `evaluations` is their mean number of steps, chains that wait included."""
        n = state.x.shape[1]
        p = noise(state.x, generator)
        energy = 0.5 * squares(p) - state.memory["log_prob"]
        end = (state.x, p, state.memory["score"])
        first = {"x": state.x, **state.memory, "error": torch.zeros_like(energy)}
        tree = _Tree(end, end, first, torch.zeros_like(energy), p)
        drawn = {k: v.clone() for k, v in first.items()}
        alive, evaluations = torch.arange(n, device=p.device), 0
        path, doublings = [state.x[:, :1]], [0]
        for depth in range(self.max_depth):
            forwards = _uniform(energy[alive], generator) < 0.5
            grown, good, visited = self._subtree(tree, forwards, energy[alive], depth, generator)
            evaluations += len(alive) << depth
            if len(alive) and int(alive[0]) == 0:
                reached = [depth + 1] * len(visited)
                if bool(forwards[0]):
                    path, doublings = path + visited, doublings + reached
                else:
                    path, doublings = visited[::-1] + path, reached + doublings
            tree, going = _merged(tree, grown, forwards, good, generator)
            for key, values in tree.draw.items():
                drawn[key].index_copy_(values.ndim - 1, alive, values)
            keep = going.nonzero()[:, 0]
            if not len(keep):
                break
            tree, alive = tree.take(keep), alive[keep]
        x, error = drawn.pop("x"), drawn.pop("error")
        info = Info(evaluations / n, x, energy_error=error, path=torch.stack(path), doublings=torch.tensor(doublings))
        return State(x, state.step + 1, self.t, drawn), info

    def _subtree(
        self, tree: _Tree, forwards: Tensor, energy: Tensor, depth: int, generator: torch.Generator
    ) -> tuple[_Tree, Tensor, list[Tensor]]:
        """2^depth more steps from one end of each chain: the stretch, if it is good, the first chain's places."""
        x, p, score = (torch.where(forwards, b, a) for a, b in zip(tree.left, tree.right, strict=True))
        h = torch.where(forwards, self.step_size, -self.step_size).to(x.dtype)
        begin: tuple[Tensor, Tensor, Tensor] | None = None
        log_weight, total = torch.full_like(energy, -torch.inf), torch.zeros_like(p)
        draw = {k: v.clone() for k, v in tree.draw.items()}
        stored: list[tuple[Tensor, Tensor]] = [(p, total)] * (depth + 1)
        good, visited = torch.ones_like(forwards), []
        for leaf in range(1 << depth):
            x, p, log_prob, score = leapfrog(self.density, x, p, score, h)
            begin = begin or (x, p, score)
            visited.append(x[:, :1])
            error = 0.5 * squares(p) - log_prob - energy
            weight = torch.where(torch.isfinite(error), -error, -torch.inf)
            good &= weight > -_DIVERGENT
            log_weight = torch.logaddexp(log_weight, weight)
            new = torch.log(_uniform(energy, generator)) < weight - log_weight
            leaf_values = {"x": x, "log_prob": log_prob, "score": score, "error": error}
            draw = {k: torch.where(new, leaf_values[k], v) for k, v in draw.items()}
            total = total + p
            low, high = checkpoints(leaf)
            if leaf % 2 == 0:
                stored[high] = (p, total)
            for i in range(high, low - 1, -1) if leaf % 2 else ():
                momentum, before = stored[i]
                good &= ~turning(momentum, p, total - before + momentum)
        assert begin is not None
        return _Tree(begin, (x, p, score), draw, log_weight, total), good, visited


@builds("nuts")
def build(run: Setting, *, step: float, max_depth: int, **_: object) -> NUTS:
    """The sampler of a scene."""
    return NUTS(run.density, step, max_depth, t=run.t)


def _merged(
    tree: _Tree, grown: _Tree, forwards: Tensor, good: Tensor, generator: torch.Generator
) -> tuple[_Tree, Tensor]:
    """The doubled stretch, and which chains go on. A stretch that is not good is dropped and ends its chain."""
    far = grown.right  # the end reached last, on either side
    left = tuple(torch.where(forwards, a, b) for a, b in zip(tree.left, far, strict=True))
    right = tuple(torch.where(forwards, b, a) for a, b in zip(tree.right, far, strict=True))
    new = good & (torch.log(_uniform(tree.log_weight, generator)) < grown.log_weight - tree.log_weight)
    draw = {k: torch.where(new, grown.draw[k], v) for k, v in tree.draw.items()}
    momentum = tree.momentum + grown.momentum
    whole = _Tree(left, right, draw, torch.logaddexp(tree.log_weight, grown.log_weight), momentum)  # type: ignore[arg-type]  # three each
    return whole, good & ~turning(whole.left[1], whole.right[1], momentum)


def _uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(like.shape, generator=generator, dtype=like.dtype, device=like.device)
