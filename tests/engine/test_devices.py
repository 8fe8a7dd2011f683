"""The branches that only a GPU takes, on a pretended one: every sampler, target and layer on CUDA and on MPS."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.engine import pretended_kernels
from tests.engine.pretended import Pretend, WrongDevice, missing_operators
from visualizer import fused
from visualizer.densities import GaussianMixture, MixtureKernel
from visualizer.engine.drawings import Bars, Image
from visualizer.engine.frame import Diverged, Viewport
from visualizer.engine.host.telling import told
from visualizer.engine.pictures.splat import Canvas, add_at, shared_counts
from visualizer.engine.pictures.step_view import coloured
from visualizer.engine.report import Reporter
from visualizer.engine.run.build import pick_device
from visualizer.engine.run.fetching import Fetched
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.engine.targets.gridded import GRIDS
from visualizer.samplers import SAMPLERS as STEPS
from visualizer.scene.layers import layer_names
from visualizer.scene.model import Scene
from visualizer.scene.presets import load_scene
from visualizer.scene.samplers import SAMPLERS

TARGETS = {"mixture": "trapped", "grid": "two-moons", "formula": "typed-potential", "net": "learned-score",
           "attention": "attention", "line": "forward-river", "line on a grid": "length"}  # fmt: skip
QUICK = {"forward": {"lambda": 0.5}, "nuts": {"max_depth": 3}, "hmc": {"leapfrog_steps": 3}}
#: What the frame of a mixture may ask of a GPU: launches by particles and sampler, waits, bytes beside the images.
LAUNCHES = {(15_000, "langevin"): 68, (100_000, "langevin"): 40, (1_000_000, "langevin"): 40, (100_000, "reverse"): 40}
WAITS, SMALL = 1, 100_000
#: Launches and waits of a frame of 10⁵ where there are kernels of ours; the layer "step" of HMC waits for its own images.
WITH_KERNELS = {
    ("mixture", "langevin"): (29, 1), ("mixture", "reverse"): (29, 1), ("mixture", "hmc"): (146, 3),
    ("grid", "langevin"): (44, 1),
}  # fmt: skip
#: What is held against the CPU, with kernels; the log-density of the line on a grid is a formula, which they do not know.
ALIKE = [(t, k) for t in ("mixture", "line", "grid") for k in ("reverse", "ddim", "mala")]
ALIKE += [("line on a grid", "reverse"), ("line on a grid", "ddim")]
VIEW = Viewport(-5.0, 5.0, -4.0, 4.0, 160, 120)


def scene_of(target: str, count: int = 200, **change: object) -> Scene:
    scene = load_scene(TARGETS[target]).resolved_panels()[0]
    return scene.with_(particles={"count": count, "start": {"kind": "prior"}}, **change)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """Grids that have been on a pretended device are forgotten with it; the flow is warm at once."""
    monkeypatch.setattr(GRIDS, "_grids", {})
    monkeypatch.setattr("visualizer.engine.pictures.flow._WARM_UP", 1)


def kinds(target: str) -> list[str]:
    """The samplers that a target can be sampled by."""
    parts = {kind: SAMPLERS[kind]() for kind in STEPS if kind != "strokes"}
    no_log_prob, no_mixture = target == "net", target not in ("mixture", "attention", "line")
    return [k for k, p in parts.items() if not ((no_log_prob and p.needs_log_prob) or (no_mixture and p.needs_mixture))]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_every_sampler_every_layer_and_the_diagnostics_run(target, kind):
    used: set[str] = set()
    few = {"plane": ("particles", "step", "marginals"), "line": ("particles", "step", "rug")}
    every = {"plane": layer_names(2), "line": layer_names(1)}
    # Two that take seconds are the same for both.
    level = {"plane": tuple(n for n in layer_names(2) if n not in ("fate", "rosenblatt")), "line": layer_names(1)}
    for sampler in kinds(target):
        layers = {"langevin": level, "reverse": every}.get(sampler, few)
        scene = scene_of(target, sampler={"kind": sampler, **QUICK.get(sampler, {})}, layers=layers)
        with Pretend(kind) as gpu:
            stage = Stage(scene, kind)
            reporter = Reporter(stage.simulation)
            stage.simulation.advance(2)
            stage.picture(VIEW)
            reporter.look()
            # What it asks of the target is the same for all samplers but these.
            if layers is not few or sampler in ("hmc", "parallel-tempering"):
                reporter.sample()
            stage.simulation.seek(1)
            assert stage.simulation.frame.x.shape == (200, scene.target.d)
            used |= gpu.cost.operators
    assert not missing_operators(used, kind.upper())


@pytest.mark.parametrize("count", [1_500, 15_000, 60_000, 450_000])
def test_a_gpu_has_the_numbers_of_the_cpu(count, monkeypatch):
    monkeypatch.setattr(fused, "suits", lambda *_: False)  # compiled kernels draw other numbers than torch does
    monkeypatch.setattr(fused, "at_hand", lambda _: False)
    monkeypatch.setattr(fused, "ready", lambda: None)
    scene = scene_of("mixture", count)

    def run(where: str):
        stage = Stage(scene, where)
        stage.simulation.advance(3)
        return stage.simulation.frame.x, stage.picture(VIEW)

    x, there = run("cpu")
    with Pretend("cuda"):
        y, here = run("cuda")
    # Far out, where two components weigh the same, rounding alone decides between them: one in a thousand is further off.
    assert np.quantile(np.abs(x - y), 0.999) < 1e-5
    for name in there.layers:
        for a, b in zip(there.layers[name], here.layers[name], strict=True):
            if isinstance(a, Image):
                off = np.abs(a.pixels.view(np.uint8).astype(int) - b.pixels.view(np.uint8))
                assert off.max() <= 40, name
            elif isinstance(a, Bars):  # each on edges of its own: they are held against the particles themselves
                for bars, places in ((a, x), (b, y)):
                    along = places[:, 0 if bars.plot == "top" else 1]
                    known, _ = np.histogram(along, bars.edges.astype(np.float64))
                    assert np.abs(known - bars.heights * np.diff(bars.edges) * count).sum() <= 12, bars.plot


@pytest.mark.parametrize(("target", "kind"), ALIKE)
def test_with_kernels_a_gpu_goes_where_the_cpu_goes(target, kind, monkeypatch):
    """Where noise is none of a kernel's."""
    monkeypatch.setattr(fused, "suits", lambda *_: False)
    how, steps = {"reverse": ({"lambda": 0, "steps": 12}, 12), "ddim": ({"steps": 12}, 12), "mala": ({}, 3)}[kind]
    scene = scene_of(target, 2_000, sampler={"kind": kind, **how})

    def run(where: str):
        simulation = Simulation(scene, where)
        simulation.advance(steps)
        return simulation.state.x.cpu().numpy()

    x = run("cpu")
    with Pretend("cuda", pretended_kernels) as gpu:
        with gpu.counted() as cost:
            y = run("cuda")
        assert cost.launches["moved"] + cost.launches["interpolated"] >= steps // 2
    assert np.quantile(np.abs(x - y), 0.99) < 1e-4


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("steps", [1, 3])
def test_a_run_that_diverges_on_a_gpu_is_told_a_little_later_and_as_on_the_cpu(steps, later):
    """Whether a state is finite is not asked after every step; the step that diverged is found by taking it again."""
    scene = scene_of("mixture", 300, sampler={"kind": "langevin", "step": 5.0, "steps": 400})

    def run(where: str):
        simulation = Simulation(scene, where)

        def play():
            while True:
                simulation.advance(steps, ask_later=later)

        with pytest.raises(Diverged) as told:
            play()
        state = simulation.state
        assert simulation.paths.upto(1_000, 1_000)[0][-1] == state.step
        assert simulation.history.nearest(1_000).step <= state.step
        return str(told.value), state.step, state.x.cpu().numpy()

    wanted = run("cpu")
    with Pretend("cuda"):
        found = run("cuda")
    assert found[:2] == wanted[:2]
    assert wanted[1] > 2 * steps
    assert np.isfinite(found[2]).all()


