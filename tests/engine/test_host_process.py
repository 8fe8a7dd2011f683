"""The real child: what it draws, how it ends, and what is there afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.pictures import same_drawings
from visualizer import fused
from visualizer.engine.frame import Viewport
from visualizer.engine.host.birth import bear
from visualizer.engine.host.child import ChildEngine
from visualizer.engine.host.talk import SHELF, Errand, Present
from visualizer.engine.run.memory import prepare_thread
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.stage import Stage
from visualizer.fused.loading import SWITCH
from visualizer.scene.errors import SceneError
from visualizer.scene.field import LearnedField
from visualizer.scene.presets import load_scene

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")

VIEW = Viewport(-4, 4, -4, 4, 120, 90)
#: Seconds that a process may take to import what it needs, on a machine with other work.
PATIENCE = 60.0
NUMBERS = count()


class Listener:
    """The window's side without a window: keeps what it hears, and takes every result."""

    def __init__(self, engine: ChildEngine) -> None:
        self.engine, self.heard, self._unread = engine, [], []

    def until(self, name: str, wanted=lambda *_: True, within: float = PATIENCE):
        """Waits for a message of that name of which `wanted` is true; returns its arguments.

        What came after the message is left for the next call: two messages may come at once.
        """
        end = time.monotonic() + within
        while time.monotonic() < end:
            came = self.engine.receive()
            self.heard += came
            self._unread += came
            for said, _ in came:
                if said == "result":
                    self.engine.calls.took()
            while self._unread:
                said, arguments = self._unread.pop(0)
                if said == name and wanted(*arguments):
                    return arguments
            time.sleep(0.005)
        raise AssertionError(f"no {name} within {within} s; heard {[said for said, _ in self.heard][-20:]}")

    def at(self, step: int):
        """The first result of a paused run at a step."""
        return self.until("result", lambda r: r.pictures[0].moment.step == step and not r.playing)[0]


@pytest.fixture(scope="module")
def engine():
    """One for all tests here: a child takes seconds to import what it needs, and one that dies is followed by another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH, "1")  # kernels come in when they are there, and pictures would differ in a last bit
        made = ChildEngine("cpu")
        made.start()
        yield made
        assert made.close()


@pytest.fixture(autouse=True)
def torch_alone(monkeypatch):
    """Here as in the child."""
    for name, answer in (("suits", False), ("at_hand", False), ("ready", None), ("toned", None)):
        monkeypatch.setattr(fused, name, lambda *_, answer=answer: answer)


@pytest.fixture
def listener(engine):
    engine.calls.play(False)
    return Listener(engine)


@pytest.fixture
def scene(three_modes):
    return three_modes.with_(
        layers=three_modes.layers.with_(plane=("density", "contours", "particles", "trails")),
        particles=three_modes.particles.with_(count=500),
    )


def begin(listener, scene):
    listener.engine.calls.look((VIEW,))
    listener.engine.calls.show(scene.with_(title=f"Scene {next(NUMBERS)}"), False)  # not that of the test before
    listener.engine.calls.restart()
    return listener.at(0)


def undisturbed(scene, step=0):
    """The picture of a run in this process, in a thread that is set up as a host's is."""

    def drawn():
        stage = Stage(scene, "cpu")
        stage.simulation.advance(step)
        return stage.picture(VIEW)

    with ThreadPoolExecutor(1, initializer=prepare_thread) as pool:
        return pool.submit(drawn).result()


def test_the_child_draws_what_this_process_draws(listener):
    for name in ("trapped", "irises", "momentum"):
        scene = load_scene(name)
        layers = tuple(layer for layer in scene.layers.plane if layer != "flow")  # it moves on with every picture
        scene = scene.with_(layers=scene.layers.with_(plane=layers), panels=())
        listener.engine.calls.look((VIEW,))
        listener.engine.calls.show(scene, False)
        listener.engine.calls.restart()
        listener.at(0)
        listener.engine.calls.step_by(2)
        same_drawings(listener.at(2).pictures[0], undisturbed(scene, 2))


