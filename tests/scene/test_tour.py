"""Tours: scenes found, changed and checked; and what lies between two scenes."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import THREE_MODES
from visualizer.scene import SceneError, load_scene, parse_scene
from visualizer.scene.blend import blend
from visualizer.scene.changes import Change, changes
from visualizer.scene.errors import FilesOutside
from visualizer.scene.presets import preset_names
from visualizer.scene.tour import Itinerary, load_scene_or_tour, load_tour, parse_tour, tour_names, tour_path

TOUR = """
version = 1
title = "Two stops"
[[stops]]
scene = "mine.toml"
caption = "First"
[[stops]]
caption = "Second"
[stops.change]
sampler = { step = 0.05 }
target = { means = [[-2.0, 1.0], [2.4, 1.9], [0.2, -2.2]] }
[[stops]]
[stops.change]
sampler = { kind = "walk-jump", sigma = 0.5 }
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.toml").write_text(THREE_MODES)
    return tmp_path


def test_stops_build_on_each_other(folder):
    (folder / "t.toml").write_text(TOUR)
    tour = load_tour(folder / "t.toml")
    base = load_scene(folder / "mine.toml")
    assert [s.caption for s in tour.tour.stops] == ["First", "Second", ""]
    assert tour.scenes[0] == base
    assert tour.scenes[1].sampler == base.sampler.with_(step=0.05)
    assert tour.scenes[1].target.means[0] == (-2.0, 1.0)
    assert tour.scenes[1].target.weights == base.target.weights
    # Another kind of sampler takes the place of the one before, its other numbers are its own.
    assert tour.scenes[2].sampler.kind == "walk-jump"
    assert tour.scenes[2].target == tour.scenes[1].target
    assert isinstance(load_scene_or_tour(str(folder / "t.toml")), Itinerary)
    assert load_scene_or_tour(str(folder / "mine.toml")) == load_scene(folder / "mine.toml")
    with pytest.raises(SceneError):
        load_scene_or_tour(str(folder / "nothing.toml"))


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('scene = "mine.toml"', "", "stops[0].scene", "needs a scene"),
        ('scene = "mine.toml"', 'scene = "other.toml"', "stops[0].scene", "no such file"),
        ('scene = "mine.toml"', 'scene = "/etc/passwd"', "stops[0].scene", "beside the tour"),
        ('scene = "mine.toml"', 'scene = "../x.toml"', "stops[0].scene", "beside the tour"),
        ("step = 0.05", "step = -1", "stops[1].change.sampler.step", "greater than 0"),
        ("step = 0.05", "stepp = 1", "stops[1].change.sampler.stepp", "unknown key"),
        ('caption = "Second"', "transition = 99", "stops[1].transition", "less than or equal to 20"),
        ('caption = "Second"', "marks = [{ at = [1, 2], radius = 0 }]", "stops[1].marks[0].radius", "greater than 0"),
        ("[[stops]]", "[stops", "", "not valid TOML"),
        ('title = "Two stops"', 'titel = "x"', "titel", "unknown key"),
        ("version = 1", "version = 7", "version", "expected 1"),
    ],
)
def test_faults_are_told_with_their_place(folder, old, new, key, said):
    with pytest.raises(SceneError) as caught:
        parse_tour(TOUR.replace(old, new, 1), "t.toml", folder)
    problem = caught.value.problems[0]
    assert problem.key == key
    assert said in problem.expected


