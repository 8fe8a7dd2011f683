"""A new kind is a file: each of those in `tests/house` is put beside the others, and is then everywhere.

The files are written as the rooms' docstrings say. No file of the program names them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.test_experiments import opened
from tests.pictures import Seen
from visualizer.cli import main
from visualizer.engine.drawings import Curve, Lines
from visualizer.engine.experiments import training_process
from visualizer.engine.experiments.training import training
from visualizer.engine.frame import Viewport
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.gui.words.equations import equation
from visualizer.scene import parse_scene
from visualizer.scene.files import dump_scene
from visualizer.scene.layers import layer_names

HOUSE = Path(__file__).parents[1] / "house"
VIEW = Viewport(-6, 6, -5, 5, 60, 50)
#: What is drawn of the layer's pen, as text in an SVG and as B, G, R in a picture.
PINK = "#ff00ff"


@pytest.fixture
def moved_in(request):
    """The files of a kind, as if they lay in the rooms of their folders."""
    name, rooms = request.param
    registers = []
    for room in rooms:
        package = import_module("visualizer." + room.replace("/", "."))
        package.__path__.append(str(HOUSE / room))
        found = (r for r in vars(package).values() if getattr(r, "_package", "") == package.__name__)
        registers.append(next(found, {}))  # the engine's half of an experiment is called by its address
        len(registers[-1])  # finds the files that are there, the new one too
        import_module(f"{package.__name__}.{name}")  # where the others had been found before
    yield name
    for room, register in zip(rooms, registers, strict=True):
        package = sys.modules["visualizer." + room.replace("/", ".")]
        package.__path__.pop()
        for kind in [k for k in register if k == name]:
            register.remove(kind)
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)


def moving_in(name, *rooms):
    return pytest.mark.parametrize("moved_in", [(name, rooms)], indirect=True, ids=[name])


def chosen(window, choice, kind):
    """Chooses an entry of a list as the mouse would."""
    at = choice.findData(kind)
    assert at >= 0, f"{kind} is not in the list"
    choice.setCurrentIndex(at)
    choice.activated.emit(at)


def exported(scene, tmp_path, suffix=".png"):
    """What `visualizer render` writes of a scene."""
    source, out = tmp_path / "scene.toml", tmp_path / f"out{suffix}"
    source.write_text(dump_scene(scene))
    assert main(["render", str(source), "-o", str(out), "--size", "320x240", "--frames", "3", "--device", "cpu"]) == 0
    return out


@moving_in("tamed", "scene/samplers", "samplers")
def test_a_sampler(moved_in, make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    card = window.desk.cards.sampler
    chosen(window, card.kind, "tamed")
    scene = window.desk.scene
    assert scene.sampler.kind == "tamed"
    assert not card.form.fields["step"].isHidden()
    assert any("1 +" in line for line in equation(scene, window.desk.theme, None, False))
    window.desk.player.step_by(3)
    qtbot.waitUntil(lambda: window.desk.pictures and window.desk.pictures[0].moment.step == 3)
    again = parse_scene(dump_scene(scene))
    assert again == scene
    # Its law on N(0, 1).
    gaussian = {"weights": [1.0], "means": [0.0], "covariances": [1.0], "kind": "mixture"}
    run = Simulation(
        again.with_(
            target=gaussian, sampler={"kind": "tamed", "step": 0.01}, particles={"count": 20_000, "start": {"kind": "target"}}
        ),
        "cpu",
    )  # fmt: skip
    run.advance(500)
    # −2 E x² + 2h E|x|³ + 2 + h E x² = 0 to first order in h, with E|x|³ = √(8/π).
    expected = 1 + 0.01 * (np.sqrt(8 / np.pi) + 0.5)
    assert abs(float(run.state.x.var()) - expected) < 4 * expected * np.sqrt(2 / 20_000)
    assert exported(scene, tmp_path).stat().st_size > 1000
    window.desk.store.undo()
    assert window.desk.scene == three_modes


@moving_in("square", "scene/processes", "processes")
def test_a_process(moved_in, make_window, three_modes, tmp_path):
    window = make_window(three_modes)
    chosen(window, window.desk.cards.noise.process, "square")
    scene = window.desk.scene
    assert window.desk.cards.noise.formula.text() == "α = 1,  σ = t²"
    forward = parse_scene(dump_scene(scene)).with_(sampler={"kind": "forward", "steps": 10})
    run = Simulation(forward, "cpu")
    run.advance(10)
    assert run.process.sigma(0.5) == 0.25
    target = run.density.covariance.diagonal()
    variance, n = run.state.x.double().var(dim=1), run.state.x.shape[1]
    assert float(((variance - target - 1.0) / (target + 1.0)).abs().max()) < 4 * np.sqrt(2 / n)
    assert exported(forward, tmp_path).stat().st_size > 1000
    window.desk.store.undo()
    assert window.desk.scene == three_modes


@moving_in("twins", "scene/targets", "engine/targets")
def test_a_target(moved_in, make_window, three_modes, tmp_path, qtbot):
    window = make_window(three_modes)
    card = window.desk.cards.target
    chosen(window, card.kind, "twins")
    qtbot.waitUntil(lambda: window.desk.scene.target.kind == "twins")
    assert not card.forms["twins"].isHidden()
    scene = parse_scene(dump_scene(window.desk.scene))
    assert scene.target == window.desk.scene.target
    stage = Stage(scene, "cpu")
    x = stage.simulation.density.sample(10_000, generator=torch.Generator().manual_seed(0))
    assert abs(float(x[:, 0].var()) - (1 + 2.5**2)) < 4 * (1 + 2.5**2) * np.sqrt(2 / 10_000)
    assert "density" in Seen(stage.picture(VIEW)).images
    assert exported(scene, tmp_path).stat().st_size > 1000
    qtbot.waitUntil(lambda: window.desk.pictures[0].occupancy is not None)
    window.desk.store.undo()
    assert window.desk.scene == three_modes


@moving_in("middle", "scene/layers", "engine/layers")
@pytest.mark.parametrize("d", [2, 1])
def test_a_layer(moved_in, make_window, three_modes, two_wells, tmp_path, d):
    assert layer_names(d)[-1] == "middle"
    first = three_modes if d == 2 else two_wells.with_(view=two_wells.view.with_(picture="line"))
    window = make_window(first)
    layers = window.desk.cards.layers
    titles = [layers.list.item(i).text() for i in range(layers.list.count())]
    assert "Mean" in titles
    layers.toggle("middle")
    scene = parse_scene(dump_scene(window.desk.scene))
    assert "middle" in (scene.layers.plane if d == 2 else scene.layers.line)
    (drawn,) = Stage(scene, "cpu").picture(VIEW).layers["middle"]
    assert isinstance(drawn, Lines if d == 2 else Curve)
    assert PINK in exported(scene, tmp_path, ".svg").read_text()
    image = QImage(str(exported(scene, tmp_path, ".png")))
    colours = {image.pixelColor(i, j).name() for i in range(image.width()) for j in range(0, image.height(), 7)}
    assert PINK in colours
    window.desk.store.undo()
    assert window.desk.scene == first


@moving_in("linear", "scene/networks", "learning/networks")
def test_a_network_and_with_it_a_model(moved_in, make_window, three_modes, qtbot, tmp_path, monkeypatch):
    # The process that trains would find the file in its room; it does not know where this test keeps the file.
    monkeypatch.setattr(training_process, "training_beside", training)
    gaussian = {"kind": "mixture", "weights": [1.0], "means": [[0.0, 0.0]], "covariances": [[[1.0, 0.0], [0.0, 1.0]]]}
    scene = three_modes.with_(
        target=gaussian, process={"kind": "vp-cosine"}, training={"steps": 200, "batch": 256, "rate": 0.02}
    )
    window = make_window(scene)
    dialog = opened(window, qtbot, "training")
    chosen(window, dialog.form.fields["network"], "linear")
    qtbot.waitUntil(lambda: window.desk.scene.training.network == "linear")
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.runner.running)
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert window.desk.scene.field.kind == "learned"
    saved = tmp_path / "net.safetensors"
    dialog.save_to(saved)
    qtbot.waitUntil(saved.exists)
    dialog.reject()
    run = Simulation(scene.with_(field={"kind": "learned", "file": str(saved)}), "cpu")
    # Its law: of N(0, I) the posterior mean is α x/(α² + σ²), so the gain is 1.
    assert run.net.words.startswith("A linear denoiser")
    gain = float(run.net.weights["gain"])
    assert gain == pytest.approx(1.0, abs=0.05)
    assert exported(run.scene, tmp_path).stat().st_size > 1000
    window.desk.store.undo()
    assert window.desk.scene.field.kind == "exact"


@moving_in("coins", "engine/experiments", "gui/experiments")
def test_an_experiment(moved_in, make_window, three_modes, qtbot):
    window = make_window(three_modes)
    assert "coins" in window.menus.actions
    QTest.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    dialog = opened(window, qtbot)
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert dialog.status.text().endswith("heads of 100.")
    assert len(dialog.curves["heads"].getOriginalDataset()[0]) == 100
    dialog.reject()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
