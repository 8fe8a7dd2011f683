"""Everything has place at 200 % on a screen of 1920 x 1080, and at 100 % on one of 1366 x 768."""

from __future__ import annotations

import importlib
import pkgutil
from itertools import chain

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QDialog, QScrollArea

import visualizer.gui
from visualizer.gui.experiments import EXPERIMENTS
from visualizer.gui.widgets.dialog import Dialog
from visualizer.scene.presets import load_scene, preset_names

#: What is left of 1920 x 1080 at 200 %, and of 1366 x 768, in pixels of the program.
SCREENS = (QSize(960, 540), QSize(1366, 768))
#: All of it, for type that becomes twice as large while the program runs.
WHOLE = (QSize(1920, 1080),)
#: They ask for a network that has codes.
CODES = ("latents", "nats")
COMMANDS = (
    "show_help", "show_manual", "edit_caption", "show_gallery", "export_video", "export_numbers", "show_plugins",
    "recover", "show_code", "show_large_fourier", "save_picture",
)  # fmt: skip


def test_all_dialogs_are_of_the_one_kind_that_fits_the_screen():
    for module in pkgutil.walk_packages(visualizer.gui.__path__, "visualizer.gui."):
        importlib.import_module(module.name)
    found, left = set(), [QDialog]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.__module__.startswith("visualizer.") and kind is not Dialog:
            found.add(kind)
    assert len(found) >= 20
    assert [kind.__name__ for kind in found if not issubclass(kind, Dialog)] == []


def be_on(screen: QSize, monkeypatch) -> None:
    monkeypatch.setattr(Dialog, "room", lambda self: QRect(0, 0, screen.width(), screen.height()))


def sticking_out(dialog: QDialog, monkeypatch, screens=SCREENS) -> list[str]:
    """What does not fit of a dialog, on the screens; what it holds is reached by scrolling at most."""
    out = []
    for screen in screens:
        be_on(screen, monkeypatch)
        dialog.hide()
        dialog.move(screen.width(), screen.height())
        dialog.show()
        if not QRect(0, 0, screen.width(), screen.height()).contains(dialog.geometry()):
            out.append(f"{type(dialog).__name__}: {dialog.geometry()} on {screen}")
        out += [
            f"{type(dialog).__name__}: {area.widget()} wants {area.widget().minimumSizeHint().width()} across"
            for area in dialog.findChildren(QScrollArea)
            if area.isVisible() and area.widget().minimumSizeHint().width() > screen.width()
        ]
    return out


@pytest.mark.parametrize(("magnification", "screens"), [(1.0, SCREENS), (2.0, WHOLE)])
def test_every_dialog_fits_the_screens(make_window, qtbot, monkeypatch, magnification, screens):
    window = make_window(load_scene("trapped").with_(particles={"count": 100}))
    window.resize(screens[0])
    while window.desk.settings.magnification < magnification:
        window.commands.larger()
    be_on(screens[0], monkeypatch)
    out = []
    for name in COMMANDS:
        getattr(window.commands, name)()
        qtbot.waitUntil(lambda: any(d.isVisible() for d in window.findChildren(Dialog)))
        for dialog in window.findChildren(Dialog):
            if dialog.isVisible():
                out += sticking_out(dialog, monkeypatch, screens)
                dialog.reject()
        qtbot.wait(20)
    assert out == []


@pytest.mark.parametrize("kind", list(EXPERIMENTS))
def test_every_experiment_fits_both_screens(make_window, qtbot, monkeypatch, kind, two_wells):
    scenes = [load_scene("two-latents")] if kind in CODES else chain((two_wells,), map(load_scene, preset_names()))
    scene = next(scene for scene in scenes if not EXPERIMENTS[kind].refusal(scene))
    window = make_window(scene.with_(particles={"count": 100}))
    window.commands.experiment(kind)
    qtbot.waitUntil(lambda: any(e.kind == kind for e in window.commands.experiments))
    dialog = next(e for e in window.commands.experiments if e.kind == kind)
    dialog.stop()
    if window.desk.dock.holds(dialog):
        window.resize(SCREENS[0])
        assert window.size() == SCREENS[0], "docked, it asks for no more than there is"
        dialog.move_button.click()
    assert sticking_out(dialog, monkeypatch) == []
    dialog.reject()


def test_the_window_itself_fits_the_smallest_screen(make_window, three_modes):
    window = make_window(three_modes)
    assert window.minimumSizeHint().boundedTo(SCREENS[0]) == window.minimumSizeHint()
    window.resize(SCREENS[0])
    assert window.size() == SCREENS[0]
    assert window.desk.transport.scrubber.width() >= 90
