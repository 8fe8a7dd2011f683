"""Kinds of a scene's tables that plug-ins bring: their numbers and titles are those of the manifest."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, create_model

from visualizer.plugins import Plugin, let_in
from visualizer.plugins.manifest import Parameter
from visualizer.scene.controls import Number
from visualizer.scene.kinds import KindPart

P = TypeVar("P", bound=KindPart)
#: They stand behind all kinds that are built in.
ORDER = 10_000.0


class PluggedPart(KindPart):
    """What the kinds that plug-ins bring share. It goes to other processes with its plug-in."""

    plugin: ClassVar[Plugin]
    order = ORDER

    def numbers_of_plugin(self) -> dict[str, float]:
        """Its parameters."""
        return {name: getattr(self, name) for name in self.plugin.manifest.parameters}

    def __reduce__(self) -> tuple[Any, ...]:
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return _again, (self.plugin, type(self).__module__, values)


def part_of(plugin: Plugin, base: type[P]) -> type[P]:
    """The class of the table of a plug-in."""
    numbers: dict[str, Any] = {name: _field(name, said) for name, said in plugin.manifest.parameters.items()}
    kind: Any = (Literal.__getitem__(plugin.name), plugin.name)
    made: type[P] = create_model(plugin.name, __base__=base, __module__=base.__module__, kind=kind, **numbers)
    vars_of: Any = made
    vars_of.plugin, vars_of.title = plugin, plugin.manifest.called
    made.__doc__ = f"The plug-in {plugin.name}."
    return made


def _field(name: str, said: Parameter) -> tuple[Any, float]:
    low, high = said.range
    sort = int if said.integer else float  # a plug-in is handed numbers of this sort
    shown = Number(said.title or name, said.help or said.title or name, low, high, log=said.log, integer=said.integer)
    return Annotated[sort, Field(ge=low, le=high), shown], said.first


def _again(plugin: Plugin, home: str, values: dict[str, Any]) -> KindPart:
    """The part, in another process of ours or here."""
    let_in(plugin)
    part: KindPart = import_module(home).made(plugin)(**values)
    return part
