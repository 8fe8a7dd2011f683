"""One target, all families: each is trained small in a process of its own, and held against the exact target."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from math import isfinite, log

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density, exact_field
from visualizer.diagnostics.distances import Reference
from visualizer.diagnostics.modes import Modes
from visualizer.engine.experiments.fine import little_noise
from visualizer.engine.experiments.judging import SAMPLES, junk
from visualizer.engine.experiments.training_process import Trainer
from visualizer.engine.findings.families import Families, Family
from visualizer.engine.run.build import build_process
from visualizer.engine.run.modes import find_modes
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.learning import GenerativeNet, Trained
from visualizer.processes import Process, process
from visualizer.samplers import DormandPrince, Reverse, ran, time_grid
from visualizer.samplers.strokes import DenoisingDrawer
from visualizer.scene.model import Scene
from visualizer.scene.networks import NETWORKS
from visualizer.scene.processes.linear import Linear
from visualizer.scene.processes.vp_cosine import VPCosine
from visualizer.scene.training import TrainingPart

#: Strokes that are tried where they are open.
STROKES = (1, 2, 4, 8, 16, 32, 64)
#: Trainings under way at a time: each has one thread.
_AT_A_TIME = 2
#: Draws whose likelihood is taken by an ODE, steps and tolerance of that.
_LIKELY, _STEPS, _TOLERANCE = 400, 200, 1e-3
#: Draws that are shown.
_SHOWN = 1_500
#: A mode with less than this share of its weight is dropped.
_DROPPED = 0.1
#: Seconds between two looks at what is under way.
_LOOK = 0.25


def line_up(scene: Scene) -> tuple[tuple[str, Scene], ...]:
    """A title and a scene to train for each family that takes the target."""
    found = []
    for kind in NETWORKS:
        for title, numbers in NETWORKS[kind].quick:
            training = TrainingPart.model_validate({"network": kind, **numbers})
            straight = training.prediction == "velocity"
            along = Linear() if straight else VPCosine()
            found.append((title, scene.with_(panels=(), training=training, process=along)))
    return tuple(found)


def families(scene: Scene, shelf: Shelf) -> Iterator[Families]:
    """Trains all families on the target of a scene, and says what each makes of it as it is there."""
    court = _Court(scene)
    with little_noise(scene):
        exact = court.exact()
    known = Families((), exact, court.reference.floors["w2"], court.lightest, 0.0, "Training")
    yield known
    ways, workshop, pool = line_up(scene), _Workshop(), ThreadPoolExecutor(_AT_A_TIME, "family")
    try:
        waiting = {pool.submit(workshop.train, way): (place, title) for place, (title, way) in enumerate(ways)}
        places: dict[int, Family] = {}
        while waiting:
            ready, _ = wait(waiting, _LOOK, FIRST_COMPLETED)
            for job in ready:
                place, title = waiting.pop(job)
                known = _with(known, places, place, title, job, court, shelf, ways[place][1])
            left = ", ".join(title for _, title in sorted(waiting.values())[:_AT_A_TIME])
            done = 1 - len(waiting) / len(ways)
            known = replace(known, done=done, doing=left)
            yield known
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        workshop.close()


def _with(
    known: Families,
    places: dict[int, Family],
    place: int,
    title: str,
    job: Future[tuple[Trained, float]],
    court: _Court,
    shelf: Shelf,
    way: Scene,
) -> Families:
    try:
        net, seconds = job.result()
        family = court.judged(title, net, seconds, way)
    except Exception as error:  # whatever stops one is told, and leaves the others alone
        return replace(known, failed=(*known.failed, (title, str(error))))
    name = shelf.begin()
    shelf.add(name, way.training.steps, net)
    places[place] = replace(family, net=name)
    return replace(known, found=tuple(places[p] for p in sorted(places)))


class _Workshop:
    """Trainers that are used again and again; one whose training was not read to its end is replaced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[Trainer] = []
        self._free: list[Trainer] = []
        self._over = False

    def train(self, scene: Scene) -> tuple[Trained, float]:
        """The network of a scene, and the seconds of its training."""
        trainer = self._taken()
        try:
            states = trainer.train(scene)
            last, began = next(states), time.monotonic()
            for state in states:
                last = state
        except BaseException:
            trainer.close()
            raise
        with self._lock:
            self._free.append(trainer)
        return last.net, time.monotonic() - began

    def _taken(self) -> Trainer:
        with self._lock:
            if self._over:
                raise RuntimeError("nobody waits for this training any more")
            if self._free:
                return self._free.pop()
            trainer = Trainer()
            self._all.append(trainer)
            return trainer

    def close(self) -> None:
        """Ends all of them, wherever they are."""
        with self._lock:
            self._over = True
        for trainer in self._all:
            trainer.close()


