"""Strokes: the denoising iteration by jumps, and a model's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from visualizer.diagnostics.distances import Reference
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.targets import build_density
from visualizer.learning import GenerativeNet, Shape
from visualizer.learning.networks.base import weights_of
from visualizer.samplers import DDIM, Strokes, time_grid
from visualizer.scene.model import Scene


@pytest.fixture
def scene(three_modes):
    return three_modes.with_(
        process={"kind": "vp-cosine"},
        sampler={"kind": "strokes", "strokes": 4, "frames": 5},
        particles={"count": 2_000},
    )


class Shift:
    """Two strokes: one to the right, one up; with noise, so that a stroke taken twice would be seen."""

    strokes = 2

    def begin(self, x, generator):
        return torch.zeros_like(x)

    def stroke(self, x, k, generator):
        moved = x.clone()
        moved[k] += 1 + 0.1 * torch.randn(x.shape[1], generator=generator)
        return moved


def walked(sampler, x, seeds=100):
    g = torch.Generator()
    state = sampler.init(x, g.manual_seed(0))
    states, asked = [state], 0
    while state.step < sampler.steps:
        state, info = sampler.step(state, g.manual_seed(seeds + state.step))
        states.append(state)
        asked += info.evaluations
    return states, asked


def test_between_strokes_particles_go_straight_and_end_where_the_stroke_does():
    drawer = Shift()
    states, asked = walked(Strokes(drawer, 4), torch.ones(2, 50))
    assert asked == 2
    assert len(states) == 9
    first = drawer.stroke(torch.zeros(2, 50), 0, torch.Generator().manual_seed(100))
    assert torch.equal(states[4].x, first)
    assert torch.equal(states[8].x, drawer.stroke(first, 1, torch.Generator().manual_seed(104)))
    shares = [float((s.x[0] / first[0]).mean()) for s in states[:5]]
    assert shares == pytest.approx([0, 5 / 32, 0.5, 27 / 32, 1])  # u² (3 − 2u)
    assert all(torch.equal(s.x[1], torch.zeros(50)) for s in states[:5])


def test_strokes_of_a_field_are_the_denoising_iteration(scene):
    simulation = Simulation(scene, "cpu")
    while not simulation.finished:
        simulation.advance()
    field, q = simulation.field, simulation.process
    ddim = DDIM(field, q, time_grid("quadratic", 4, q.t_max))
    begun = Simulation(scene, "cpu").state.x
    state = ddim.init(begun, torch.Generator())
    for _ in range(4):
        state, _ = ddim.step(state, torch.Generator())
    torch.testing.assert_close(simulation.state.x, state.x, atol=1e-5, rtol=0)
    assert simulation.last_step == 20
    assert simulation.tally.evaluations(20) == 4


@pytest.mark.parametrize("architecture", ["flow", "autoregressive", "vae"])
def test_a_model_draws_in_its_own_strokes_and_going_back_is_exact(scene, architecture):
    latent = 1 if architecture == "vae" else 2
    shape = Shape(architecture, 2, "x0", 16, 2, 4, 1, 1.5, latent=latent, transforms=3)
    g = torch.Generator().manual_seed(0)
    module = shape.build(g)
    with torch.no_grad():
        for v in module.parameters():
            v.add_(0.15 * torch.randn(v.shape, generator=g))
    net, shelf = GenerativeNet(shape, weights_of(module)), Shelf()
    name = shelf.begin()
    shelf.add(name, 0, net)
    following = scene.with_(field={"kind": "learned", "file": name})
    simulation = Simulation(following, "cpu", shelf=shelf)
    frames = list(simulation)
    assert simulation.last_step == 5 * net.strokes == frames[-1].step
    assert simulation.tally.evaluations(simulation.last_step) == net.strokes
    if latent == 1:
        assert np.ptp(frames[0].x[:, 1]) == 0, "latents on a line"
    reference = Reference(net.law, len(frames[-1].x))
    distance = reference.measure(frames[-1].x.T.astype(np.float64))["w2"]
    assert distance.value < 3 * distance.floor
    simulation.seek(3)
    torch.testing.assert_close(simulation.state.x, torch.from_numpy(frames[3].x.T.copy()), atol=0, rtol=0)
    again = Simulation(following, "cpu", shelf=shelf)
    again.advance(3)
    other = Simulation(following, "cpu", shelf=shelf)
    other.resume(again.keep())
    other.advance(1)
    np.testing.assert_array_equal(other.frame.x, frames[4].x)


def test_a_stroke_is_finished_as_it_was_begun_where_the_scene_is_edited(scene):
    simulation = Simulation(scene, "cpu")
    simulation.advance(7)
    before = simulation.state.memory["to"]
    simulation.edit(scene.with_(layers={"scale": "log"}))
    assert torch.equal(simulation.state.memory["to"], before)


def test_the_scene_says_how_many(three_modes):
    text = {"kind": "strokes"}
    sampler = three_modes.with_(sampler=text).sampler
    assert sampler.steps == sampler.strokes * sampler.frames
    assert (
        Scene.model_validate(three_modes.with_(sampler={"kind": "strokes", "strokes": 1}).model_dump()).sampler.words()
        == "one stroke"
    )
    assert build_density(three_modes.target).d == 2
