"""Training and following networks in the window."""

from __future__ import annotations

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.gui.test_experiments import opened
from visualizer.engine.experiments.training import plan_of, training
from visualizer.engine.run.net_files import save_net
from visualizer.engine.targets.base import build_density
from visualizer.scene import load_scene
from visualizer.scene.compare import with_target
from visualizer.scene.targets.shape import ShapeTarget

SMALL = {"width": 16, "depth": 2, "steps": 100, "batch": 64}


@pytest.fixture
def scene(three_modes):
    return three_modes.with_(
        process={"kind": "vp-cosine"}, sampler={"kind": "ddim", "steps": 10}, particles={"count": 200}, training=SMALL
    )


@pytest.fixture
def net_file(scene, tmp_path):
    *_, end = training(scene)
    path = tmp_path / "net.safetensors"
    save_net(end.net, path)
    return path


def train(window, qtbot, **changes):
    dialog = opened(window, qtbot, "training")
    for name, value in changes.items():
        dialog._changed(name, value)
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog._name != "" or not dialog.runner.running)
    return dialog


def test_the_picture_follows_a_network_as_it_learns(make_window, scene, qtbot, tmp_path):
    window = make_window(scene)
    dialog = train(window, qtbot)
    assert window.desk.store.scene.field.file == dialog._name
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert "Step 100 of 100" in dialog.status.text()
    x, loss = dialog.curves["loss"].getOriginalDataset()
    assert len(x) == len(loss) > 10
    assert dialog.curves["error"].getOriginalDataset()[1][-1] < 1
    stage = window.desk.player.engine.host.stages[0]
    newest = window.desk.player.engine.host.shelf.get(window.desk.store.scene.field)
    qtbot.waitUntil(lambda: stage.simulation.net is newest)
    # The slider over checkpoints looks at earlier ones, with undo.
    panel = window.desk.cards.field
    qtbot.waitUntil(lambda: panel._facts is not None and panel._facts.checkpoints[-1] == 100)
    assert panel.checkpoint.isVisible()
    panel.checkpoint.edited.emit(20)
    assert window.desk.store.scene.field.checkpoint == 20
    qtbot.waitUntil(
        lambda: stage.simulation.net is window.desk.player.engine.host.shelf.get(window.desk.store.scene.field)
    )
    window.desk.store.undo()
    assert window.desk.store.scene.field.checkpoint is None
    # Saving the scene keeps the network beside it.
    window.desk.files.save_to(tmp_path / "mine.toml")
    qtbot.waitUntil(lambda: (tmp_path / "mine.toml").exists())
    again = load_scene(tmp_path / "mine.toml")
    assert again.field.file == str(tmp_path / "mine-1.safetensors")
    dialog.save_to(tmp_path / "net.safetensors")
    qtbot.waitUntil(lambda: "Saved to" in dialog.status.text())
    window.desk.store.undo()
    assert window.desk.store.scene.field.kind == "exact"
    dialog.reject()


def test_training_pauses_goes_on_and_stops(make_window, scene, qtbot):
    window = make_window(scene)
    dialog = train(window, qtbot, steps=100_000)
    dialog.pause.click()
    assert dialog.pause.text() == "Go on"
    assert dialog.status.text().startswith("Paused.")
    said = ""
    for _ in range(20):  # what was on its way when it was paused may still come
        if dialog.status.text() == said:
            break
        said = dialog.status.text()
        qtbot.wait(500)
    assert dialog.status.text() == said
    dialog.pause.click()
    qtbot.waitUntil(lambda: dialog.status.text() != said)
    assert not dialog.form.isEnabled()
    dialog.close_button.click()
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert dialog.status.text().startswith("Stopped; the network stays as it is.")
    assert dialog.form.isEnabled()
    assert window.desk.store.scene.field.kind == "learned"
    dialog.reject()


def test_closing_the_window_ends_a_training(make_window, scene, qtbot):
    window = make_window(scene)
    dialog = train(window, qtbot, steps=100_000)
    window.desk.store.mark_saved(window.desk.store.scene)
    window.close()
    assert not dialog.runner.running


