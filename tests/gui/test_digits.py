"""The window of digits: what it walks, what it says, and the film of what was seen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from tests.export.decoding import decoded
from visualizer.engine.findings.digits import DigitFacts, DigitLesson, DigitSigma, DigitSigmas, DigitWalk
from visualizer.engine.palette import THEMES
from visualizer.gui.experiments.digits import Digits
from visualizer.gui.experiments.films import Film
from visualizer.gui.widgets.strips import Row, Strips, class_colours, shaded
from visualizer.gui.words.sheet import SheetView

NONE = np.empty(0, np.int8), np.empty(0, bool)


def walk(steps, read=3):
    shown = min(steps, 64)
    images = (np.arange(64) / 63 * (0.3 + 0.7 * np.arange(shown)[:, None] / shown)).astype(np.float32)
    visited = np.zeros(10, np.int64)
    visited[read] = steps
    norms = np.zeros(60, np.int64)
    norms[30] = steps
    return DigitWalk(
        steps, 0, images, images, np.full(len(images), read, np.int8), np.arange(len(images)) % 2 == 0,
        np.zeros((len(images), 2), np.float32), np.zeros(2, np.float32), visited, norms,
        np.linspace(0.4, 1.6, 61), steps // 2, 0.8 * steps,
    )  # fmt: skip


@pytest.fixture
def page(make_window, three_modes, qtbot):
    places = np.random.default_rng(1).normal(size=(40, 2)).astype(np.float32)
    r = np.linspace(0.4, 1.6, 20)
    facts = DigitFacts(places, np.arange(40, dtype=np.int8) % 10, 1.0, r, {2: r, 64: r})
    made = Digits(make_window(three_modes).desk, facts)
    qtbot.addWidget(made)
    return made


def test_a_walk_is_shown_and_said(page):
    done, said = page.draw(walk(100))
    assert done == 0
    assert said.startswith("1 of ten classes in 100 steps, 50% of the jumps recognised, 0.80 to the nearest")
    assert [row.name for row in page.strips.rows] == ["walk y", "jump x̂"]
    assert page.strips.accessibleDescription().endswith("3 3")
    edges, heights = page.curves["lengths"].getData()
    assert np.sum(np.diff(edges) * heights) == pytest.approx(1.0)
    assert page.bars.opts["height"][3] == 100


def test_numbers_go_into_what_is_walked(page):
    page.sigma.edited.emit(0.5)
    page.label.show_value("7")
    page._changed()
    page.guidance.edited.emit(2.0)
    asked = page.asked
    assert (asked.sigma, asked.label, asked.guidance, asked.net) == (0.5, 7, 2.0, "digits.safetensors")
    assert page.guidance.isEnabled()
    page.followed.show_value("exact")
    assert page.asked.net == ""
    page._walk = walk(5)
    assert page.work().arguments[2] is page._walk, "it goes on where it was"


def test_what_is_measured_over_sigma_is_drawn(page):
    points = (DigitSigma(0.2, 5.0, 2, 0.97, 0.6), DigitSigma(0.3, 10.0, 10, 0.9, 0.8))
    done, said = page.draw(DigitSigmas(points, 0.5))
    assert done == 0.5
    assert "Best of both at σ = 0.3: 10.0 classes, 90% recognised" in said
    np.testing.assert_allclose(page.curves["visited"].getOriginalDataset()[1], [50, 100])
    assert not page._unmeasured.isVisible()


def test_a_lesson_shows_noisy_and_clean_and_is_followed(page):
    images = np.zeros((20, 64), np.float32)
    done, said = page.draw(
        DigitLesson("session:1", 50, 100, np.zeros(50, np.float32), 0.4, images, images, images + 0.5)
    )
    assert done == 0.5
    assert "Step 50 of 100" in said
    assert "16.00" in said  # 64 pixels, each 0.5 off
    assert page.asked.net == "session:1"


def test_the_walk_runs_stops_and_goes_on_with_another_number(page, qtbot):
    page.measure()
    qtbot.waitUntil(lambda: page._walk is not None and page._walk.step >= 2)
    assert not page.bar.isVisible()
    assert page.close_button.text() == "Stop"
    before = page._walk.step
    page.sigma.edited.emit(0.6)
    qtbot.waitUntil(lambda: page._walk.since >= before)
    assert "Stopped" not in page.status.text()
    page.stop()
    assert page.status.text().startswith("Stopped. ")
    assert page.close_button.text() == "Close"


@pytest.mark.parametrize("theme", THEMES)
def test_pictures_go_from_the_canvas_to_the_ink(theme):
    t = THEMES[theme]
    images = shaded(Row("", np.array([[0.0] * 63 + [1.0]], np.float32)), t)
    ends = [
        QImage(image.tobytes(), 1, 1, QImage.Format.Format_RGB32).pixelColor(0, 0).name()
        for image in (images[0, 0, 0], images[0, 7, 7])
    ]
    assert ends == [t.canvas, t.text]
    assert len(set(class_colours(t))) == 10


def test_a_film_shows_the_steps_that_were_seen(qtbot, tmp_path):
    strips = Strips(THEMES["dark"])
    qtbot.addWidget(strips)
    strips.resize(800, strips.heightForWidth(800))
    film = Film(100)
    first = walk(5)
    for steps in (5, 6, 9):
        more = walk(steps)
        rows = (Row("walk y", more.walk), Row("jump x̂", more.jumps))
        strips.show_rows(rows, more.reads, more.sure)
        film.add(more, rows, strips)
    assert len(film) == 9
    path = tmp_path / "digits.gif"
    assert list(film.errand(str(path), strips).run(lambda v: v))[-1] == 1.0
    frames = decoded(path)
    assert len(frames) == 9
    drawn = QImage(strips.size(), QImage.Format.Format_RGB32)
    painter = QPainter(drawn)
    strips.paint(painter)
    painter.end()
    last = frames[-1][1]
    seen = np.array([[drawn.pixelColor(x, y).lightness() for x in range(600, 790, 5)] for y in range(5, 70, 5)])
    filmed = last[5:70:5, 600:790:5, :3].max(2)
    assert np.corrcoef(seen.ravel(), filmed.ravel())[0, 1] > 0.95
    film.add(walk(300), rows, strips)
    assert len(film) == 64, "where steps were missed it begins again"
    assert first.step == 5


def test_a_sheet_of_jumps_beside_a_lecture(qtbot):
    asked = []
    view = SheetView(lambda owner, errand, done: asked.append((errand, done)))
    qtbot.addWidget(view)
    for _ in range(2):
        view.show_sheet(0.3, THEMES["light"], 260, 13)
    ((errand, done),) = asked
    assert errand.arguments == (0.3, 144)
    from visualizer.engine.findings.digits import DigitSheet

    done(DigitSheet(0.5, np.zeros((144, 64), np.float32), np.zeros(144, np.int8)))
    assert view.page.sheet is None, "of another stop"
    done(DigitSheet(0.3, np.ones((144, 64), np.float32), np.arange(144, dtype=np.int8) % 4))
    assert "144 steps of one chain, row by row; 4 classes" in view.note.text()
    image = view.page.grab().toImage()
    assert image.pixelColor(5, 5).name() == THEMES["light"].text
