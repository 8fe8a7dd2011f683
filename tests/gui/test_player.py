"""The thread that runs a scene, without a window."""

from __future__ import annotations

from visualizer.engine.frame import Viewport
from visualizer.scene.model import Scene

VIEW = Viewport(-4, 4, -4, 4, 60, 60)
NOWHERE = Scene.model_validate({"target": {"kind": "data", "file": "/nowhere.csv", "columns": ["a", "b"]}})


def test_where_there_is_no_picture_none_is_played_and_none_is_said_to_be_kept(player, three_modes, qtbot):
    told, frames = [], []
    player.trouble.connect(lambda kind, text: told.append((kind, text)))
    player.frame.connect(frames.append)
    player.look((VIEW,))
    player.show(NOWHERE, dragging=False)
    qtbot.waitUntil(lambda: bool(told))
    for command in (lambda: player.play(True), player.restart, lambda: player.step_by(1), lambda: player.seek(3, True)):
        command()
    player.show(three_modes, dragging=False)
    qtbot.waitUntil(lambda: any(len(f.pictures) == 1 for f in frames))
    assert [kind for kind, _ in told] == ["refused"]
    assert "kept" not in told[0][1]
    player.show(three_modes.with_(target=NOWHERE.target), dragging=False)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert "The picture before is kept" in told[1][1]