def test_only_controls_that_apply_are_shown_and_choices_take_others_along(make_window, scene, qtbot):
    window = make_window(scene)
    dialog = opened(window, qtbot, "training")

    def shown():
        return {name for name, widget in dialog.form.fields.items() if not widget.isHidden()}

    assert {"prediction", "weighting", "width"} <= shown()
    assert not {"components", "level"} & shown()
    dialog._changed("network", "attention")
    assert {"components", "rank"} <= shown()
    assert not {"prediction", "width"} & shown()
    dialog._changed("objective", "noise-contrastive")
    assert window.desk.store.scene.training.network == "energy"
    assert "level" in shown()
    assert "changed, too" in dialog.status.text()
    window.desk.store.undo()
    assert window.desk.store.scene.training.network == "attention"
    assert "components" in shown()
    dialog.reject()


def test_following_a_file_greys_out_what_needs_log_p(make_window, scene, net_file, qtbot):
    window = make_window(scene)
    window.desk.cards.field.load_file(str(net_file))
    qtbot.waitUntil(lambda: window.desk.store.scene.field.kind == "learned")
    choice = window.desk.cards.sampler.kind

    def enabled(kind):
        return choice.model().item(choice.findData(kind)).isEnabled()

    qtbot.waitUntil(lambda: not enabled("mala"))
    assert enabled("langevin")
    assert enabled("svgd")
    assert "Needs log p" in choice.model().item(choice.findData("hmc")).toolTip()
    window.desk.cards.field.kind.setCurrentIndex(0)
    window.desk.cards.field.kind.activated.emit(0)
    assert window.desk.store.scene.field.kind == "exact"
    assert enabled("mala")
    window.desk.cards.field.kind.setCurrentIndex(1)
    window.desk.cards.field.kind.activated.emit(1)
    assert window.desk.store.scene.field.file == str(net_file)
    # Nor does another target change what is followed: that is told.
    rings = ShapeTarget(name="rings")
    window.desk.cards.target.adopt(rings, "another target")
    assert window.desk.store.scene.field.file == str(net_file)
    assert "has learned another target" in window.desk.banner.text.text()
    window.commands.add_picture()
    assert not window.desk.store.scene.panels[1].sampler.needs_log_prob
    window.desk.store.undo()
    window.desk.store.undo()
    # Another one does not take its place: both can be followed again.
    window.desk.store.edit(
        window.desk.store.scene.with_(field={"kind": "learned", "file": "three-modes.safetensors"}), "another"
    )
    assert [window.desk.cards.field.kind.itemData(i) for i in range(3)] == [
        "exact",
        str(net_file),
        "three-modes.safetensors",
    ]
    window.commands.change_dimension()  # a network is for one dimension
    assert window.desk.store.scene.field.kind == "exact"


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\x80\x04\x95abc", b"nonsense", b""])
def test_files_that_are_no_networks_change_nothing(make_window, scene, tmp_path, qtbot, content):
    window = make_window(scene)
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    window.desk.cards.field.load_file(str(path))
    qtbot.waitUntil(window.desk.banner.isVisible)
    assert "The score that was followed is kept." in window.desk.banner.text.text()
    assert "field.file" not in window.desk.banner.text.text()
    assert window.desk.store.scene == scene


def test_a_scene_whose_network_is_gone_says_so_and_keeps_the_picture(make_window, scene, qtbot):
    window = make_window(scene)
    window.desk.store.edit(scene.with_(field={"kind": "learned", "file": "session/777"}), "follow nothing")
    qtbot.waitUntil(window.desk.banner.isVisible)
    assert "another session" in window.desk.banner.text.text()
    window.desk.banner.action.click()
    assert window.desk.store.scene == scene
    assert not window._crashed


