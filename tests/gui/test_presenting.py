"""Lectures from the program: keys of a clicker, words on the screen, and everything as it was afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from tests.conftest import THREE_MODES
from tests.export.decoding import decoded
from visualizer.cli import main
from visualizer.engine.palette import DARK, LIGHT
from visualizer.gui.widgets.math import typeset
from visualizer.gui.words.spoken import Words, formulas
from visualizer.scene.presets import load_scene
from visualizer.scene.script import Timeline, load_script
from visualizer.scene.tour import load_tour, parse_tour, tour_names, tour_path

KEY = Qt.Key
TOUR = """
title = "Four stops"
[[stops]]
scene = "mine.toml"
title = "One"
caption = "Plain **words** and $x^2 + \\\\sigma$"
play = true
until = 30
marks = [{ at = [2.4, 1.9], radius = 0.8, text = "here" }]
[[stops]]
title = "Two"
transition = 0.2
[stops.change]
sampler = { step = 0.06 }
[[stops]]
title = "Three"
scene = "reverse-river"
play = false
[[stops]]
title = "Four"
transition = 0.0
equation = false
[stops.change]
view = { picture = "line", fourier = true }
"""


@pytest.fixture
def tour(tmp_path):
    (tmp_path / "mine.toml").write_text(THREE_MODES)
    return parse_tour(TOUR, "t.toml", tmp_path)


@pytest.fixture
def presenting(make_window, three_modes, tour):
    window = make_window(three_modes.with_(seed=77))
    window.desk.store.edit(window.desk.store.scene.with_(seed=78), "an edit of one's own")
    window.presenter.begin(tour)
    yield window
    window.presenter.end()


def press(window, *keys):
    for key in keys:
        QTest.keyClick(window, key)


def title(window):
    return window.desk.billboard.title.text()


def test_a_clicker_goes_on_and_back_and_numbers_jump(presenting, qtbot):
    window = presenting
    assert title(window) == "One"
    assert window.desk.billboard.number.text() == "1 / 4"
    press(window, KEY.Key_PageDown)
    assert title(window) == "Two"
    press(window, KEY.Key_Right)
    assert title(window) == "Three"
    press(window, KEY.Key_PageUp, KEY.Key_Left)
    assert title(window) == "One"
    press(window, KEY.Key_Left)
    assert title(window) == "One"
    press(window, KEY.Key_4)
    qtbot.waitUntil(lambda: title(window) == "Four")
    press(window, KEY.Key_Right)
    assert title(window) == "Four"
    press(window, KEY.Key_0, KEY.Key_2, KEY.Key_Return)
    assert title(window) == "Two"
    press(window, KEY.Key_End)
    assert title(window) == "Four"
    press(window, KEY.Key_Home)
    assert title(window) == "One"
    press(window, KEY.Key_9, KEY.Key_9, KEY.Key_Enter)
    assert title(window) == "Four"


def test_numbers_move_over_and_the_run_goes_on(make_window, three_modes, tour, tmp_path, qtbot):
    window = make_window(three_modes)
    slow = parse_tour(TOUR.replace("transition = 0.2", "transition = 4.0"), "t.toml", tmp_path)  # for slow machines
    window.presenter.begin(slow)
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step > 3)
    seen = set()
    window.desk.store.changed.connect(lambda scene, old: seen.add(scene.sampler.step))
    press(window, KEY.Key_Right)
    qtbot.waitUntil(lambda: window.desk.store.scene == tour.scenes[1])
    assert any(0.02 < step < 0.06 for step in seen)  # on the way: how many depends on the machine
    assert all(0.02 <= step <= 0.06 for step in seen)
    assert not window.desk.store.dragging
    assert window.desk.pictures[0].moment.step > 3
    undone = window.desk.store.undo_label
    assert undone == "the next stop"
    window.presenter.end()


def test_it_pauses_where_the_stop_says(presenting, qtbot):
    window = presenting
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step >= 30)
    qtbot.waitUntil(lambda: not window.desk.result.playing)
    assert window.desk.pictures[0].moment.step < 60


def test_the_window_comes_back_as_it_was(presenting, qtbot):
    window = presenting
    assert window.isFullScreen()
    hidden = (window.desk.left, window.desk.dock, window.desk.transport, window.menuBar())
    assert all(part.isHidden() for part in hidden)
    assert not window.desk.billboard.top.isHidden()
    press(window, KEY.Key_3)
    qtbot.waitUntil(lambda: title(window) == "Three")
    press(window, KEY.Key_Escape)
    assert not window.presenter.active
    assert not any(part.isHidden() for part in hidden)
    assert window.desk.billboard.top.isHidden()
    assert not window.isFullScreen()
    assert window.desk.store.scene.seed == 78
    assert window.desk.store.undo_label == "an edit of one's own"
    assert window.desk.store.modified
    window.desk.store.undo()
    assert window.desk.store.scene.seed == 77
    press(window, KEY.Key_Right)  # a step of the run again
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 1)
    window.desk.store.mark_saved(window.desk.store.scene)


def test_everything_stays_live(presenting, qtbot):
    window = presenting
    qtbot.waitUntil(lambda: window.desk.result.playing)
    press(window, KEY.Key_Space)
    qtbot.waitUntil(lambda: not window.desk.result.playing)
    canvas = window.desk.figure.canvases[0]
    start = canvas.widget_at(-2.6, 1.6).toPoint()
    end = canvas.widget_at(-1.0, 0.5).toPoint()
    viewport = canvas.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for i in range(1, 6):
        QTest.mouseMove(viewport, start + (end - start) * i / 5)
        qtbot.wait(10)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    assert window.desk.store.scene.target.means[0] == pytest.approx((-1.0, 0.5), abs=0.1)
    window.commands.toggle_theme()  # its key is off on a stage
    assert window.desk.store.scene.view.theme == "light"
    assert LIGHT.canvas in window.desk.billboard.top.styleSheet()
    press(window, KEY.Key_Right)
    qtbot.waitUntil(lambda: window.desk.store.scene.sampler.step == 0.06)
    assert window.desk.store.scene.view.theme == "light"  # the lecturer's choice stays


def test_black_marks_spot_and_fourier(presenting, qtbot):
    window = presenting
    presenter = window.presenter
    press(window, KEY.Key_B)
    assert presenter.blank.isVisible()
    press(window, KEY.Key_Period)
    assert not presenter.blank.isVisible()
    at = presenter.overlay.mapFromGlobal(
        window.desk.figure.canvases[0].mapToGlobal(window.desk.figure.canvases[0].place((2.4, 1.9)).toPoint())
    )
    image = window.desk.figure.grab().toImage()
    ring = window.desk.figure.canvases[0].place((3.2, 1.9)) - window.desk.figure.canvases[0].place((2.4, 1.9))
    colours = [image.pixelColor(at + QPoint(round(ring.x()) + i, 0)).lightness() for i in range(-4, 5)]
    assert max(colours) > 200  # the ring
    viewport = window.desk.figure.canvases[0].viewport()
    where = QPointF(viewport.width() / 2, viewport.height() / 3)
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, where, viewport.mapToGlobal(where), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, event)
    assert presenter.overlay._spot == window.desk.figure.mapFromGlobal(viewport.mapToGlobal(where.toPoint()))
    press(window, KEY.Key_4)
    qtbot.waitUntil(lambda: title(window) == "Four")
    assert not window.desk.billboard.side.isHidden()
    assert window.desk.billboard.math.isHidden()
    qtbot.waitUntil(lambda: window.desk.billboard.fourier.plot.curves["phi"].yData is not None)


def test_a_scene_alone_is_presented_and_its_edits_stay(make_window, three_modes):
    window = make_window(three_modes.with_(caption="A caption"))
    press(window, KEY.Key_F5)
    assert window.presenter.active
    assert title(window) == three_modes.title
    assert window.desk.billboard.number.text() == ""
    window.desk.store.edit(window.desk.store.scene.with_(seed=5), "seed")
    press(window, KEY.Key_F5)
    assert not window.presenter.active
    assert window.desk.store.scene.seed == 5
    window.desk.store.mark_saved(window.desk.store.scene)


def test_markdown_with_formulas(qtbot):
    assert formulas("costs \\$5, $a + b$ and $c$; not $ d $ nor 3$") == ["a + b", "c"]
    words = Words()
    qtbot.addWidget(words)
    words.resize(600, 100)
    words.show()
    words.show_words("Let **$x^2$** be *small*, for \\$5:\n\n- one\n- $\\sigma$", DARK, 20, 500)
    qtbot.waitUntil(lambda: "Let" in words.toPlainText())
    plain = words.toPlainText()
    assert plain.count("\ufffc") == 2  # two formulas
    assert "$5" in plain
    assert "one" in plain
    document = words.document()
    for i in range(2):
        image = document.resource(QTextDocument.ResourceType.ImageResource, f"formula:{i}")
        assert image.height() > 10
    assert words.height() > 60


@pytest.mark.parametrize("name", tour_names())
def test_every_tour_can_be_walked_through(make_window, name, qtbot):
    """Each scene is drawn and its caption is on the screen."""
    window = make_window(load_scene("trapped").with_(particles={"count": 500}))
    tour = load_tour(tour_path(name))
    few = [s.with_(particles=s.particles.with_(count=min(s.particles.count, 500))) for s in tour.scenes]
    # Numbers that move over take a second, here as well; another test looks at that.
    stops = tuple(stop.with_(transition=min(stop.transition, 0.05)) for stop in tour.tour.stops)
    tour = tour.with_(scenes=tuple(few), tour=tour.tour.with_(stops=stops))
    window.presenter.begin(tour)
    for i, stop in enumerate(tour.tour.stops):
        if i:
            press(window, KEY.Key_PageDown)
        assert title(window) == stop.title
        said = stop.caption.split("$")[0].strip().split("**")[0].split("\n")[0][:20]
        qtbot.waitUntil(lambda said=said: said in window.desk.billboard.words.toPlainText())
        qtbot.waitUntil(lambda: not window.presenter._journey.under_way)
        wanted = tour.scenes[i]
        shown = window.desk.store.scene
        assert shown.with_(view=shown.view.with_(theme="dark")) == wanted.with_(view=wanted.view.with_(theme="dark"))
        qtbot.waitUntil(
            lambda: (
                len(window.desk.pictures) == max(1, len(window.desk.store.scene.panels))
                and window.desk.figure.canvases[0].picture is window.desk.pictures[0]
            )
        )
        assert not window.desk.banner.isVisible(), window.desk.banner.text.text()
    window.presenter.end()


def test_the_speaker_sees_notes_the_time_and_what_comes_next(make_window, three_modes, tour, qtbot):
    window = make_window(three_modes)
    window.desk.files.tour = tour
    window.commands.present_with_notes()
    view = window.presenter._speaker
    assert view.title.text() == "One"
    assert view.next_title.text() == "Next: Two"
    assert view.clock.text().startswith("0:0")
    qtbot.waitUntil(lambda: "No notes" in view.notes.toPlainText())
    qtbot.waitUntil(lambda: not view.picture.pixmap().isNull())
    assert "Esc" in view.keys.text()
    view._begin -= 130
    view._arrived -= 65  # a minute passes at the first stop
    press(window, KEY.Key_End)
    assert view.number.text() == "4 / 4"
    assert view.clock.text().startswith("2:")
    times = [view.times.item(row, 1).text() for row in range(4)]
    assert times[0].startswith("1:")
    assert times[1:3] == ["", ""], "one has jumped over them"
    assert "last stop" in view.next_title.text()
    assert view.picture.pixmap().isNull()
    view.close()
    press(window, KEY.Key_Home)  # the lecture goes on without it
    assert title(window) == "One"
    press(window, KEY.Key_Escape)
    window.commands.present_with_notes()
    press(window, KEY.Key_Escape)
    assert window.presenter._speaker is None


def test_after_a_jump_the_next_picture_is_drawn_first(make_window, three_modes, tour, qtbot):
    window = make_window(three_modes)
    window.desk.files.tour = tour
    window.commands.present_with_notes()
    view = window.presenter._speaker
    stills = view._stills
    assert stills._waiting == [1, 2, 3]
    press(window, KEY.Key_3)
    press(window, KEY.Key_Return)
    assert stills._waiting[1:] == [3, 2], "one is under way already"
    press(window, KEY.Key_Escape)


@pytest.mark.parametrize(("width", "one_below_the_other"), [(1180, False), (466, True)])
def test_the_speakers_view_fits_beside_the_window(make_window, three_modes, tour, qtbot, width, one_below_the_other):
    window = make_window(three_modes)
    before = window.geometry()
    window.desk.files.tour = tour
    window.commands.present_with_notes()
    view = window.presenter._speaker
    view.resize(width, 700)
    qtbot.waitUntil(lambda: (view.picture.x() == view.notes.x()) == one_below_the_other)
    assert view.width() == width, "nothing asks for more"
    press(window, KEY.Key_Escape)
    assert window.geometry() == before


def test_a_tour_is_presented_when_it_is_opened(make_window, three_modes, tmp_path, qtbot):
    (tmp_path / "mine.toml").write_text(THREE_MODES)
    (tmp_path / "t.toml").write_text(TOUR)
    window = make_window(three_modes)
    window.desk.files.open_path(str(tmp_path / "t.toml"))
    qtbot.waitUntil(lambda: window.presenter.active)
    assert title(window) == "One"
    press(window, KEY.Key_Escape, KEY.Key_F5)  # the scene of the window, not the tour
    assert title(window) == three_modes.title
    press(window, KEY.Key_Escape)
    QTest.keyClick(window, KEY.Key_F5, Qt.KeyboardModifier.ControlModifier)
    assert title(window) == "One"
    press(window, KEY.Key_Escape)
    (tmp_path / "bad.toml").write_text(TOUR.replace("step = 0.06", "step = 0"))
    window.desk.files.open_path(str(tmp_path / "bad.toml"))
    qtbot.waitUntil(lambda: "stops[1].change.sampler.step" in window.desk.banner.text.text())
    assert not window.presenter.active


def test_a_recorded_lecture_is_drawn_again_as_it_was(presenting, tour, tmp_path, qtbot, monkeypatch):
    """What was shown at a time in the window is what the film shows then."""
    window = presenting
    asked = []
    monkeypatch.setattr(
        "visualizer.gui.document.asking.QFileDialog.getSaveFileName", lambda *a: (asked.append(a), ("", ""))[1]
    )
    qtbot.waitUntil(lambda: window.desk.result.playing)
    press(window, KEY.Key_Space)
    qtbot.waitUntil(lambda: not window.desk.result.playing)
    window.commands.record()
    assert window.presenter.recording
    assert not window.desk.billboard.recording.isHidden()
    qtbot.wait(300)
    window.desk.store.edit(window.desk.store.scene.with_(seed=9), "seed")
    window.desk.player.step_by(7)
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 7)
    qtbot.wait(100)
    press(window, KEY.Key_B)
    qtbot.wait(200)
    press(window, KEY.Key_B, KEY.Key_3)
    qtbot.waitUntil(lambda: title(window) == "Three")
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step == 0)
    qtbot.wait(300)
    press(window, KEY.Key_Escape)
    qtbot.waitUntil(lambda: bool(asked))
    assert "is not saved" in window.desk.banner.text.text()  # nothing is lost by closing the dialog
    window.commands.save_recording_to(tmp_path / "lecture.toml")
    qtbot.waitUntil((tmp_path / "lecture.toml").exists)
    timeline = load_script(tmp_path / "lecture.toml")
    events = timeline.script.events
    assert [e.step for e in events if e.step is not None][-2:] == [7, 0]
    assert [e.blank for e in events if e.blank is not None] == [True, False]
    black = next(e.at for e in events if e.blank)
    scenes = list(timeline.scenes.values())
    assert scenes[0].sampler == tour.scenes[0].sampler
    assert scenes[-1].title == tour.scenes[2].title

    out = tmp_path / "film"
    assert main(["render", str(tmp_path / "lecture.toml"), "-o", str(out), "--format", "frames", "--fps", "20",
                 "--size", "640x480", "--device", "cpu"]) == 0  # fmt: skip
    frames = [image[..., :3].astype(int) for _, image in decoded(out)]
    assert len(frames) == round(20 * timeline.script.seconds)
    assert frames[0].std() > 5
    assert frames[int(black * 20) + 2].max() == 0
    # The river of the third stop is not the plane of the first.
    assert abs(frames[-1] - frames[1]).mean() > 5
    step = next(e.at for e in events if e.step == 7)
    before, after = frames[int(step * 20) - 3], frames[int(step * 20) + 1]
    assert (before != after).any()
    assert main(["render", str(tmp_path / "lecture.toml"), "-o", str(tmp_path / "x.png")]) == 2
    assert main(["render", str(tmp_path / "lecture.toml"), "-o", str(tmp_path / "x.mp4"), "--theme", "light"]) == 2
    assert main(["render", str(tmp_path / "lecture.toml"), "-o", str(tmp_path / "x.mp4"), "--no-title"]) == 2


def test_moving_about_is_recorded(presenting, qtbot, monkeypatch):
    window = presenting
    monkeypatch.setattr("visualizer.gui.document.asking.QFileDialog.getSaveFileName", lambda *a: ("", ""))
    window.presenter.toggle_recording()
    view = window.desk.figure.canvases[0].view
    view.setRange(xRange=(1.0, 2.0), yRange=(1.0, 2.0), padding=0)
    view.sigRangeChangedManually.emit([True, True])
    shown = window.desk.figure.views()[0]
    qtbot.wait(100)
    window.desk.store.edit(window.desk.store.scene.with_(seed=4), "seed")  # which leaves the picture where it is
    window.desk.figure.fit()
    scripts = []
    window.presenter.recorded.connect(scripts.append)
    window.presenter.toggle_recording()
    timeline = Timeline(scripts[0])
    views = [(s.view.x, s.seed) for s in timeline.scenes.values()]
    first = (round(shown.x0, 4), round(shown.x1, 4))
    assert (first, 4) in views
    assert views[-1][0] == window.desk.store.scene.view.x
    qtbot.waitUntil(lambda: "is not saved" in window.desk.banner.text.text())
    window.commands._script = None


def test_no_recording_is_lost(presenting, tmp_path, qtbot, monkeypatch):
    """Another recording, and closing the window, ask about one that is not saved yet."""
    window, path, asked = presenting, tmp_path / "kept.toml", []
    names = iter(["", str(path), str(tmp_path / "second.toml")])  # the first time nobody says where to
    monkeypatch.setattr("visualizer.gui.document.asking.QFileDialog.getSaveFileName", lambda *a: (next(names), ""))
    answer = [QMessageBox.StandardButton.Cancel]

    def question(_, title, text, *args):
        if title == "Unsaved changes":
            return QMessageBox.StandardButton.Discard
        asked.append(text)
        return answer[0]

    monkeypatch.setattr("visualizer.gui.commands.lecture.QMessageBox.question", question)
    window.commands.record()
    qtbot.wait(100)
    window.commands.record()
    qtbot.waitUntil(lambda: "is not saved" in window.desk.banner.text.text())
    window.commands.record()
    assert not window.presenter.recording
    answer[0] = QMessageBox.StandardButton.Save
    window.commands.record()
    assert window.presenter.recording
    assert load_script(path).script.events[0].at == 0
    qtbot.wait(50)
    window.close()
    assert len(asked) == 3
    assert not window.isVisible()
    first = load_script(tmp_path / "second.toml").script.events
    assert any(e.at == 0 and e.step is not None for e in first)


def test_formulas_set_by_many_threads_at_once_are_right():
    """The library keeps glyphs of its font without a lock; each formula must come out as it does alone."""
    texts = [rf"\sigma^2 + x^* = \alpha_{{{i}}} * {i}" for i in range(24)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda tex: typeset(tex, "#123456", 20.0), texts))
    typeset.cache_clear()
    assert together == [typeset(tex, "#123456", 20.0) for tex in texts]


def test_a_tour_cannot_take_the_users_work(make_window, three_modes, tour, tmp_path, qtbot):
    """Saving during a tour asks for another file, and closing asks about what is not saved."""
    window = make_window(three_modes)
    path = tmp_path / "mine.toml"
    window.desk.files.save_to(path)
    qtbot.waitUntil(lambda: window.desk.files.path == path)
    window.desk.store.edit(window.desk.store.scene.with_(seed=5), "seed")
    window.presenter.begin(tour)
    assert window.desk.files.path is None
    press(window, KEY.Key_End)
    qtbot.waitUntil(lambda: title(window) == "Four")
    window.desk.files.open_path("hamiltonian")  # another scene ends the tour before it comes
    qtbot.waitUntil(lambda: not window.presenter.active and window.desk.store.scene.sampler.kind == "hmc")
    window.desk.store.undo()
    assert (window.desk.store.scene.seed, window.desk.store.scene.title) == (5, three_modes.title)
    window.desk.store.mark_saved(window.desk.store.scene)


def test_a_pause_is_for_its_own_stop(make_window, three_modes, tmp_path, qtbot):
    (tmp_path / "mine.toml").write_text(THREE_MODES)
    text = (
        '[[stops]]\nscene = "mine.toml"\ntitle = "A"\nplay = true\n'
        '[[stops]]\ntitle = "B"\nrestart = true\nplay = true\nuntil = 25\n'
    )
    window = make_window(three_modes)
    window.presenter.begin(parse_tour(text, "t", tmp_path))
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step > 40)
    press(window, KEY.Key_Right)
    qtbot.waitUntil(lambda: not window.desk.playing)
    assert 25 <= window.desk.pictures[0].moment.step < 40  # not at once, for the steps of the stop before
    press(window, KEY.Key_Space)  # and it can be played on by hand
    qtbot.waitUntil(lambda: window.desk.pictures[0].moment.step > 45)
    window.presenter.end()


def test_captions_fetch_nothing_and_show_faulty_formulas_as_they_are(qtbot, tmp_path):
    secret = tmp_path / "secret.png"
    QImage(40, 30, QImage.Format.Format_RGB32).save(str(secret))
    words = Words()
    qtbot.addWidget(words)
    words.resize(600, 100)
    words.show()
    words.show_words(f"See ![x]({secret}) and $\\frac{{a$ and $b^2$", DARK, 20, 500)
    qtbot.waitUntil(lambda: "See" in words.toPlainText())
    assert "frac" in words.toPlainText()
    assert words.toPlainText().count("\ufffc") == 1  # the formula, not the picture
    assert not words.document().resource(QTextDocument.ResourceType.ImageResource, "formula:1").isNull()
