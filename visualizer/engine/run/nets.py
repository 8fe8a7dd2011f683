"""What is to be known of the nets that scenes name, and writing those of a session beside a scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from visualizer.engine.findings.net_facts import NetFacts
from visualizer.engine.run.net_files import save_net
from visualizer.engine.run.shelf import Shelf
from visualizer.learning import Trained
from visualizer.scene.field import SESSION, LearnedField
from visualizer.scene.model import Scene


def describe(field: LearnedField, shelf: Shelf) -> NetFacts:
    """The facts of the net a scene names.

    Raises:
        SceneError: there is none, or the file is at fault.
    """
    model = shelf.get(field)
    ratios = model.known_ratios
    only = ratios[0] if ratios is not None and ratios[0] == ratios[1] else None
    return NetFacts(model.words, model.d, model.has_log_prob, shelf.steps(field.file), only)


def with_saved_nets(scene: Scene, folder: Path, stem: str, shelf: Shelf) -> Scene:
    """The scene with every net of this session written into `folder` and named there, as `stem`-1.safetensors, …

    Raises:
        OSError: the folder cannot be written.
    """
    written: dict[LearnedField, str] = {}
    for panel in scene.resolved_panels():
        field = panel.field
        if field.kind == "learned" and field.file.startswith(SESSION) and field not in written:
            path = shelf.place(field, folder.resolve(), stem)
            net = shelf.get(field)
            assert isinstance(net, Trained)  # of a training
            save_net(net, path)
            written[field] = str(path)

    def saved(field: Any) -> Any:
        return LearnedField(file=written[field]) if field in written else field

    if not written:
        return scene
    panels = tuple(p if p.field is None else p.with_(field=saved(p.field)) for p in scene.panels)
    return scene.with_(field=saved(scene.field), panels=panels)


def save_one(field: LearnedField, path: Path, shelf: Shelf) -> None:
    """Writes a network of this session into a file.

    Raises:
        OSError: the file cannot be written.
    """
    net = shelf.get(field)
    assert isinstance(net, Trained)  # of a training
    save_net(net, path)