def test_a_network_is_judged_in_its_dialog(make_window, scene, net_file, qtbot, monkeypatch):
    from visualizer.engine.experiments import judging

    monkeypatch.setattr(judging, "STEPS", 10)
    monkeypatch.setattr(judging, "_GRID_2D", 12)
    monkeypatch.setattr(judging, "_LIKELY", 20)
    window = make_window(scene)
    window.commands.experiment("judging")
    assert "no network to judge" in window.desk.banner.text.text()
    window.desk.cards.field.load_file(str(net_file))
    qtbot.waitUntil(lambda: window.desk.store.scene.field.kind == "learned")
    window.desk.cards.field.judge.click()
    dialog = opened(window, qtbot)
    qtbot.waitUntil(lambda: not dialog.runner.running)
    assert dialog.status.text() == "Judged."
    found = {dialog.table.item(i, 0).text(): dialog.table.item(i, 1).text() for i in range(dialog.table.rowCount())}
    assert any(name.startswith("largest E|s_θ − s|², at t = ") for name in found)
    assert "integral of its density" in found
    assert {"W₂ of samples", "W₂ by the exact score, same steps", "KL(p ‖ network), nats"} <= set(found)
    assert len(dialog.curves["fisher"].getOriginalDataset()[0]) == 32
    dialog.reject()
    QApplication.processEvents()


def test_guidance_is_chosen_weighed_and_taken_back(make_window, scene, qtbot):
    window = make_window(scene)
    panel = window.desk.cards.field
    assert [panel.guidance.itemText(i) for i in range(panel.guidance.count())] == [
        "No guidance", "Towards component 1", "Towards component 2", "Towards component 3", "Away from a worse network…",
    ]  # fmt: skip
    assert not panel.weight.isVisible()
    panel.guidance.setCurrentIndex(3)
    panel.guidance.activated.emit(3)
    assert (window.desk.store.scene.guidance.kind, window.desk.store.scene.guidance.label) == ("class", 2)
    assert "tilted" in window.desk.store.scene.layers.plane
    panel.weight.edited.emit(3.5)
    assert window.desk.store.scene.guidance.weight == 3.5
    canvas = window.desk.figure.canvases[0]
    qtbot.waitUntil(lambda: "tilted" in canvas.picture.layers)
    # Without its component there is nothing to push towards.
    window.desk.cards.target.mixture.remove_selected()
    assert window.desk.store.scene.guidance.kind == "none"
    for _ in range(3):
        window.desk.store.undo()
    assert window.desk.store.scene == scene


def test_a_worse_network_is_pushed_away_from(make_window, scene, net_file, tmp_path, qtbot):
    window = make_window(scene)
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    window.desk.cards.field.push_away_from(str(tmp_path / "bad.safetensors"))
    qtbot.waitUntil(window.desk.banner.isVisible)
    assert window.desk.store.scene == scene
    window.desk.cards.field.push_away_from(str(net_file))
    qtbot.waitUntil(lambda: window.desk.store.scene.guidance.kind == "auto")
    stage = window.desk.player.engine.host.stages[0]
    qtbot.waitUntil(lambda: stage.simulation.scene == window.desk.store.scene)
    assert not window.desk.cards.field.weight.isHidden()
    assert window.desk.cards.field.guidance.currentText() == "Away from net.safetensors"
    window.desk.store.undo()
    assert window.desk.store.scene == scene


def test_a_network_of_this_session_is_exported_with_its_scene(make_window, scene, qtbot, tmp_path):
    *_, end = training(scene)
    window = make_window(scene)
    name = window.desk.player.engine.host.shelf.begin()
    window.desk.player.engine.host.shelf.add(name, 100, end.net)
    window.desk.edit(scene.with_(field={"kind": "learned", "file": name}), "follow the network")
    window.commands.export_video()
    qtbot.waitUntil(lambda: window.commands._export is not None)
    dialog = window.commands._export
    dialog.frames.setValue(2)
    dialog.dimensions.show_value("640x400")
    out = tmp_path / "run.mp4"
    dialog.export_to(out)
    qtbot.waitUntil(lambda: not dialog.running)
    assert out.exists(), dialog.status.text()
    dialog.reject()


