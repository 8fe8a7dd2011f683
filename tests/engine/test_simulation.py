"""Runs: determined by their scene, scrubbed exactly, bounded in memory, stopped when they diverge."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from visualizer.engine import Diverged, Simulation
from visualizer.engine.frame import Viewport
from visualizer.engine.run.build import build_process, pick_device
from visualizer.engine.run.history import History
from visualizer.engine.run.levels import noise_of, start_level
from visualizer.engine.run.simulation import stream
from visualizer.engine.run.slab import Slab
from visualizer.engine.stage import Stage
from visualizer.processes import PROCESSES, process
from visualizer.samplers import State, nuts, svgd
from visualizer.scene import SceneError, parse_scene
from visualizer.scene.changes import Change
from visualizer.scene.files import dump_scene
from visualizer.scene.presets import load_scene, preset_names
from visualizer.scene.samplers import SAMPLERS


def small(scene, count=500):
    return scene.with_(particles=scene.particles.with_(count=count))


def test_iterating_yields_the_start_and_every_step(two_wells):
    frames = list(Simulation(two_wells, device="cpu"))
    assert len(frames) == 101
    assert [f.step for f in frames] == list(range(101))
    assert frames[0].t == 1.0
    assert frames[-1].t == 0.0
    assert frames[0].x.shape == (2000, 1)
    assert frames[0].x.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        frames[0].x[0] = 0


@pytest.mark.parametrize("name", preset_names())
def test_same_scene_same_frames_bit_for_bit(name):
    for panel in load_scene(name).resolved_panels():
        scene = small(panel)
        first, second = Simulation(scene, "cpu"), Simulation(scene, "cpu")
        first.advance(25)
        second.advance(25)
        assert torch.equal(first.state.x, second.state.x)
        other = Simulation(scene.with_(seed=scene.seed + 1), "cpu")
        other.advance(25)
        deterministic_point = panel.start.kind == "point" and getattr(panel.sampler, "lam", 1) == 0
        assert deterministic_point or not torch.equal(first.state.x, other.state.x)


@pytest.mark.parametrize("budget", [512 << 20, 400_000])
def test_going_back_shows_the_particles_as_they_were(three_modes, budget):
    simulation = Simulation(small(three_modes, 1000), "cpu", budget)
    seen = {}
    for _ in range(120):
        seen[simulation.state.step] = simulation.state.x.clone()
        simulation.advance()
    for step in (119, 3, 77, 0, 64, 118):
        simulation.seek(step)
        assert simulation.state.step == step
        assert torch.equal(simulation.state.x, seen[step])
    simulation.seek(40)
    simulation.advance(30)
    assert torch.equal(simulation.state.x, seen[70])


def of_kind(three_modes, kind, count=200):
    scene = small(three_modes, count)
    moving = hasattr(SAMPLERS[kind](), "grid")
    return scene.with_(
        sampler={"kind": kind},
        process={"kind": "vp-cosine"} if moving else scene.process,
        particles=scene.particles.with_(start=None),
    )


@pytest.mark.parametrize("kind", sorted(SAMPLERS))
def test_every_sampler_goes_back_and_across_edits_bit_for_bit(three_modes, kind):
    scene = of_kind(three_modes, kind)
    simulation = Simulation(scene, "cpu", 40_000)
    seen = []
    moved = three_modes.target.with_(means=((-1.0, 0.0), *three_modes.target.means[1:]))
    for i in range(15):
        if i == 7:
            simulation.edit(scene.with_(target=moved))
        seen.append(simulation.state)
        simulation.advance()
    for step in (14, 3, 7, 8, 0, 12):
        simulation.seek(step)
        assert torch.equal(simulation.state.x, seen[step].x), step
        for name, values in seen[step].memory.items():
            # An edit was made at step 7: what is seen there now is what the new dynamics took over.
            assert torch.equal(simulation.state.memory[name], values), (step, name)
    largest = max(snapshot.nbytes for snapshot in simulation.history._snapshots)
    assert simulation.history.nbytes <= max(40_000, 2 * largest)  # the first and the last state are always kept


@pytest.mark.parametrize("kind", sorted(SAMPLERS))
def test_nobody_writes_into_a_state(three_modes, kind):
    """Large ones are kept as they are, not copied."""
    simulation = Simulation(of_kind(three_modes, kind), "cpu")
    seen = []
    for _ in range(4):
        state = simulation.state
        values = (state.x, *state.memory.values())
        seen.append((values, [v.clone() for v in values]))
        simulation.advance()
    for values, copies in seen:
        assert all(torch.equal(a, b) for a, b in zip(values, copies, strict=True))


def test_large_states_are_kept_not_copied():
    history, x = History(), torch.zeros(2, 200_000)
    history.add(State(x, 0, 0.0, {"log_prob": x[0]}), None)
    kept = history.nearest(0)
    assert kept.x is x
    assert kept.state.x is x
    assert kept.memory["log_prob"].data_ptr() != x.data_ptr()  # less than a block of its own
    assert history.nbytes == x.nbytes + x[0].nbytes
    history.forget_after(-1)
    assert history.nbytes == 0


@pytest.mark.parametrize("kind", sorted(SAMPLERS))
def test_every_sampler_is_drawn_in_one_and_two_dimensions(three_modes, two_wells, kind):
    for scene in (three_modes, two_wells):
        stage = Stage(of_kind(scene, kind), "cpu")
        stage.simulation.advance(3)
        picture = stage.picture(Viewport(-6, 6, -5, 5, 60, 50))
        assert picture.moment.step == 3
        assert picture.occupancy is not None
        assert np.isfinite(stage.simulation.frame.x).all()


def test_fields_are_those_of_the_start_of_every_kind_of_run(three_modes):
    levels = {
        "annealed-langevin": (1.0, 5.0), "simulated-annealing": (1.0, 0.0), "walk-jump": (1.0, 1.0), "mala": (1.0, 0.0),
        "reverse": (0.0, 1.0), "forward": (1.0, 0.0), "dpm-solver++": (0.0, 1.0),
    }  # fmt: skip
    for kind, expected in levels.items():
        scene = of_kind(three_modes, kind)
        level = start_level(scene, build_process(scene))
        assert (level.alpha, level.sigma) == pytest.approx(expected, abs=1e-9), kind


def test_a_scene_allows_as_many_particles_as_the_sampler_does():
    assert SAMPLERS["svgd"].max_count == svgd.MAX_PARTICLES
    assert SAMPLERS["nuts"].max_count == nuts.MAX_CHAINS


def test_scrubbing_shows_the_nearest_snapshot_at_once(three_modes):
    simulation = Simulation(small(three_modes, 1000), "cpu", 100_000)
    simulation.advance(100)
    assert simulation.history.stride > 1
    simulation.seek(37, exact=False)
    assert simulation.state.step <= 37
    assert simulation.state.step % simulation.history.stride == 0


def test_going_back_across_an_edit_replays_both_parts(three_modes):
    simulation = Simulation(small(three_modes, 300), "cpu", 60_000)
    simulation.advance(20)
    target = three_modes.target.with_(means=((-1.0, 0.0), *three_modes.target.means[1:]))
    simulation.edit(small(three_modes.with_(target=target), 300))
    seen = {}
    for _ in range(40):
        seen[simulation.state.step] = simulation.state.x.clone()
        simulation.advance()
    simulation.seek(31)
    assert torch.equal(simulation.state.x, seen[31])


def test_history_stays_within_its_budget():
    history = History(budget=1 << 20)
    x = torch.zeros(2, 4000)
    for step in range(500):
        if history.wants(step):
            history.add(State(x + step, step, 0.0), None)
        assert history.nbytes <= 1 << 20
    assert history.stride >= 16
    assert history.nearest(499).step >= 499 - history.stride
    assert torch.equal(history.nearest(100).state.x, x + history.nearest(100).step)


def test_room_for_small_states_grows_by_a_few_places_at_a_time():
    slab = Slab((2, 3))
    places = [slab.store(torch.full((2, 3), float(i))) for i in range(300)]
    assert all(float(p.mean()) == i for i, p in enumerate(places))
    assert len(slab._free) < 1000  # one tensor each: many thousands would take seconds to make
    slab.release(places[7])
    again = slab.store(torch.full((2, 3), -1.0))
    assert again.data_ptr() == places[7].data_ptr()


@pytest.mark.parametrize("on", ["advance", "seek"])
def test_a_diverging_run_stops_says_why_and_keeps_the_last_good_state(three_modes, on):
    scene = small(three_modes.with_(sampler=three_modes.sampler.with_(step=10.0)))
    simulation = Simulation(scene, "cpu")
    with pytest.raises(Diverged, match="step h = 10 is too large") as caught:
        getattr(simulation, on)(10_000)  # a scrubber can be dragged to where a run has not been
    assert torch.isfinite(simulation.state.x).all()
    assert simulation.state.step == caught.value.step - 1


def test_after_divergence_an_edit_goes_on_from_before_it(three_modes):
    simulation = Simulation(small(three_modes), "cpu")
    simulation.advance(10)
    x = simulation.state.x.clone()
    simulation.edit(small(three_modes.with_(sampler=three_modes.sampler.with_(step=10.0))))
    with pytest.raises(Diverged):
        simulation.advance(10_000)
    simulation.edit(small(three_modes))
    assert simulation.state.step == 10
    assert torch.equal(simulation.state.x, x)
    simulation.advance(500)
    assert float(simulation.state.x.abs().max()) < 10


def test_an_edit_keeps_the_particles_and_a_restart_does_not(three_modes):
    stage = Stage(small(three_modes), "cpu")
    stage.simulation.advance(10)
    x = stage.simulation.state.x
    faster = small(three_modes.with_(sampler=three_modes.sampler.with_(step=0.05)))
    assert stage.edit(faster) & Change.DYNAMICS
    assert stage.simulation.state.x is x
    assert stage.simulation.sampler.step_size == 0.05
    stage.edit(faster.with_(seed=3))
    assert stage.simulation.state.step == 0


@pytest.mark.parametrize(
    ("start", "mean", "std"),
    [
        ({"kind": "gaussian", "mean": [1.0, -2.0], "std": 0.5}, (1.0, -2.0), 0.5),
        ({"kind": "uniform", "low": -1.0, "high": 3.0}, (1.0, 1.0), 4 / 12**0.5),
        ({"kind": "point", "at": [0.3, 0.4]}, (0.3, 0.4), 0.0),
        ({"kind": "mode", "index": 2}, (0.2, -2.2), None),
    ],
)
def test_particles_start_where_they_should(three_modes, start, mean, std):
    n = 20_000
    scene = three_modes.with_(particles={"count": n, "start": start})
    x = Simulation(scene, "cpu").frame.x.astype(np.float64)
    spread = x.std(0)
    assert (np.abs(x.mean(0) - mean) <= 4 * np.maximum(spread, 1e-6) / n**0.5 + 1e-6).all()
    if std is not None:
        assert np.abs(spread - std).max() <= 4 * std / (2 * n) ** 0.5 * 1.2 + 1e-6


def test_particles_are_dealt_out_over_places_and_the_places_survive_a_file():
    scene = parse_scene(
        '[target]\nkind = "shape"\nname = "rings"\n[particles]\ncount = 7\n'
        'start = { kind = "point", at = [[-2, 0], [2, 0], [0, 3]] }\n'
    )
    places = np.array([[-2, 0], [2, 0], [0, 3]], dtype=np.float32)
    np.testing.assert_array_equal(Simulation(scene, "cpu").frame.x, places[np.arange(7) % 3])
    assert parse_scene(dump_scene(scene)) == scene
    line = parse_scene(
        '[target]\nkind = "shape"\nname = "norm"\n[particles]\ncount = 2\nstart = { kind = "point", at = [[-1], [4]] }\n'
    )
    assert Simulation(line, "cpu").frame.x[:, 0].tolist() == [-1.0, 4.0]
    with pytest.raises(ValueError, match="a point with 1"):
        line.with_(particles={"count": 3, "start": {"kind": "point", "at": [[0], [1, 2]]}})


def test_a_least_time_is_below_the_end_of_time(three_modes):
    reverse = {"kind": "reverse", "grid": "karras", "steps": 5, "least_time": 0.002}
    scene = three_modes.with_(process={"kind": "ve"}, sampler=reverse)
    assert float(Simulation(scene, "cpu").sampler.grid[1]) == pytest.approx(0.002)
    with pytest.raises(SceneError, match="less than t_max"):
        Simulation(scene.with_(sampler={**reverse, "least_time": 100.0}), "cpu")


@pytest.mark.parametrize("process", [{"kind": "ve"}, {"kind": "vp-linear", "beta_min": 0.005, "beta_max": 1.0}])
def test_the_prior_has_the_moments_of_p_at_the_end_of_time(three_modes, process):
    """α² C + σ² I and α m, by the law of total variance from the target's numbers."""
    n = 200_000
    scene = three_modes.with_(process=process, particles={"count": n, "start": {"kind": "prior"}})
    sim = Simulation(scene, "cpu")
    x = sim.frame.x.astype(np.float64)
    w, means, covariances = (np.array(getattr(scene.target, k)) for k in ("weights", "means", "covariances"))
    q = sim.process
    a, s = float(q.alpha(q.t_max)), float(q.sigma(q.t_max))
    mean = a * w @ means
    off = means - w @ means
    cov = a**2 * (np.einsum("k,kij->ij", w, covariances) + np.einsum("k,ki,kj->ij", w, off, off)) + s**2 * np.eye(2)
    assert (np.abs(x.mean(0) - mean) < 4 * np.sqrt(np.diag(cov) / n)).all()
    error = np.sqrt((np.outer(np.diag(cov), np.diag(cov)) + cov**2) / n)  # of a Gaussian's sample covariance
    assert (np.abs(np.cov(x.T) - cov) < 4 * error).all()