def test_edits_cross_in_parts_and_come_to_the_same(listener, scene, three_modes):
    begin(listener, scene)
    moved = scene.target.with_(means=((3.0, -2.0), *scene.target.means[1:]))
    edited = scene.with_(target=moved)
    listener.engine.calls.show(edited, False)
    listener.engine.calls.step_by(5)
    same_drawings(listener.at(5).pictures[0], undisturbed(edited, 5))


def test_errands_and_their_errors_cross(listener, scene, tmp_path):
    begin(listener, scene)
    calls = listener.engine.calls
    calls.ask(1, Errand("visualizer.engine.experiments.norms:norms", 3))
    assert listener.until("answered", lambda number, _: number == 1)[1].d == 3
    field = LearnedField(file=str(tmp_path / "none.safetensors"))
    calls.ask(2, Errand("visualizer.engine.run.nets:describe", field, SHELF))
    error = listener.until("failed", lambda number, _: number == 2)[1]
    assert isinstance(error, SceneError)
    assert error.problems
    calls.ask(3, Errand("visualizer.engine.experiments.tables:table", "particles", Present(0), VIEW, 9, None, SHELF))
    table = listener.until("answered", lambda number, _: number == 3)[1]
    np.testing.assert_array_equal(table["x"], Simulation(scene, "cpu").frame.x[:, 0])
    calls.begin(4, Errand("visualizer.engine.experiments.tradeoff:tradeoff", scene, (0.5, 1.0), 100))
    listener.until("came", lambda number, value: number == 4 and value.done == 1)
    listener.until("ended", lambda number: number == 4)


def test_a_child_that_dies_is_followed_by_another_that_goes_on_where_it_was(listener, scene):
    """At seeded moments of a run. The picture after coming back is that of a run that was never disturbed."""
    begin(listener, scene)
    engine, random, step = listener.engine, Random(1), 0
    for name in ("SIGKILL", "SIGSEGV"):
        engine.calls.play(True)
        listener.until("keep", lambda states, step=step: states[0].step > step)
        time.sleep(random.uniform(0, 0.5))
        first = engine.pid
        os.kill(first, getattr(signal, name))
        said, again = listener.until("died")
        assert again
        assert "paused at step" in said
        assert name in said or name == "SIGKILL"
        assert engine.pid not in (None, first)
        (result,) = listener.until("result", lambda r: not r.playing)
        step = engine._states[0].step
        assert result.pictures[0].moment.step == step > 0
        same_drawings(result.pictures[0], undisturbed(scene, step))
        engine.calls.step_by(3)  # and goes on as it would have gone on
        step += 3
        same_drawings(listener.at(step).pictures[0], undisturbed(scene, step))


def test_a_second_death_on_one_scene_ends_the_trying_until_there_is_another_scene(listener, scene):
    begin(listener, scene)
    engine = listener.engine
    for sentence in ("It was started again", "undo what was done last"):
        os.kill(engine.pid, signal.SIGKILL)
        said, again = listener.until("died")
        assert sentence in said
        assert again == (sentence == "It was started again")
    assert engine.pid is None
    engine.calls.ask(1, Errand("visualizer.engine.experiments.norms:norms", 3))
    assert "not running" in str(listener.until("failed")[1])
    engine.calls.show(scene.with_(seed=5), False)
    assert engine.pid is not None
    listener.at(0)