class _Court:
    """A target that families are held against."""

    def __init__(self, scene: Scene) -> None:
        self.target: Density = build_density(scene.target)
        self.seed = scene.seed
        self.reference = Reference(self.target, SAMPLES)
        self.modes: Modes | None = find_modes(scene.target, self.target)
        if self.modes is not None and len(self.modes.places) < 2:
            self.modes = None
        generator = torch.Generator().manual_seed(self.seed + 1)
        self.of_p = self.target.sample(SAMPLES, generator=generator)
        self.lightest = None if self.modes is None else float(min(self.modes.shares))

    def exact(self) -> Family:
        """The exact denoisers along vp-cosine, and p itself."""
        q, x = process("vp-cosine"), self.of_p.T.float()
        field = exact_field(self.target)
        golf = tuple((n, self.w2(self._drawn(DenoisingDrawer(field, q, n), q))) for n in STROKES)
        floor = self.reference.floors["w2"]
        some = x[:, :_SHOWN].T.numpy()
        return Family(
            "Exact denoisers", "exact", "", q.kind, STROKES[-1], 0, 0.0, 0.0, 0.0, 0.0, False, floor,
            junk(self.target, x), None, None, golf, some,
        )  # fmt: skip

    def judged(self, title: str, net: Trained, seconds: float, way: Scene) -> Family:
        """What a trained network is worth."""
        q = build_process(way)
        clouds = {n: self._sample(net, n, q) for n in (STROKES if net.strokes is None else (net.strokes,))}
        golf = tuple((n, self.w2(cloud)) for n, cloud in clouds.items())
        strokes = net.module.strokes if isinstance(net, GenerativeNet) else STROKES[-1]
        x = clouds[strokes]
        kl, reverse_kl, js = self._divergences(net, q, x)
        occupancy = None if self.modes is None else self.modes.occupancy(x, 1.0, 0.0)
        dropped = None
        if self.modes is not None and occupancy is not None:
            dropped = int((occupancy < _DROPPED * np.asarray(self.modes.shares)).sum())
        return Family(
            title, net.kind, "", q.kind, strokes, sum(v.numel() for v in net.weights.values()), seconds,
            kl, reverse_kl, js, isinstance(net, GenerativeNet) and net.by_draws, dict(golf)[strokes],
            junk(self.target, x), occupancy, dropped, golf, x[:, :_SHOWN].T.numpy().copy(),
        )  # fmt: skip

    def w2(self, x: Tensor) -> float:
        """(Sliced) W₂ of columns to p."""
        return self.reference.w2(x.double().numpy())

    def _sample(self, net: Trained, strokes: int, q: Process) -> Tensor:
        if isinstance(net, GenerativeNet):
            return net.sample(SAMPLES, torch.Generator().manual_seed(self.seed), strokes)
        return self._drawn(DenoisingDrawer(net.field(), q, strokes), q)

    @torch.no_grad()
    def _drawn(self, drawer: DenoisingDrawer, q: Process) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        x = q.prior_std() * torch.randn(self.target.d, SAMPLES, generator=generator)
        for k in range(drawer.strokes):
            x = drawer.stroke(x, k, generator)
        return x

    @torch.no_grad()
    def _divergences(self, net: Trained, q: Process, x: Tensor) -> tuple[float | None, float | None, float | None]:
        """KL(p ‖ q), KL(q ‖ p) and JS by draws of both; of a score network q is what its ODE makes, not its strokes."""
        count = SAMPLES if isinstance(net, GenerativeNet) else _LIKELY
        of_p, of_q = self.of_p[:count].T.float().contiguous(), x[:, :count].contiguous()
        if not isinstance(net, GenerativeNet):
            of_q = self._along_the_ode(net, q, count)
        log_q = [self._log_prob(net, q, v) for v in (of_p, of_q)]
        log_p = [self.target.log_prob(v.T.double()).double() for v in (of_p, of_q)]
        forward, backward = float((log_p[0] - log_q[0]).mean()), float((log_q[1] - log_p[1]).mean())
        halves = [float((a - torch.logaddexp(a, b)).mean()) for a, b in ((log_p[0], log_q[0]), (log_q[1], log_p[1]))]
        js = 0.5 * sum(halves) + log(2)
        return tuple(v if isfinite(v) else None for v in (forward, backward, js))  # type: ignore[return-value]  # three

    def _along_the_ode(self, net: Trained, q: Process, count: int) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        sampler = Reverse(net.field(), q, time_grid("quadratic", _STEPS, q.t_max), 0.0, "heun")
        return ran(sampler, q.prior_std() * torch.randn(self.target.d, count, generator=generator), _STEPS, generator)

    def _log_prob(self, net: Trained, q: Process, x: Tensor) -> Tensor:
        own = net.log_prob(x)
        if own is not None:
            return own.double()
        if net.law is not None:
            return net.law.log_prob(x.T.double()).double()
        grid = time_grid("quadratic", _STEPS, q.t_max)
        return DormandPrince(net.field(), q, grid, _TOLERANCE, prior_std=q.prior_std()).log_likelihood(x).double()