def test_a_reverse_run_where_noise_leaves_signal_comes_to_the_target():
    """α(t_max) = 0.78. N(0, σ²) is far from p_T there; a Gaussian with its moments leaves less than a fifth of the error."""
    scene = parse_scene(
        '[target]\nkind="mixture"\nweights=[0.5, 0.5]\nmeans=[[-2.0, 0.0], [2.0, 1.0]]\n'
        "covariances=[[[0.1, 0.0], [0.0, 0.1]], [[0.1, 0.0], [0.0, 0.1]]]\n"
        '[process]\nkind="vp-linear"\nbeta_min=0.005\nbeta_max=1.0\n'
        '[sampler]\nkind="reverse"\nlambda=0.0\nmethod="heun"\nsteps=200\n[particles]\ncount=20000\n'
    )

    def off(start):
        sim = Simulation(scene.with_(particles=scene.particles.with_(start=start)), "cpu")
        sim.advance(200)
        return abs(float(sim.frame.x[:, 0].std()) - (4 + 0.1) ** 0.5)

    sigma = Simulation(scene, "cpu").process.prior_std()
    assert off({"kind": "prior"}) < 0.2 * off({"kind": "gaussian", "std": sigma})


def test_a_forward_run_starts_from_the_density_at_its_start():
    scene = parse_scene(
        '[target]\nkind="mixture"\nweights=[1]\nmeans=[0]\ncovariances=[1e-6]\n'
        '[process]\nkind="ve-geometric"\nsigma_min=0.5\n[sampler]\nkind="forward"\n[particles]\ncount=20000\n'
    )
    std = Simulation(scene, "cpu").frame.x.std()
    assert abs(std - 0.5) < 4 * 0.5 / (2 * 20_000) ** 0.5


