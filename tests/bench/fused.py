"""Whole frames and steps with compiled kernels against the same program without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

from tests.bench.timing import Row, duel
from visualizer import fused
from visualizer.engine.frame import Viewport
from visualizer.engine.stage import Stage
from visualizer.scene.presets import load_scene

VIEW = Viewport(-5.0, 5.0, -4.0, 4.0, 900, 810)
#: Particles, and by how much a frame is to be faster: to reach, to hold.
FRAMES = ((10**5, "1.7×", "1.4×"), (10**6, "2.5×", "2×"), (10**7, "7×", "5×"))
STEPS = ("langevin", "mala", "hmc", "underdamped", "random-walk", "reverse", "ddim", "parallel-tempering")


def rows() -> list[Row]:
    """Frames of the first preset at three sizes, and steps of samplers at 10⁵."""
    fused.need()
    assert fused.kernels() is not None, "there are no compiled kernels on this machine"
    found = []
    for count, reach, hold in FRAMES:
        ours, theirs = _duel({"kind": "langevin"}, count, _frame)
        found.append(Row(f"a whole frame, {count:,} particles", "the same without kernels", ours, theirs, reach, hold))
    for kind in STEPS:
        ours, theirs = _duel({"kind": kind}, 10**5, _step)
        found.append(Row(f"a step of `{kind}`, 100,000 particles", "the same in torch", ours, theirs, "–", "–"))
    return found


def _duel(sampler: dict[str, object], count: int, work: Callable[[Stage], object]) -> tuple[float, float]:
    scene = load_scene("trapped").with_(particles={"count": count}, sampler=sampler)
    with _torch():
        plain = Stage(scene, "cpu")
    compiled = Stage(scene, "cpu")

    def in_torch() -> None:
        with _torch():
            work(plain)

    return duel(lambda: work(compiled), in_torch)


def _torch() -> Any:
    no = {"suits": lambda *_: False, "at_hand": lambda _: False, "toned": lambda *_: None, "ready": lambda: None}
    return mock.patch.multiple(fused, **no)


def _step(stage: Stage) -> None:
    if stage.simulation.finished:
        stage.simulation.restart()
    stage.simulation.advance()


def _frame(stage: Stage) -> None:
    _step(stage)
    stage.picture(VIEW)
