"""Recorded lectures: small, exact, and refused where they are at fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.scene import SceneError
from visualizer.scene.merge import difference, merged
from visualizer.scene.presets import load_scene, preset_names
from visualizer.scene.script import Event, Script, Timeline, is_script, load_script, save_script, scene_event

keys = st.sampled_from(["a", "b", "kind", "c"])
tables = st.recursive(
    st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2), lambda inner: st.dictionaries(keys, inner, max_size=3)
)


@given(st.dictionaries(keys, tables, max_size=4), st.dictionaries(keys, tables, max_size=4))
def test_a_difference_put_over_the_old_gives_the_new(old, new):
    change = difference(old, new)
    if change is None:
        assert lost(old, new)
    else:
        assert merged(old, change) == new


def lost(old, new):
    """Whether a key is gone, here or in a table that stays."""
    if old.keys() - new.keys():
        return True
    both = ((old[k], new[k]) for k in old if isinstance(old[k], dict) and isinstance(new[k], dict))
    return any(lost(a, b) for a, b in both)


def test_every_way_from_preset_to_preset_is_recorded(tmp_path):
    scenes = [load_scene(name) for name in preset_names()]
    scenes += [s.with_(sampler=s.sampler.with_(steps_per_frame=3)) for s in scenes[:4]]
    events, before = [], None
    for i, scene in enumerate(scenes):
        events.append(scene_event(float(i), before, scene, restart=i % 2 == 1))
        before = scene
    script = Script(title="All", seconds=len(scenes), events=tuple(events))
    save_script(script, tmp_path / "s.toml")
    assert is_script(tmp_path / "s.toml")
    timeline = load_script(tmp_path / "s.toml")
    assert timeline.script == script
    assert list(timeline.scenes.values()) == scenes


def test_a_drag_is_recorded_as_what_moves(three_modes):
    target = three_modes.target.with_(means=((0.0, 0.0), *three_modes.target.means[1:]))
    event = scene_event(1.0, three_modes, three_modes.with_(target=target), False)
    assert event.scene is None
    assert set(event.change) == {"target"}
    assert set(event.change["target"]) == {"means"}


def test_the_run_moves_evenly_between_what_was_noted(three_modes):
    whole = scene_event(0.0, None, three_modes, False)
    events = (
        whole, Event(at=1.0, step=10), Event(at=2.0, step=50), Event(at=3.0, step=50), Event(at=3.5, step=20),
        Event(at=4.0, restart=True), Event(at=5.0, step=100),
    )  # fmt: skip
    timeline = Timeline(Script(seconds=6.0, events=events))
    expected = {
        0.0: 0,
        0.5: 5,
        1.0: 10,
        1.5: 30,
        2.5: 50,
        3.25: 50,
        3.6: 20,
        3.99: 20,
        4.0: 0,
        4.5: 50,
        5.0: 100,
        6.0: 100,
    }
    assert {t: timeline.step_at(t) for t in expected} == expected


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"events": ()}, "events"),
        ({"seconds": -1.0}, "seconds"),
        ({"events": ({"at": 0.0, "step": 1},)}, "events[0].scene"),
        ({"events": ({"at": 0.0, "scene": {}}, {"at": 1.0}, {"at": 0.5})}, "events"),
        ({"events": ({"at": 1.0, "scene": {}},)}, "events[0].scene"),
        ({"events": ({"at": 0.0, "scene": {}, "spot": [9, 9]},)}, "events[0].spot[0]"),
        ({"events": ({"at": 0.0, "scene": {"target": 3}},)}, "events[0].scene.target"),
    ],
)
def test_faulty_scripts_are_refused_with_their_place(tmp_path, change, key):
    import tomli_w

    path = tmp_path / "s.toml"
    path.write_text(tomli_w.dumps({"seconds": 2.0, "events": [{"at": 0.0, "scene": {}}], **change}))
    with pytest.raises(SceneError) as caught:
        load_script(path)
    assert caught.value.problems[0].key == key


def test_what_is_no_script_is_told(tmp_path):
    with pytest.raises(SceneError, match="no such file"):
        load_script(tmp_path / "none.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff[[events]]")
    assert is_script(tmp_path / "x.toml")
    with pytest.raises(SceneError, match="UTF-8"):
        load_script(tmp_path / "x.toml")
    assert not is_script(tmp_path / "none.toml")