def test_devices_are_refused_clearly():
    with pytest.raises(ValueError, match="unknown device"):
        pick_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no cuda device"):
            pick_device("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_a_run_on_the_gpu_has_the_same_law(three_modes):
    scene = small(three_modes.with_(sampler={"kind": "reverse"}), 50_000)
    host, device = Simulation(scene, "cpu"), Simulation(scene, "cuda")
    host.advance(200)
    device.advance(200)
    a, b = host.frame.x, device.frame.x
    error = 4 * np.sqrt(2) * a.std(0) / np.sqrt(len(a))
    assert (np.abs(a.mean(0) - b.mean(0)) < error).all()


def test_runs_side_by_side_have_the_same_random_numbers(three_modes):
    """MALA at a step so small that nearly all is taken goes where Langevin goes, though it draws more numbers."""
    few = three_modes.with_(particles={"count": 500})
    plain, tested = (Simulation(few.with_(sampler={"kind": k, "step": 1e-4}), "cpu") for k in ("langevin", "mala"))
    always = torch.ones(500, dtype=torch.bool)
    for _ in range(20):
        plain.advance()
        tested.advance()
        always &= tested.info.accepted
    assert int(always.sum()) > 400
    torch.testing.assert_close(plain.state.x[:, always], tested.state.x[:, always], rtol=0, atol=1e-4)
    # Another seed is another noise.
    other = Simulation(few.with_(sampler={"kind": "langevin", "step": 1e-4}, seed=few.seed + 1), "cpu")
    other.advance()
    assert not torch.equal(other.state.x, plain.state.x)


def test_steps_have_streams_of_their_own():
    seeds = [stream(7, k) for k in range(100_000)]
    assert len(set(seeds)) == len(seeds)
    assert stream(7, 1) != stream(8, 1) != stream(7 + (1 << 32), 1)
    # The first numbers of 4,000 streams in a row are normal, and neighbours are uncorrelated.
    g = torch.Generator()
    draws = torch.stack([torch.empty(32).normal_(generator=g.manual_seed(s)) for s in seeds[:4000]]).double()
    for column in (0, 1, 31):
        assert kstest(draws[:, column].numpy(), "norm").pvalue > 6.3e-5
    correlation = (draws[1:] * draws[:-1]).mean(0)
    assert float(correlation.abs().max()) < 4.5 / 4000**0.5  # of 32; each has standard error 1/√4000


@pytest.mark.parametrize("kind", sorted(PROCESSES))
def test_the_time_of_a_noise_level_is_where_the_process_has_it(kind):
    q = process(kind)
    noise = noise_of(q)
    for share in (1e-4, 0.01, 0.3, 0.9):
        t = share * q.t_max
        # The slider shows four digits. What is between two times is linear in log σ: its error is a square of their distance.
        assert noise.time_of(q.sigma(t)) == pytest.approx(t, rel=5e-5)
    assert noise.time_of(0.0) == 0.0
    assert noise.time_of(2 * q.sigma(q.t_max)) == pytest.approx(q.t_max, rel=1e-6)