@pytest.mark.parametrize("d", [1, 2])
def test_fields_of_a_gpu_are_as_exact_as_those_of_the_cpu(d):
    """Held against float64, far out and near, as is the log-density."""
    g = torch.Generator().manual_seed(d)
    root = 0.4 * torch.randn(5, d, d, generator=g, dtype=torch.float64)
    means = 4 * torch.randn(5, d, generator=g, dtype=torch.float64)
    p = GaussianMixture(torch.rand(5, generator=g) + 0.1, means, root @ root.mT + 0.05 * torch.eye(d))
    x = 6 * torch.randn(d, 20_000, generator=g)
    known = MixtureKernel(p, 0.9, 0.4, dtype=torch.float64)
    exact = (*known.log_prob_and_score(x.double()), known.denoise(x.double()))

    def off(kernel: MixtureKernel, x: torch.Tensor) -> list[float]:
        found = (*kernel.log_prob_and_score(x), kernel.denoise(x))
        return [float(((a.cpu().double() - b).abs() / (1 + b.abs())).max()) for a, b in zip(found, exact, strict=True)]

    there = off(MixtureKernel(p, 0.9, 0.4, dtype=torch.float32), x)
    with Pretend("cuda"):
        here = off(MixtureKernel(p, 0.9, 0.4, dtype=torch.float32, device="cuda"), x.to("cuda"))
    assert all(a < 2 * b + 1e-6 for a, b in zip(here, there, strict=True)), (here, there)


