"""Experiments that look at little noise, and targets whose grid cannot show it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from visualizer.densities.grid_source import TooFine
from visualizer.scene.errors import Problem, SceneError
from visualizer.scene.model import Scene


@contextmanager
def little_noise(scene: Scene) -> Iterator[None]:
    """Around what asks a target for little noise.

    Raises:
        SceneError: the target is too narrow somewhere; nobody can choose the noise here, so the sentence says so.
    """
    try:
        yield
    except TooFine:
        text = "it is too narrow in places for the little noise that is looked at here: choose another target"
        raise SceneError(scene.title, [Problem("target", text)]) from None
