"""A study in its dialog: it fills in, is stopped and goes on, opens its runs, and is saved as a picture."""

from __future__ import annotations

import multiprocessing

import pytest
from PySide6.QtCore import QPointF, Qt

from tests.engine.test_studies import BASE, inline  # noqa: F401  # a fixture
from tests.gui.test_experiments import opened
from visualizer.gui.experiments.study import StudyDialog


@pytest.fixture
def dialog(make_window, three_modes, qtbot, tmp_path):
    window = make_window(three_modes)
    found = opened(window, qtbot, "study")
    assert isinstance(found, StudyDialog)
    assert found.study.findData("walk-and-jump") >= 0
    file = tmp_path / "small.toml"
    file.write_text(BASE)
    found.study.insertItem(0, "small", str(file))
    found.study.setCurrentIndex(0)
    found._folder = tmp_path / "out"
    yield found
    found.reject()


def test_it_fills_in_and_a_double_click_opens_a_run(dialog, qtbot, tmp_path, inline):  # noqa: F811
    dialog.jobs.show_value(1)
    dialog.measure()
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert "18 of 18 runs." in dialog.status.text()
    qtbot.waitUntil(lambda: len(dialog._lines) == 2)
    assert {line.name for line, _ in dialog._lines} == {"Langevin", "MALA"}
    assert (tmp_path / "out" / "small" / "results.parquet").exists()
    dialog.along.setCurrentIndex(dialog.along.findData("evaluations"))
    dialog.along.activated.emit(0)
    qtbot.waitUntil(lambda: len(dialog._lines) == 6)
    dialog.along.setCurrentIndex(0)
    dialog.along.activated.emit(0)
    qtbot.waitUntil(lambda: len(dialog._lines) == 2)
    line, curve = dialog._lines[1]
    x, y = (float(v[1]) for v in curve.getData())
    view = dialog.chart.getViewBox()
    place = dialog.plots.mapFromScene(view.mapViewToScene(QPointF(x, y)))
    before = dialog.desk.scene
    qtbot.mouseClick(dialog.plots.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(dialog.plots.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseRelease(dialog.plots.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: dialog.desk.scene != before)
    scene = dialog.desk.scene
    assert scene.sampler.kind == "mala"
    assert scene.sampler.step == line.x[1] == 0.1
    assert scene.title.startswith("Small")
    dialog.desk.store.undo()
    assert dialog.desk.scene == before
    line = min((line for line, _ in dialog._lines), key=lambda line: line.median.min())
    best = (line.name.lower(), float(line.x[line.median.argmin()]))
    dialog.best.click()
    qtbot.waitUntil(lambda: dialog.desk.scene != before)
    assert (dialog.desk.scene.sampler.kind, dialog.desk.scene.sampler.step) == best
    assert dialog.desk.scene.with_(sampler=before.sampler) == before
    dialog.desk.store.undo()
    for ending, begins in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        dialog.save_to(tmp_path / f"plot{ending}")
        qtbot.waitUntil(lambda ending=ending: (tmp_path / f"plot{ending}").exists())
        assert (tmp_path / f"plot{ending}").read_bytes().startswith(begins)
    dialog.save_to(tmp_path / "plot.bmp")
    assert "expected a name that ends in" in dialog.status.text()


def test_a_stop_ends_the_processes_and_what_is_done_is_kept(dialog, qtbot, tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(BASE.replace("count = 60", "count = 20000").replace("at = [2, 5]", "at = [2, 2000]"))
    dialog.jobs.show_value(1)
    dialog.measure()
    qtbot.waitUntil(lambda: dialog._state is not None and bool(multiprocessing.active_children()))
    dialog.close_button.click()
    assert not dialog.runner.running
    qtbot.waitUntil(lambda: not multiprocessing.active_children())
    qtbot.waitUntil(lambda: not list((tmp_path / "out").rglob("*.taken")))  # nobody waits for it
    assert dialog.status.text().startswith("Cancelled.")