def diverged():
    """A stage on a GPU whose state is not finite, which nobody has been told."""
    scene = scene_of("mixture", 300, sampler={"kind": "langevin", "step": 5.0, "steps": 400})
    stage = Stage(scene, "cuda")
    while bool(torch.isfinite(stage.simulation.state.x).all()):
        stage.simulation.advance(3, ask_later=True)
    return stage


def test_a_state_of_a_gpu_that_is_not_finite_yet_unnoticed_does_no_harm():
    """It is drawn, an edit goes on from where the dynamics that diverged began, and a finite state is kept."""
    with Pretend("cuda"):
        stage = diverged()
        stage.picture(VIEW)
        kept = stage.simulation.keep()
        assert np.isfinite(kept.x).all()
        stage = diverged()
        calm = stage.simulation.scene.with_(sampler=stage.simulation.scene.sampler.with_(step=0.01))
        stage.edit(calm)
        assert stage.simulation.scene.sampler.step == 0.01
        stage.simulation.advance(2)
        assert np.isfinite(stage.simulation.frame.x).all()
        line = scene_of("line", 300, sampler={"kind": "langevin", "step": 50.0, "steps": 400})
        flat = Stage(line, "cuda")
        while bool(torch.isfinite(flat.simulation.state.x).all()):
            flat.simulation.advance(3, ask_later=True)
        flat.picture(VIEW)


def test_a_run_that_ends_on_a_gpu_is_asked_at_its_end():
    scene = scene_of("mixture", 300, sampler={"kind": "langevin", "step": 5.0, "steps": 400})
    with Pretend("cuda"), pytest.raises(Diverged):
        Simulation(scene, "cuda").advance(400)


def test_a_run_of_a_gpu_is_gone_on_with_by_another():
    with Pretend("cuda"):
        first, second = (Simulation(scene_of("mixture", 300), "cuda") for _ in range(2))
        first.advance(20)
        second.resume(first.keep())
        second.advance(3)
        first.advance(3)
        assert second.paths.upto(99, 99)[0].tolist() == list(range(24))
        assert torch.equal(first.state.x.cpu(), second.state.x.cpu())


