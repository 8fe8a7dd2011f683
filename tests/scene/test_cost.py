"""What a scene will cost is told before it is played."""

from __future__ import annotations

import pytest

from visualizer.scene.cost import cost_told, seconds_a_frame
from visualizer.scene.presets import load_scene, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_played_without_a_word(name):
    assert not cost_told(load_scene(name))


@pytest.mark.parametrize(
    ("sampler", "count", "words"),
    [
        ({"kind": "hmc", "leapfrog_steps": 1000}, 10_000_000, "minutes: 10\u202f000\u202f000 particles"),
        ({"kind": "hmc", "leapfrog_steps": 20, "steps_per_frame": 1000}, 10_000_000, "2.8 hours"),
        ({"kind": "nuts", "max_depth": 12, "steps_per_frame": 10}, 10_000, " s: 10\u202f000 particles, NUTS"),
        ({"kind": "langevin", "steps_per_frame": 1000}, 1_000_000, " s: 1\u202f000\u202f000 particles"),
    ],
)
def test_what_takes_long_is_told(three_modes, sampler, count, words):
    scene = three_modes.with_(sampler=sampler, particles={"count": count})
    assert words in cost_told(scene)
    assert not cost_told(scene.with_(particles={"count": 1}))


def test_costs_are_in_proportion(three_modes):
    """Twice the particles, the steps or the leapfrogs: twice the time; panels add up."""
    scene = three_modes.with_(sampler={"kind": "hmc", "leapfrog_steps": 5}, particles={"count": 1000})
    one = seconds_a_frame(scene)
    assert seconds_a_frame(scene.with_(particles={"count": 2000})) == pytest.approx(2 * one)
    assert seconds_a_frame(scene.with_(sampler={"kind": "hmc", "leapfrog_steps": 10})) == pytest.approx(2 * one)
    assert seconds_a_frame(scene.with_(panels=({}, {}))) == pytest.approx(2 * one)