def test_a_tour_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(SceneError, match="no such file"):
        load_tour(tmp_path / "none.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SceneError, match="UTF-8"):
        load_tour(tmp_path / "b.toml")
    with pytest.raises(SceneError, match="no such tour"):
        tour_path("nothing")


@given(st.binary(max_size=200))
def test_any_bytes_are_no_tour_or_are_refused(data):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(SceneError):
        parse_tour(text, "t", tour_path(tour_names()[0]).parent)


def test_built_in_tours_have_words_and_notes_at_every_stop():
    assert tour_names()
    for name in tour_names():
        tour = load_tour(tour_path(name))
        for stop in tour.tour.stops:
            assert stop.title
            assert stop.caption
            assert stop.notes


@pytest.mark.parametrize("u", [0.0, 0.3, 1.0])
def test_between_two_scenes_numbers_are_part_way(three_modes, u):
    other = three_modes.with_(
        target=three_modes.target.with_(
            means=((0.0, 0.0), (1.0, 1.0), (2.0, 2.0)),
            covariances=(((2.0, 0.0), (0.0, 0.1)),) * 3,
        ),
        sampler={"kind": "langevin", "step": 0.1, "sigma": None},
        particles={"count": 3000},
    )
    between = blend(three_modes, other, u)
    for name in ("weights", "means", "covariances"):
        a, b = (np.array(getattr(s.target, name)) for s in (three_modes, other))
        np.testing.assert_allclose(np.array(getattr(between.target, name)), a + u * (b - a), rtol=1e-12, atol=1e-12)
    assert between.sampler.step == pytest.approx(0.02 + u * 0.08)
    assert between.particles.count == 3000  # half a particle is none
    assert blend(three_modes, other, 1.0) is other


def test_what_has_not_the_same_shape_is_taken_at_once(three_modes, two_wells):
    assert blend(three_modes, two_wells, 0.5) == two_wells
    jump = three_modes.with_(sampler={"kind": "walk-jump", "sigma": 1.0})
    assert blend(three_modes, jump, 0.5).sampler == jump.sampler


def test_between_any_two_presets_is_a_scene():
    names = preset_names()
    for a, b in pairwise(names):
        first, second = load_scene(a), load_scene(b)
        between = blend(first, second, 0.4)
        assert parse_scene_round(between) == between


def parse_scene_round(scene):
    from visualizer.scene.files import dump_scene

    return parse_scene(dump_scene(scene))


def test_a_transition_goes_on_with_the_run(three_modes):
    other = three_modes.with_(sampler={"kind": "langevin", "step": 0.1, "sigma": 0.5})
    assert not changes(three_modes, blend(three_modes, other, 0.5)) & Change.RESTART


def test_files_outside_the_folder_of_a_tour_are_asked_for_before_they_are_read(tmp_path):
    """In a scene beside it, or in a change of a stop; what lies with the program or beside the tour is not asked for."""
    folder, data, net = tmp_path / "tour", tmp_path / "secret.csv", tmp_path / "net.onnx"
    folder.mkdir()
    data.write_text("a,b\n1,2\n3,4\n5,7\n")
    (folder / "own.csv").write_text(data.read_text())
    scene = '[target]\nkind = "data"\nfile = "{}"\ncolumns = ["a", "b"]\nbandwidth = 0.5\n'
    (folder / "bad.toml").write_text(scene.format("../secret.csv"))
    (folder / "good.toml").write_text(scene.format("own.csv"))
    change = f'[stops.change.field]\nkind = "learned"\nfile = "{net}"\n'
    for text, outside in (
        ('[[stops]]\nscene = "bad.toml"\n', data),
        (f'[[stops]]\nscene = "trapped"\n{change}', net),
        ('[[stops]]\nscene = "good.toml"\n[[stops]]\nscene = "irises"\n[[stops]]\nscene = "learned-score"\n', None),
    ):
        (folder / "t.toml").write_text(text)
        load_tour(folder / "t.toml")  # from the command line, which names it
        if outside is None:
            assert len(load_tour(folder / "t.toml", ()).scenes) == 3
            continue
        with pytest.raises(FilesOutside) as refused:
            load_scene_or_tour(str(folder / "t.toml"), partial(load_scene, agreed=()), ())
        assert refused.value.files == (str(outside),)
        load_tour(folder / "t.toml", (str(outside),))
