"""Tours as films: how long each stop stays, where the run is, what is shown when."""

from __future__ import annotations

import pytest

from visualizer.scene.filmed import filmed, reading_time
from visualizer.scene.script import Timeline
from visualizer.scene.tour import Stop, is_tour, load_tour, parse_tour, tour_names, tour_path

TOUR = """
title = "Short"

[[stops]]
scene = "trapped"
title = "One"
caption = "Some words"
play = true
seconds = 5.0

[[stops]]
title = "Two"
transition = 1.0
seconds = 4.0
marks = [{ at = [0.0, 0.0], radius = 1.0, text = "here" }]
norms = 2
[stops.change]
sampler = { sigma = 1.0 }

[[stops]]
title = "Three"
play = true
until = 600
seconds = 3.0
restart = true

[[stops]]
title = "Four"
digits = 0.3
seconds = 2.0
"""


@pytest.fixture
def script(tmp_path):
    return filmed(parse_tour(TOUR, "t.toml", tmp_path))


def words(script):
    return [(e.at, e.title) for e in script.events if e.title is not None]


def test_each_stop_stays_as_long_as_it_says_or_until_its_pause_is_reached(script):
    assert words(script) == [(0.0, "One"), (5.0, "Two"), (9.0, "Three"), (21.0, "Four")]
    assert script.seconds == 23.0  # 600 steps at 60 a second, and two seconds after that
    assert script.title == "Short"
    assert [e.number for e in script.events if e.number] == ["1 / 4", "2 / 4", "3 / 4", "4 / 4"]


def test_the_run_goes_on_at_the_pace_of_a_window_and_begins_anew_where_it_has_to(script):
    line = Timeline(script)
    steps = {at: line.step_at(at) for at in (0.0, 2.5, 5.0, 8.9, 9.0, 14.0, 19.0, 20.9, 22.0)}
    assert steps == {0.0: 0, 2.5: 150, 5.0: 300, 8.9: 534, 9.0: 0, 14.0: 300, 19.0: 600, 20.9: 600, 22.0: 600}
    assert [e.at for e in script.events if e.restart] == [9.0]


def test_numbers_move_over_and_marks_come_when_they_are_there(script):
    line = Timeline(script)
    moving = {
        script.events[i].at: scene.sampler.sigma or 0.0
        for i, scene in line.scenes.items()
        if 5 <= script.events[i].at <= 6
    }
    values = [moving[at] for at in sorted(moving)]
    assert values == sorted(values)
    assert values[-1] == 1.0
    assert len(values) > 10
    marked = [e.at for e in script.events if e.marks]
    assert marked == [6.0]
    assert [(e.at, e.norms, e.digits) for e in script.events if e.title] == [
        (0.0, 0, 0.0), (5.0, 2, 0.0), (9.0, 0, 0.0), (21.0, 0, 0.3),
    ]  # fmt: skip


def test_a_caption_takes_time_to_read():
    short, long = Stop(title="A", caption="few"), Stop(title="A", caption="word " * 60)
    assert reading_time(short) == 6.0
    assert reading_time(long) == pytest.approx(2.0 + 1.2 + 61 / 2.6)
    assert reading_time(Stop(seconds=1.5, caption="word " * 60)) == 1.5


@pytest.mark.parametrize("name", tour_names())
def test_every_tour_is_a_film_in_the_theme_that_is_asked_for(name):
    tour = load_tour(tour_path(name))
    assert is_tour(tour_path(name))
    script = filmed(tour, "light")
    line = Timeline(script, name)
    assert len(words(script)) == len(tour.scenes)
    assert {scene.view.theme for scene in line.scenes.values()} == {"light"}
    assert 30 < script.seconds < 900
    assert not is_tour("nothing.toml")