def test_what_is_under_way_from_a_gpu_is_there_when_it_is_asked_for():
    with Pretend("cuda") as gpu:
        x = torch.arange(12.0, device="cuda").view(2, 6)
        fetched, last = Fetched(x[:, :4], x.sum()), Fetched(x)
        with gpu.counted() as cost:
            assert torch.equal(last.values()[0], torch.arange(12.0).view(2, 6))
            assert float(fetched.values()[1]) == 66.0
            assert torch.equal(fetched.values()[0], torch.arange(12.0).view(2, 6)[:, :4])
        assert sum(cost.waits.values()) == 1
    with Pretend("mps"):
        assert float(Fetched(torch.ones(3, device="mps").sum()).values()[0]) == 3.0


def test_shared_pixels_are_those_of_the_cpu():
    view = Viewport(-2.0, 2.0, -1.5, 1.5, 40, 30)
    x = 1.5 * torch.randn(2, 50_000, generator=torch.Generator().manual_seed(1))
    x[0, :3] = torch.tensor([torch.nan, torch.inf, -torch.inf])
    image, cells, scale = shared_counts(x, view)
    there = Canvas(view, x.device).add_shared(x).image
    inner = image[2:-2, 2:-2].float() / scale
    assert float((inner - there).abs().max()) < 0.01  # fixed point
    centres = (np.arange(42) - 0.5) * 0.1 - 2.0
    known, _ = np.histogram(x[0].nan_to_num(-99.0).numpy(), centres)
    assert np.abs(cells[1:42].numpy() - known).sum() <= 4  # rounding
    assert int(cells.sum()) == 2 * 50_000


def frame_of(scene: Scene, kernels: object = None):
    """What a frame asks of a GPU, and its picture."""
    with Pretend("cuda", kernels) as gpu:
        view = Viewport(-5.0, 5.0, -4.0, 4.0, 640, 480)
        stage = Stage(scene, "cuda")
        reporter = Reporter(stage.simulation)
        for _ in range(5):
            stage.simulation.advance(ask_later=True)
            stage.picture(view)
            reporter.look()
        with gpu.counted() as cost:
            stage.simulation.advance(ask_later=True)
            picture = stage.picture(view)
            reporter.look()
    return cost, picture


@pytest.mark.parametrize(("count", "sampler"), LAUNCHES)
def test_a_frame_asks_little_of_a_gpu(count, sampler):
    """One image crosses to the host, and little besides; launches and waits do not grow unseen."""
    cost, picture = frame_of(scene_of("mixture", count, sampler={"kind": sampler}))
    crossed = sum(n for way, n in cost.copies.items() if way.startswith("to host"))
    fresh = sum(d.pixels.nbytes for name in ("particles",) for d in picture.layers[name] if isinstance(d, Image))
    assert crossed <= fresh + SMALL, cost.copies
    assert sum(cost.launches.values()) <= LAUNCHES[count, sampler], cost.launch_lines.most_common(12)
    assert sum(cost.waits.values()) <= WAITS, cost.waits


@pytest.mark.parametrize(("target", "sampler"), WITH_KERNELS)
def test_a_frame_asks_less_where_there_are_kernels(target, sampler):
    cost, _ = frame_of(scene_of(target, 100_000, sampler={"kind": sampler}), pretended_kernels)
    launches, waits = WITH_KERNELS[target, sampler]
    assert sum(cost.launches.values()) <= launches, cost.launch_lines.most_common(12)
    assert sum(cost.waits.values()) <= waits, cost.waits


