"""The way in for plug-ins: read, tried in a process that may die, and let in."""

from __future__ import annotations

import contextlib
from typing import Any, TypeVar

from pydantic import ValidationError

from visualizer import apart
from visualizer.plugins import Plugin, PluginError, held, let_in, read_plugin
from visualizer.scene.base import Part
from visualizer.scene.model import Scene
from visualizer.scene.plugged import PluggedPart
from visualizer.scene.processes import PROCESSES
from visualizer.scene.samplers import SAMPLERS
from visualizer.scene.targets import TARGETS

P = TypeVar("P", bound=Part)
_KINDS: dict[str, Any] = {register.sort: register for register in (TARGETS, PROCESSES, SAMPLERS)}
#: Seconds that trying a plug-in may take.
_PATIENCE = 8.0


def admit(path: str) -> Plugin:
    """Lets the plug-in in a file in; whoever calls this has agreed to it.

    Raises:
        PluginError: it is none, does not do what it has to, or its name is taken.
    """
    plugin = read_plugin(path)
    try_out(plugin)
    let_in(plugin)
    return plugin


def plugins_of(scene: Scene) -> list[Plugin]:
    """The plug-ins that a scene needs."""
    parts = [part for panel in scene.resolved_panels() for part in (panel.target, panel.process, panel.sampler)]
    return list(dict.fromkeys(part.plugin for part in parts if isinstance(part, PluggedPart)))


def renewed(scene: Scene) -> Scene:
    """The scene with the present versions of its plug-ins, which keep what numbers they can; itself, if it has them."""
    panels = tuple(_renewed(panel) for panel in scene.panels)
    same = all(new is old for new, old in zip(panels, scene.panels, strict=True))
    return _renewed(scene if same else scene.with_(panels=panels))


def _renewed(owner: P) -> P:
    changes = {}
    for name in ("target", "process", "sampler"):
        part = getattr(owner, name, None)
        if isinstance(part, PluggedPart) and part.kind in _KINDS[name] and _KINDS[name][part.kind] is not type(part):
            changes[name] = _as(_KINDS[name][part.kind], part)
    return owner.with_(**changes) if changes else owner


def _as(kind: Any, part: PluggedPart) -> Any:
    """The part in another version of its plug-in: a number that does not fit there begins again."""
    new = kind()
    for name in kind.model_fields.keys() & type(part).model_fields.keys() - {"kind"}:
        with contextlib.suppress(ValidationError):
            new = new.with_(**{name: getattr(part, name)})
    return new


def try_out(plugin: Plugin) -> None:
    """Runs the plug-in in a process of its own.

    Raises:
        PluginError: it does not do what it has to, in a sentence, or its name is taken.
    """
    plugged = {found.name for found in held(plugin.kind) if found.path == plugin.path}
    if plugin.name in _KINDS[plugin.kind] and plugin.name not in plugged:
        raise PluginError(f"{plugin.path}: there is a {plugin.kind} {plugin.name!r} already; expected another name")
    try:
        apart.call_alone("visualizer.engine.trying:tried", plugin.path, plugin.text, seconds=_PATIENCE)
    except apart.Refused as error:
        raise PluginError(str(error)) from None
    except apart.Broken as error:
        what = f"it {error}" if str(error) else "it brought down what ran it"
        raise plugin.fault(f"{what}, when it was tried for {_PATIENCE:g} s") from None