def test_a_network_alone_is_followed_and_what_needs_a_truth_says_so(make_window, three_modes, tmp_path, qtbot):
    path = tmp_path / "alone.toml"
    path.write_text('[field]\nkind = "learned"\nfile = "three-modes.safetensors"\n[particles]\ncount = 200\n')
    window = make_window(load_scene(path))
    scene = window.desk.store.scene
    window.desk.player.step_by(2)
    qtbot.waitUntil(lambda: window.desk.pictures and window.desk.pictures[0].moment.step == 2)
    assert "density" not in window.desk.pictures[0].layers
    assert window.desk.cards.target.kind.value == "unknown"
    assert window.desk.cards.fourier.isHidden()
    assert window.desk.cards.diagnostics.isHidden()
    shown = [
        window.desk.cards.layers.list.item(i).data(Qt.ItemDataRole.UserRole)
        for i in range(window.desk.cards.layers.list.count())
    ]
    assert "flow" in shown
    assert not {"density", "contours", "error"} & set(shown)
    for kind in ("training", "judging", "tradeoff"):
        window.desk.banner.hide()
        window.commands.experiment(kind)
        assert window.desk.banner.isVisible(), kind
    for command in ("toggle_fourier", "toggle_band", "change_dimension"):
        window.desk.banner.hide()
        getattr(window.commands, command)()
        assert window.desk.banner.isVisible() != command.startswith("toggle")
    window.desk.cards.field.kind.setCurrentIndex(window.desk.cards.field.kind.findData("exact"))
    window.desk.cards.field.kind.activated.emit(0)
    assert "no target" in window.desk.banner.text.text()
    assert window.desk.store.scene == scene
    assert (
        not window.desk.cards.sampler.start.kind.model()
        .item(window.desk.cards.sampler.start.kind.findData("target"))
        .isEnabled()
    )
    # A truth to hold it against, and away with it again.
    window.desk.cards.target.kind.setCurrentIndex(window.desk.cards.target.kind.findData("mixture"))
    window.desk.cards.target.kind.activated.emit(0)
    qtbot.waitUntil(lambda: window.desk.store.scene.target.kind == "mixture")
    qtbot.waitUntil(lambda: "density" in window.desk.pictures[0].layers)
    assert window.desk.store.scene.field == scene.field
    window.desk.cards.target.kind.setCurrentIndex(window.desk.cards.target.kind.findData("unknown"))
    window.desk.cards.target.kind.activated.emit(0)
    qtbot.waitUntil(lambda: window.desk.store.scene.target == scene.target)
    window.desk.store.edit(three_modes, "an exact field")
    assert not window.desk.cards.target.kind.model().item(window.desk.cards.target.kind.findData("unknown")).isEnabled()


def test_a_source_that_does_not_suit_the_target_is_refused_in_a_sentence(make_window, two_wells):
    window = make_window(two_wells)
    window.commands.experiment("training")
    dialog = next(e for e in window.commands.experiments if e.kind == "training")
    dialog._changed("network", "bridge")
    before = window.desk.scene
    dialog._changed("source", "two-moons")
    assert window.desk.scene == before
    assert "as many dimensions as the target" in dialog.status.text()
    dialog.reject()


def test_the_target_of_now_becomes_what_a_network_begins_at(make_window, three_modes, qtbot):
    window = make_window(three_modes)
    dialog = opened(window, qtbot, "training")
    assert dialog.begin_here.isHidden()
    dialog._changed("network", "interpolant")
    dialog.begin_here.click()
    window.desk.edit_picture(with_target(window.desk.shown, load_scene("two-moons").target), "target")
    assert dialog.form.fields["source"].isHidden()
    plan = plan_of(window.desk.shown)
    x = torch.linspace(-3, 3, 14).reshape(7, 2)
    law = build_density(three_modes.target)
    assert torch.equal(plan.source.log_prob(x), law.log_prob(x))
    dialog.begin_here.click()
    assert window.desk.shown.source is None
    assert not dialog.form.fields["source"].isHidden()
    window.desk.store.undo()
    assert window.desk.shown.source == three_modes.target
    dialog.reject()


def test_data_are_refused_as_what_a_network_begins_at(make_window, qtbot):
    window = make_window(load_scene("irises"))
    dialog = opened(window, qtbot, "training")
    dialog._changed("network", "bridge")
    dialog.begin_here.click()
    assert window.desk.shown.source is None
    assert "Only a mixture, a shape or a formula" in dialog.status.text()
    dialog.reject()