def test_a_child_that_hangs_is_heard_of_by_its_silence_and_can_be_stopped(listener, scene):
    begin(listener, scene)
    engine = listener.engine
    listener.until("beat", lambda busy: busy == 0)
    assert engine.silence() < 1
    stopped = engine.pid
    os.kill(stopped, signal.SIGSTOP)
    end = time.monotonic() + 10
    while engine.silence() < 1 and time.monotonic() < end:
        time.sleep(0.05)
    assert engine.silence() >= 1
    for seed in range(2000):  # whoever goes on editing meanwhile waits for nobody
        engine.calls.show(scene.with_(seed=seed), True)
    began = time.monotonic()
    engine.kill()
    listener.until("died", lambda said, _: said.startswith("What the engine was at has been stopped."))
    assert time.monotonic() - began < 5
    listener.until("result")
    assert not Path(f"/proc/{stopped}").exists()


def test_a_step_that_never_ends_is_told_with_its_time(listener, scene):
    begin(listener, scene)
    engine = listener.engine
    slow = scene.with_(
        particles=scene.particles.with_(count=100_000),
        sampler={"kind": "hmc", "step": 0.01, "leapfrog_steps": 1000, "steps_per_frame": 1000},
    )
    engine.calls.show(slow, False)
    engine.calls.play(True)
    listener.until("beat", lambda busy: busy > 1.0)
    assert engine.silence() > 1.0
    engine.calls.show(scene, False)  # undone
    engine.kill()
    listener.until("died")
    listener.until("result", lambda r: not r.playing)


def test_networks_of_a_session_outlive_the_process_that_trained_them(listener, scene):
    training = {"network": "mlp", "width": 8, "depth": 1, "steps": 60, "batch": 32}
    scene = scene.with_(training=training)
    begin(listener, scene)
    calls = listener.engine.calls
    calls.begin(1, Errand("visualizer.engine.experiments.training_process:training_on", scene, SHELF))
    listener.until("ended")
    learned = LearnedField(file="session/1")

    def facts(number):
        calls.ask(number, Errand("visualizer.engine.run.nets:describe", learned, SHELF))
        return listener.until("answered", lambda n, _: n == number)[1]

    before = facts(2)
    assert before.checkpoints[-1] == 60
    os.kill(listener.engine.pid, signal.SIGKILL)
    listener.until("died")
    assert facts(3) == before


WINDOW = """
import os, sys, time
from visualizer.engine.host.birth import bear
from visualizer.engine.host.child import ChildEngine
from visualizer.engine.host.talk import SHELF, Errand
from visualizer.engine.frame import Viewport
from visualizer.scene.presets import load_scene
engine = ChildEngine("cpu"); engine.start()
engine.calls.look((Viewport(-4, 4, -4, 4, 60, 60),))
scene = load_scene("trapped").with_(training={"steps": 100_000})
engine.calls.show(scene, False)
engine.calls.begin(1, Errand("visualizer.engine.experiments.training_process:training_on", scene, SHELF))
came = set()
while not came >= {"result", "came"}:
    came |= {name for name, _ in engine.receive()}
    time.sleep(0.01)
print(engine.pid, flush=True)
time.sleep(600)
"""


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def test_the_child_and_its_children_end_with_the_window_and_leave_nothing():
    shared = set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()
    window = subprocess.Popen([sys.executable, "-c", WINDOW], stdout=subprocess.PIPE, text=True)
    assert window.stdout is not None
    child = int(window.stdout.readline())
    trainings = children(child)
    assert len(trainings) == 1
    os.kill(window.pid, signal.SIGKILL)
    window.wait(5)
    window.stdout.close()
    end = time.monotonic() + 2 + 5  # two seconds, and what a busy machine may add
    while any(Path(f"/proc/{pid}").exists() for pid in (child, *trainings)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in (child, *trainings) if Path(f"/proc/{pid}").exists()]
    if shared:
        assert not {name for name in set(os.listdir("/dev/shm")) - shared if "visualizer" in name or "psm_" in name}


def test_a_child_of_another_version_refuses():
    engine = ChildEngine("cpu", bear("0.0.0", "cpu"))
    engine.start()
    said, again = Listener(engine).until("died")
    assert not again
    assert "was updated" in said
    assert engine.pid is None
    assert engine.close()
