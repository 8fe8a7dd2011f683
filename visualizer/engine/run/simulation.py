"""A run of a scene: a seeded sequence of states that can be stepped, scrubbed and gone on with."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from importlib import import_module

import numpy as np
import torch
from torch import Tensor

from visualizer import fused
from visualizer.densities import Density, ExactField, Field, Workspace, exact_field
from visualizer.diagnostics.modes import Modes
from visualizer.engine.frame import Diverged, Frame, Kept
from visualizer.engine.run.build import build_process, check_start, draw_start, pick_device
from visualizer.engine.run.fetching import Fetched
from visualizer.engine.run.history import DEFAULT_BUDGET, History, Paths
from visualizer.engine.run.levels import fixed_level, run_level
from visualizer.engine.run.make_sampler import build_sampler, follow, guided
from visualizer.engine.run.modes import find_modes
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.run.tally import Tally
from visualizer.engine.targets import build_density
from visualizer.learning import Model
from visualizer.samplers import Info, Sampler, State
from visualizer.scene.field import SESSION
from visualizer.scene.model import Scene
from visualizer.scene.targets import TargetPart

#: Coordinates of particles that are looked at on the CPU at every frame.
_NEAR = 20_000
#: So many steps are replayed even while the scrubber is dragged.
_FEW_STEPS = 4
#: Steps of the paths that are kept beside a state: trails and diagnostics look so far back.
_KEPT_STEPS = 1_000


def stream(seed: int, step: int) -> int:
    """A seed of 32 bits for a step of a run, different for every step of it.

    Steps are numbered from a place that depends on the seed, and mixed by a permutation of the 32-bit numbers (the
    finaliser of MurmurHash3, Appleby 2011).
    """
    return _mixed(_mixed(seed ^ (seed >> 32)) + step)


def _mixed(value: int) -> int:
    h = value & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return h ^ (h >> 16)


def _finite(x: Tensor) -> bool:
    if fused.suits(x):
        return fused.finite(x)
    # One non-finite entry makes the norm non-finite; a norm that overflows is as good as divergence.
    return math.isfinite(float(torch.linalg.vector_norm(x)))


class Simulation:
    """A run of `scene`. Iterating it yields the start and every step of a run as a `Frame`.

    The scene determines the run: same scene, same device, same frames, bit for bit. The random numbers of a
    step depend on the scene's seed and the number of the step alone. So runs side by side have the same ones, step
    by step, whatever else their samplers draw, and a step can be taken again without those before it.

    Args:
        scene: what to run.
        device: auto, cpu, cuda or mps.
        budget: bytes of history to keep for going back.
        shelf: the nets of a session that the scene may name; without it, only files.

    >>> from visualizer import Simulation, load_scene
    >>> scene = load_scene("trapped").with_(particles={"count": 10}, sampler={"kind": "langevin", "steps": 3})
    >>> [frame.step for frame in Simulation(scene, device="cpu")]
    [0, 1, 2, 3]
    """

    def __init__(
        self, scene: Scene, device: str = "auto", budget: int = DEFAULT_BUDGET, shelf: Shelf | None = None
    ) -> None:
        self._asked = pick_device(device)
        self.device = self._place(scene)
        self._shelf = shelf or Shelf()
        self._budget = budget
        self._workspace = Workspace()
        self.net: Model | None = None
        self.learned: Field | None = None
        #: the target's own field on the CPU, for a few particles
        self.beside: ExactField | None = None
        #: the target that the density was built of, and its modes, coarse ones or not
        self._built: TargetPart | None = None
        self._modes: tuple[bool, Modes | None] | None = None
        self._build(scene)
        self.restart()

    def _build(self, scene: Scene) -> None:
        # What is refused is refused before anything is changed.
        device = self._place(scene)
        same = device == self.device
        net = self._shelf.get(scene.field) if scene.field.kind == "learned" else None
        density, truth = self._exact(scene, device)
        learned = None
        if net is not None:  # while a component is dragged it is the same one, and its weights are folded already
            known = same and net is self.net and net.d == scene.target.d
            learned = self.learned if known else follow(net, scene, device)
        followed = learned or truth
        assert followed is not None  # a scene without a target follows a network
        field = guided(followed, truth, scene, device, net, self._shelf)
        self.device, self.scene, self.net, self.density = device, scene, net, density
        #: the target's own field if there is one, the network's if there is one, and the one that the sampler follows
        self.truth, self.learned, self.field = truth, learned, field
        if truth is None or truth.device.type == "cpu":
            self.beside = truth
        elif self._built is not scene.target or not same:
            assert density is not None  # there is a field of it
            self.beside = exact_field(density, device="cpu")
        self.process = build_process(scene)
        self.sampler = build_sampler(scene, self.field, self.process, net, self.device)
        if self._built is not scene.target or not same:
            self._built, self._modes = scene.target, None

    def _place(self, scene: Scene) -> torch.device:
        """Where a scene is run: not every sampler is quicker on a GPU."""
        return torch.device("cpu") if scene.sampler.on_cpu else self._asked

    def _exact(self, scene: Scene, device: torch.device) -> tuple[Density | None, ExactField | None]:
        """The target and its field: those that are there, with all that is kept of them, if it is the same one."""
        if self._built is scene.target and device == self.device:
            return self.density, self.truth
        if not scene.target.known:
            return None, None
        density = build_density(scene.target)
        return density, exact_field(density, device=device, workspace=self._workspace)

    def modes(self, coarse: bool = False) -> Modes | None:
        """The modes of the target, None if it has none or too many; coarse ones will do while something is dragged."""
        if self._modes is None or (self._modes[0] and not coarse):
            found = find_modes(self.scene.target, self.density, field=self.truth, coarse=coarse)
            self._modes = (coarse, found)
        return self._modes[1]

    def restart(self, scene: Scene | None = None) -> None:
        """Back to the start, of another scene if one is given: the seed is set and the particles are drawn again.

        They are drawn on the CPU, so a run starts from the same particles on every device.

        Raises:
            SceneError: the scene is refused; nothing has changed.
        """
        if scene is not None:
            check_start(scene)
            self._build(scene)
        self._started = self.scene
        x = draw_start(self.scene, self.density, self.process, torch.Generator().manual_seed(self.scene.seed))
        self._generator = torch.Generator(self.device)
        self.state = self.sampler.init(x.to(self.device), self._draws(0))
        self.info: Info | None = None
        self.tally = Tally()
        self._diverged = False
        #: the last state that is known to be finite, of a run on a GPU
        self._verified = self.state
        self._near: tuple[State, Fetched] | None = None
        #: knows of the last step what its pass has seen
        self.watch = fused.Watch()
        self.history = History(self._budget, x.numel())
        self.history.use(0, self.sampler)
        self.paths = Paths(self.scene.target.d, x.shape[1])
        self._remember()

    def edit(self, scene: Scene) -> None:
        """Goes on from where the particles are with the dynamics of `scene`.

        A run that has diverged goes on from where the dynamics that made it diverge began.
        The kind of sampler, its grid and the particle count must be those of the present run; `restart` with the new
        scene for anything else. A run that has to go from a GPU to the CPU, or back, begins again.
        """
        if self._place(scene) != self.device:  # what came before cannot be taken again there
            self.restart(scene)
            return
        with contextlib.suppress(Diverged):  # as if it had been told in time
            self._verify()
        if self._diverged:  # to where the dynamics that diverged began: what came after is of no use
            self.seek(self.history.last_edit)
            self._diverged = False
        self._build(scene)
        self.state = self.sampler.adopt(self.state)
        self.info = None
        self.history.forget_after(self.state.step)
        self.paths.forget_after(self.state.step)
        self.history.use(self.state.step, self.sampler)

    def keep(self) -> Kept:
        """The present state, or the last one that was finite, copied out of the engine: enough for `resume`."""
        with contextlib.suppress(Diverged):  # it will be told at the next step
            self._verify()
        s = self.state
        memory = {name: v.cpu().numpy().copy() for name, v in s.memory.items()}
        evaluations = self.tally.evaluations(s.step)
        return Kept(s.step, s.t, s.x.cpu().numpy().copy(), memory, self.paths.upto(s.step, _KEPT_STEPS), evaluations)

    def resume(self, kept: Kept) -> None:
        """Goes on from a state that another run of the same scene has kept; nothing before it can be gone back to.

        A state that does not fit the scene is left alone: the scene was edited since.
        """
        fits = kept.x.shape == tuple(self.state.x.shape) and kept.memory.keys() == self.state.memory.keys()
        if not fits or (self.sampler.steps is not None and kept.step > self.sampler.steps):
            return
        # What crossed from another process cannot be written to; torch asks for what can.
        memory = {name: torch.from_numpy(v.copy()).to(self.device) for name, v in kept.memory.items()}
        self.state = State(torch.from_numpy(kept.x.copy()).to(self.device), kept.step, kept.t, memory)
        self.history = History(self._budget, kept.x.size)
        self.history.use(kept.step, self.sampler)
        self.paths.put(*kept.paths)
        self.tally = Tally(kept.step, kept.evaluations)
        self._verified, self._near, self.watch = self.state, None, fused.Watch()
        self._remember()

    @property
    def starts_elsewhere(self) -> bool:
        """Whether the scene, edited before the first step, now asks for other particles than there are."""
        old, new = self._started, self.scene
        names = ("target", "process", "sampler", "particles", "seed")
        return self.state.step == 0 and any(getattr(old, n) != getattr(new, n) for n in names)

    def refresh(self) -> bool:
        """Goes on with the newest state of a network that is being trained; says whether there was one."""
        field = self.scene.field
        if field.kind != "learned" or not field.file.startswith(SESSION):
            return False
        if self._shelf.get(field) is self.net:
            return False
        self.edit(self.scene)
        return True

    def field_sigma(self, alpha: float, sigma: float) -> float:
        """σ, or the least one that the network followed knows: what its error is to be told in units of."""
        return max(sigma, 1e-3) if self.learned is None else self.learned.known_level(alpha, sigma)[1]

    @property
    def last_step(self) -> int:
        """The step a run ends at; a Langevin run can be taken beyond it."""
        return self.scene.sampler.steps if self.sampler.steps is None else self.sampler.steps

    @property
    def endless(self) -> bool:
        """Whether the run stays at one noise level and can go on for ever."""
        return self.sampler.steps is None

    @property
    def finished(self) -> bool:
        """Whether there is no further step to take."""
        return self.sampler.steps is not None and self.state.step >= self.sampler.steps

    @property
    def frame(self) -> Frame:
        """The present moment, copied out of the engine."""
        x = np.ascontiguousarray(self.state.x.T.to("cpu", torch.float32).numpy())
        x.setflags(write=False)
        return Frame(x, self.state.t, self.state.step)

    def _repr_png_(self) -> bytes:
        """In a notebook: the picture of the present moment."""
        found: bytes = import_module("visualizer.notebook").png_of_simulation(self)
        return found

    def __iter__(self) -> Iterator[Frame]:
        self.restart()
        yield self.frame
        while self.state.step < self.last_step:
            self.advance()
            yield self.frame

    @torch.no_grad()
    def advance(self, steps: int = 1, *, ask_later: bool = False) -> None:
        """Takes up to `steps` steps; a finished run stays where it is.

        With `ask_later` a GPU is not waited for to learn whether the particles are finite before the next call, or the
        end of the run.

        Raises:
            Diverged: the particles are no longer finite; the last finite state is kept.
        """
        self._verify()
        for left in reversed(range(steps)):
            if self.finished:
                break
            self.state, self.info = state, info = self._stepped(self.sampler, shown=left == 0)
            self.tally.add(state.step, info)
            self._remember()
        if self.finished or not ask_later:
            self._verify()

    def _stepped(self, sampler: Sampler, shown: bool = False) -> tuple[State, Info]:
        """The next state, which is finite; `shown`: it may be drawn.

        Raises:
            Diverged: it is not.
        """
        with self.watch.over(shown):
            state, info = sampler.step(self.state, self._draws(self.state.step + 1))
        if state.x.device.type == "cpu" and not self._finite(state.x):  # of a GPU it is asked later: see `_verify`
            self._diverged = True
            raise Diverged(state.step, self._cause())
        return state, info

    def _finite(self, x: Tensor) -> bool:
        seen = self.watch.finite(x)
        return _finite(x) if seen is None else seen

    @torch.no_grad()
    def _verify(self) -> None:
        """Sees to it that the present state of a GPU is finite, which is not asked after every step.

        Raises:
            Diverged: it is not; the last finite state is there again.
        """
        if self.device.type == "cpu":
            return
        verified, self._verified = self._verified, self.state
        if verified is self.state:
            return
        if math.isfinite(float(self._fetched().values()[1])):
            return
        upto, self.state, self.info, self._verified = self.state.step, verified, None, verified
        self.history.forget_after(verified.step)
        self.paths.forget_after(verified.step)
        while self.state.step < upto:
            sampler = self.history.sampler_at(self.state.step)
            state, info = self._stepped(sampler)
            if not _finite(state.x):
                self._diverged = True
                raise Diverged(state.step, self._cause())
            self.state, self.info, self._verified = state, info, state
            self._remember()

    def _draws(self, step: int) -> torch.Generator:
        """The generator as it is at the beginning of a step (0: before the first)."""
        return self._generator.manual_seed(stream(self.scene.seed, step))

    def _cause(self) -> str:
        """Why the run diverged, as its sampler says, which is told how narrow the density is."""
        if (place := self._without_numbers()) is not None:
            near = ", ".join(f"{v:.3g}" for v in place)
            return f"the network gives no numbers near ({near}). Start elsewhere, or follow another network."
        narrowest = None
        if self.scene.sampler.clock == "level" and self.density is not None:
            level = fixed_level(self.scene.sampler, self.process)
            narrowest = self.density.noised(level.alpha, level.sigma).least_variance
        return self.scene.sampler.diverged(narrowest)

    def _without_numbers(self) -> list[float] | None:
        """A particle where a network gives no finite numbers; None where it gives some everywhere."""
        if self.learned is None:
            return None
        level, x = run_level(self.scene, self.process, self.state.t), self.state.x
        asked = (self.field.score, self.field.denoise)  # a step goes by the one or the other
        bad = ~torch.stack([torch.isfinite(f(x, level.alpha, level.sigma)).all(0) for f in asked]).all(0)
        return self.state.x[:, int(bad.int().argmax())].tolist() if bool(bad.any()) else None

    def _remember(self) -> None:
        if self.history.wants(self.state.step):
            self.history.add(self.state, self.history.sampler_at(self.state.step))
        self.paths.add(self.state, self._fetched())

    @property
    def near(self) -> Tensor:
        """The first particles on the CPU, (d, M), as many as diagnostics ask for at every frame."""
        return self._fetched().values()[0]

    def _fetched(self) -> Fetched:
        """The first particles of the present state on their way to the CPU, and whether all are finite."""
        if self._near is None or self._near[0] is not self.state:
            x = self.state.x
            norm = () if x.device.type == "cpu" else (torch.linalg.vector_norm(x),)
            self._near = self.state, Fetched(x[:, : _NEAR // x.shape[0]], *norm)
        return self._near[1]

    @torch.no_grad()
    def seek(self, step: int, exact: bool = True) -> None:
        """Back (or on) to `step` as it was: the nearest snapshot, then the same steps again.

        With `exact` false a snapshot far from `step` is shown as it is, which is what a dragged scrubber wants.

        Raises:
            Diverged: on the way to a step that the run has not been at; the last finite state is kept.
        """
        self._verify()
        # The step that leads there is taken again: what it did is to be seen.
        snapshot = self.history.nearest(step - 1 if exact else step)
        exact = exact or step - snapshot.step <= _FEW_STEPS
        if not (exact and snapshot.step < self.state.step <= step):
            self.state, self.info = snapshot.state, None
            self._take_over(snapshot.sampler)
        while exact and self.state.step < step and not self.finished:
            sampler = self.history.sampler_at(self.state.step)
            self.state, self.info = self._stepped(sampler)
            self._take_over(sampler)
            self._remember()

    def _take_over(self, before: Sampler) -> None:
        """Lets the dynamics in force from here on take the state over, as they did when they were edited."""
        sampler = self.history.sampler_at(self.state.step)
        if sampler is not before:
            self.state = sampler.adopt(self.state)