def test_what_a_gpu_refuses_is_refused_by_a_pretended_one():
    with Pretend("cuda") as gpu:
        x, host = torch.ones(4, device="cuda"), torch.ones(4)
        assert x.device == torch.device("cuda:0")
        for wrong in (
            lambda: x + host,
            lambda: torch.cat([x, host]),
            lambda: x.index_select(0, torch.zeros(1, dtype=torch.int64)),
            lambda: x.numpy(),
            lambda: x.clone().normal_(generator=torch.Generator()),
            lambda: torch.rand(3, device="cuda", generator=torch.Generator()),
        ):
            with pytest.raises(WrongDevice):
                wrong()
        assert float((x * torch.tensor(2.0)).sum()) == 8.0  # a number of the host is no other device
        with gpu.counted() as cost:
            x[x > 0].cpu()
            torch.bincount(x.long())
        assert sum(cost.waits.values()) == 4
    with Pretend("mps"):
        for wrong in (
            lambda: torch.ones(2, device="mps").double(),
            lambda: torch.zeros(2, dtype=torch.float64, device="mps"),
            lambda: torch.ones(2, dtype=torch.float64).to("mps"),
            lambda: torch.ones(2, device="mps").to("cpu", torch.float64),
        ):
            with pytest.raises(WrongDevice):
                wrong()


def test_very_many_particles_on_a_pixel_are_counted():
    """Fixed-point sums hold ten million particles, and do not lose the faint share of a single one."""
    with Pretend("cuda"):
        for n, share in ((10_000_000, 1.0), (1, 1e-3)):
            values = torch.full((1,), share, device="cuda").expand(n)
            image = add_at(
                torch.zeros(4, device="cuda"), torch.ones(1, dtype=torch.int64, device="cuda").expand(n), values, n
            )
            assert image.cpu().tolist() == pytest.approx([0.0, n * share, 0.0, 0.0], rel=1e-2)
        white, first = coloured(torch.zeros(2, 60_000, device="cuda"), torch.zeros(60_000, dtype=torch.int64, device="cuda"),
                                ["#ffffff"], VIEW, 1.0), 0xFFFFFFFF  # fmt: skip
    assert white.max() == first


@pytest.mark.parametrize(
    "sampler",
    [{"kind": "nuts", "max_depth": 3}, {"kind": "svgd"}, {"kind": "reverse", "method": "dopri5", "lambda": 0}],
)
def test_what_a_gpu_would_only_slow_down_runs_on_the_cpu_and_says_so(sampler):
    scene = scene_of("mixture", 150)
    with Pretend("cuda") as gpu:
        stage = Stage(scene, "cuda")
        stage.simulation.advance()
        assert stage.picture(VIEW).moment.device == "cuda"
        stage.edit(scene.with_(sampler=sampler))
        with gpu.counted() as cost:
            stage.simulation.advance(2)
            picture = stage.picture(VIEW)
        assert picture.moment.device == stage.simulation.state.x.device.type == "cpu"
        assert not cost.launches
        stage.edit(scene)
        stage.simulation.advance()
        assert stage.picture(VIEW).moment.device == stage.simulation.state.x.device.type == "cuda"


def test_a_run_that_changes_its_device_begins_again():
    """Heun's rule on a GPU, then Dormand and Prince's on the CPU."""
    heun = scene_of("mixture", 150, sampler={"kind": "reverse", "method": "heun", "lambda": 0, "steps": 12})
    with Pretend("cuda"):
        stage = Stage(heun, "cuda")
        stage.simulation.advance(4)
        stage.edit(heun.with_(sampler=heun.sampler.changed("method", "dopri5")))
        assert stage.simulation.state.step == 0
        stage.simulation.advance(2)
        stage.simulation.seek(1)
        assert stage.simulation.state.x.device.type == "cpu"


def test_on_apples_gpu_only_where_it_is_asked_for():
    with Pretend("mps"):
        assert pick_device("auto").type == "cpu"
        assert pick_device("mps").type == "mps"
    with Pretend("cuda"):
        assert pick_device("auto").type == "cuda"


def test_a_gpu_without_memory_is_told_in_a_sentence_with_ways_on():
    kind, said = told(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.54 GiB."))
    assert kind == "memory"
    assert "fewer particles" in said
    assert "--device cpu" in said
    assert "--device" not in told(MemoryError())[1]
