"""The page with all families: what it shows, and that a row is watched in the picture."""

from __future__ import annotations

import dataclasses

import numpy as np

from visualizer.engine.findings.families import Families, Family
from visualizer.gui.experiments.families import FamiliesPage


def family(title, **more):
    rng = np.random.default_rng(len(title))
    made = Family(
        title, "gan", "session/1", "vp-cosine", 1, 1234, 5.0, 0.4, 0.2, 0.1, True, 0.3, 0.012,
        np.array([0.7, 0.3, 0.0]), 1, ((1, 0.3),), rng.normal(size=(50, 2)).astype(np.float32),
    )  # fmt: skip
    return dataclasses.replace(made, **more)


def known(*found, done=1.0):
    exact = family(
        "Exact denoisers", kind="exact", net="", kl=0.0, golf=((1, 2.0), (2, 1.0)), occupancy=None, dropped=None
    )
    return Families(found, exact, 0.05, 0.2, done, "GAN", (("Flow", "no numbers"),))


def test_a_family_is_shown_by_number_in_all_places(make_window, qtbot, three_modes):
    window = make_window(three_modes)
    page = FamiliesPage(window.desk)
    qtbot.addWidget(page)
    done, said = page.draw(known(family("GAN"), done=0.5))
    assert done == 0.5
    assert "Flow could not be trained: no numbers" in said
    both = known(family("GAN"), family("Bridge", about=False, kl=None, net="session/2"))
    page.draw(both)
    rows = [[page.table.item(r, c).text() for c in range(page.table.columnCount())] for r in range(3)]
    assert rows[0][:2] == ["Exact denoisers", "1"]
    assert rows[1][0] == "1  GAN"
    assert rows[1][4:7] == ["≈ 0.400", "≈ 0.200", "≈ 0.100"]
    assert rows[1][8:] == ["1.2", "70 30 0", "1"]
    assert rows[2][0] == "2  Bridge"
    assert rows[2][4] == "–"
    assert set(page._pictures) == {"Exact denoisers", "GAN", "Bridge"}
    page.draw(both)
    assert len(page._pictures) == 3, "nothing is drawn twice"


def test_a_row_is_watched(make_window, qtbot, three_modes, monkeypatch):
    window = make_window(three_modes)
    page = FamiliesPage(window.desk)
    qtbot.addWidget(page)
    page.draw(known(family("GAN", process="linear", strokes=4)))
    edits = []
    monkeypatch.setattr(window.desk, "edit_picture", lambda scene, text: edits.append((scene, text)))
    page._watch(0)
    assert not edits
    assert "target's own" in page.status.text()
    page._watch(1)
    ((scene, text),) = edits
    assert text == "watch GAN"
    assert (scene.field.file, scene.sampler.kind, scene.sampler.strokes, scene.process.kind) == (
        "session/1", "strokes", 4, "linear",
    )  # fmt: skip
    monkeypatch.undo()


def test_training_again_begins_from_nothing(make_window, qtbot, three_modes):
    page = FamiliesPage(make_window(three_modes).desk)
    qtbot.addWidget(page)
    page.draw(known(family("GAN")))
    page.clear()
    assert page.table.rowCount() == 0
    assert not page._pictures
    assert not page.passing
