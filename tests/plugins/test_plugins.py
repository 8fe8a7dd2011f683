"""Plug-ins: read without being run, tried before they are let in, and then a kind like any other."""

from __future__ import annotations

import json
import math
import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad

from tests.samplers.laws import gaussian, run, shares_off, wells
from visualizer.cli import main
from visualizer.densities.kernel import MixtureKernel
from visualizer.engine import Simulation
from visualizer.engine.targets import build_density
from visualizer.engine.trying import tried
from visualizer.plugins import PluginError, held, let_in, read_plugin, send_away
from visualizer.plugins.manifest import MAX_BYTES, manifest_of
from visualizer.processes import process
from visualizer.samplers.plugged import Plugged
from visualizer.scene import SceneError, admitting, dump_scene, load_scene, parse_scene
from visualizer.scene.admitting import admit, plugins_of, renewed
from visualizer.scene.samplers import SAMPLERS
from visualizer.scene.targets import TARGETS

SCENE = """
[target]
kind = "two-wells"
height = 3.0
[sampler]
kind = "barker"
step = 0.7
[process]
kind = "cubic"
[particles]
count = 500
"""
TARGET = 'VISUALIZER = {"api": 1, "name": "mine", "kind": "target", "dimension": 1, "box": [[-6, 6]]%s}\n'
SAMPLER = 'VISUALIZER = {"api": 1, "name": "mine", "kind": "sampler"%s}\nimport torch\n'
PROCESS = 'VISUALIZER = {"api": 1, "name": "mine", "kind": "process"}\n'


# what a file says of itself


def test_a_call_in_the_manifest_is_refused_and_not_run(tmp_path):
    mark = tmp_path / "mark"
    text = f'VISUALIZER = {{"api": 1, "name": open({str(mark)!r}, "w").name, "kind": "sampler"}}\ndef step(): pass\n'
    with pytest.raises(PluginError, match=r"line 1: VISUALIZER may hold .* no name and no call"):
        manifest_of(text)
    assert not mark.exists()


def test_nothing_of_a_file_runs_until_it_is_let_in(tmp_path):
    mark, file = tmp_path / "mark", tmp_path / "mine.py"
    file.write_text(
        SAMPLER % "" + f"open({str(mark)!r}, 'w')\ndef step(x, memory, density, p, generator):\n    return x, {{}}, 0\n"
    )
    let_in(read_plugin(file))
    assert "mine" in SAMPLERS
    assert not mark.exists()  # not even then: a window lists kinds, and computes nothing
    parse_scene(
        SCENE.replace("barker", "mine")
        .replace("step = 0.7", "")
        .replace("two-wells", "shape")
        .replace("height = 3.0", 'name = "rings"')
        .replace("cubic", "ve")
    )
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "expected one line"),
        ("VISUALIZER = {}\nVISUALIZER = {}", "expected one line .* there are 2"),
        ("VISUALIZER = {'api': 2, 'name': 'a', 'kind': 'sampler'}", "api"),
        ("VISUALIZER = {'api': 1, 'name': 'A b', 'kind': 'sampler'}", "name"),
        ("VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'layer'}", "kind"),
        ("VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'sampler', 'more': 1}", "more: unknown key"),
        ("VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'sampler'}", "a sampler needs a function step"),
        ("VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'target', 'box': [[0, 1]]}", "box: expected"),
        (
            "VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'sampler', 'parameters': {'t': {'default': 1}}}",
            "t has a meaning",
        ),
        (
            "VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'sampler', 'parameters': {'if': {'default': 1}}}",
            "'if' cannot be",
        ),
        ("VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'sampler', 'parameters': {'h': {'default': True}}}", "truth"),
        ("VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'sampler', 'parameters': {'h': {'default': 1e400}}}", "default"),
        (
            "VISUALIZER = {'api': 1, 'name': 'a', 'kind': 'sampler', 'parameters': {'h': {'default': 3, 'high': 2}}}",
            "low",
        ),
        (TARGET % ', "start": [7]' + "def log_density(x): return -x[0]**2", "a place in the box"),
        ("VISUALIZER = {'api': 1,\n 'name': f(), 'kind': 'sampler'}", "line 2"),
        ("x = (\n", "line 1"),
        ("\0", "no text|null"),
        ("VISUALIZER = " + "-" * 5000 + "1", "no text|may hold|nest"),
        ("VISUALIZER = " + "[" * 5000, "line 1|no text"),
        ("#" * (MAX_BYTES + 1), "at most"),
    ],
)
def test_what_is_no_manifest_is_refused_in_a_sentence(text, said):
    with pytest.raises(PluginError, match=said):
        manifest_of(text)


def test_only_a_small_regular_file_is_read(tmp_path):
    for path in ("/dev/zero", tmp_path, tmp_path / "none.py"):
        with pytest.raises(PluginError):
            read_plugin(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.py")
        with pytest.raises(PluginError, match="expected a file"):
            read_plugin(tmp_path / "pipe.py")


# a kind like any other


def test_a_scene_with_plug_ins_is_refused_without_them_and_runs_with_them(examples):
    with pytest.raises(SceneError, match="a plug-in of that name is let in by --plugin"):
        parse_scene(SCENE)
    for file in examples.values():
        let_in(read_plugin(file))
    scene = parse_scene(SCENE)
    assert parse_scene(dump_scene(scene)) == scene
    assert [plugin.kind for plugin in plugins_of(scene)] == ["target", "process", "sampler"]
    with pytest.raises(SceneError, match="less than or equal to 8"):
        parse_scene(SCENE.replace("3.0", "30.0"))
    simulation = Simulation(scene, "cpu")
    simulation.advance(20)
    assert simulation.frame.x.shape == (500, 2)
    again = Simulation(scene, "cpu")
    again.advance(20)
    np.testing.assert_array_equal(simulation.frame.x, again.frame.x)
    for plugin in held():
        send_away(plugin)
    assert "barker" not in SAMPLERS


def test_the_target_of_the_manual_is_its_formula(let_in_all):
    target = parse_scene(SCENE).target
    density = build_density(target)
    x = torch.tensor([[-1.2, 0.3], [0.0, 0.0], [1.0, -0.7]], dtype=torch.float64)

    def energy(x, y):
        return 3.0 * (x**2 - 1) ** 2 + y**2

    total, _ = dblquad(lambda y, x: math.exp(-energy(x, y)), -3, 3, -4, 4, epsabs=1e-10)
    torch.testing.assert_close(density.log_prob(x), -energy(x[:, 0], x[:, 1]) - math.log(total), rtol=0, atol=1e-6)
    slope = torch.stack([-12 * x[:, 0] * (x[:, 0] ** 2 - 1), -2 * x[:, 1]], 1)
    torch.testing.assert_close(density.score(x), slope, rtol=0, atol=1e-12)


def test_a_score_of_its_own_is_taken(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(TARGET % "" + "def log_density(x):\n    return -x[0]**2 / 2\ndef score(x):\n    return -x * 1.5\n")
    let_in(read_plugin(file))
    density = build_density(TARGETS["mine"]())
    x = torch.tensor([[0.5]], dtype=torch.float64)
    assert float(density.score(x)) == -0.75
    assert float(density.log_prob(x)) == pytest.approx(-0.125 - 0.5 * math.log(2 * math.pi), abs=1e-6)
    with pytest.raises(PluginError, match="its slope is not that of log_density"):
        tried(str(file), file.read_text())


def test_barker_passes_the_law_tests_of_built_in_samplers(let_in_all):
    """Invariance on two wells, and 𝓝(0, 1) from far away; acceptance is that of its definition."""
    (plugin,) = held("sampler")
    p, n = wells(), 20_000
    x = p.sample(n, generator=torch.Generator().manual_seed(0)).T.contiguous()
    sampler = Plugged(MixtureKernel(p), plugin, {"step": 0.5})
    state = run(sampler, x, seed=1, steps=300)
    assert max(map(abs, shares_off(state.x, p))) < 4
    far = run(
        Plugged(MixtureKernel(gaussian(1.0)), plugin, {"step": 1.0}),
        torch.full((1, n), 5.0, dtype=torch.float64),
        2,
        300,
    )
    z = far.x[0]
    assert abs(float(z.mean())) < 4 / math.sqrt(n)
    assert abs(float(z.var()) - 1) < 4 * math.sqrt(2 / n)
    # Detailed balance of the flow between two halves, in equilibrium: as many go to the right as to the left.
    state, info = sampler.step(sampler.init(x, torch.Generator()), torch.Generator().manual_seed(3))
    before, after = x[0] > 0, state.x[0] > 0
    right, left = int((~before & after).sum()), int((before & ~after).sum())
    assert abs(right - left) < 4 * math.sqrt(right + left)
    assert info.evaluations == 1
    assert torch.equal(torch.where(info.accepted, info.proposal, x), state.x)


def test_the_process_of_the_manual_has_the_coefficients_of_its_definition(let_in_all):
    q = process("cubic", c=0.9)
    t = torch.linspace(0.05, 0.95, 7, dtype=torch.float64)
    sigma, rate = 0.9 * t**3, 2.7 * t**2
    drift = -sigma * rate / (1 - sigma**2)
    torch.testing.assert_close(q.sigma(t), sigma)
    torch.testing.assert_close(q.alpha(t), (1 - sigma**2).sqrt())
    torch.testing.assert_close(q.drift(t), drift)
    torch.testing.assert_close(q.diffusion2(t), 2 * sigma * rate - 2 * drift * sigma**2)
    assert q.sigma(0.5) == pytest.approx(0.9 / 8)
    assert q.drift(0.5) == pytest.approx(float(-(0.9 / 8) * 2.7 * 0.25 / (1 - (0.9 / 8) ** 2)))
    assert process("cubic").prior_std() == pytest.approx(0.999)
    reverse = parse_scene(SCENE.replace('kind = "barker"\nstep = 0.7', 'kind = "reverse"\nlambda = 0.0\nsteps = 100'))
    simulation = Simulation(reverse.with_(particles={"count": 4000}), "cpu")
    simulation.advance(100)
    x = simulation.frame.x
    right, n = float((x[:, 0] > 0).mean()), len(x)
    assert abs(right - 0.5) < 4 * 0.5 / math.sqrt(n)
    assert abs(float(x[:, 1].var()) - 0.5) < 4 * 0.5 * math.sqrt(2 / n) + 0.005  # 100 steps of Euler's rule


def test_what_a_sampler_remembers_is_made_again_where_the_density_changes(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        SAMPLER % ""
        + "def init(x, density, p, generator):\n    return {'log_p': density.log_prob(x)}\n"
        + "def step(x, memory, density, p, generator):\n    assert (memory['log_p'] == density.log_prob(x)).all()\n"
        + "    return x, memory, 0\n"
    )
    plugin = read_plugin(file)
    x, generator = torch.randn(1, 10, dtype=torch.float64), torch.Generator()
    sampler = Plugged(MixtureKernel(gaussian(1.0)), plugin)
    state, _ = sampler.step(sampler.init(x, generator), generator)
    state, _ = sampler.step(state, generator)
    other = Plugged(MixtureKernel(gaussian(2.0)), plugin)
    with pytest.raises(PluginError, match=r"The plug-in mine: line 6: AssertionError"):
        other.step(state, generator)
    other.step(other.adopt(state), generator)


def test_what_a_sampler_writes_into_its_memory_is_not_written_into_the_past(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        SAMPLER % ""
        + "def init(x, density, p, generator):\n    x += 1\n    return {'steps': torch.zeros(x.shape[1])}\n"
        + "def step(x, memory, density, p, generator):\n    memory['steps'] += 1\n    x += 1\n    return x, memory, 0\n"
    )
    sampler = Plugged(MixtureKernel(gaussian(1.0)), read_plugin(file))
    x, generator = torch.zeros(1, 10, dtype=torch.float64), torch.Generator()
    first = sampler.init(x, generator)
    second, _ = sampler.step(first, generator)
    third, _ = sampler.step(second, generator)
    assert [float(s.x.max()) for s in (first, second, third)] == [0, 1, 2]
    assert [float(s.memory["steps"].max()) for s in (first, second, third)] == [0, 1, 2]


# other processes


def test_a_scene_brings_its_plug_ins_to_another_process(let_in_all, tmp_path):
    (tmp_path / "scene").write_bytes(pickle.dumps(parse_scene(SCENE)))
    code = f"""
import pickle
from visualizer.scene import dump_scene
from visualizer.engine import Simulation
scene = pickle.load(open({str(tmp_path / "scene")!r}, "rb"))
simulation = Simulation(scene, "cpu"); simulation.advance(3)
print(repr(float(simulation.frame.x.sum())))
"""
    environment = {**os.environ, "VISUALIZER_PLUGINS": ""}
    there = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    here = Simulation(parse_scene(SCENE), "cpu")
    here.advance(3)
    assert float(there.stdout) == float(here.frame.x.sum())


def test_a_process_that_is_started_has_what_is_let_in_unless_the_file_has_changed(let_in_all):
    code = "from visualizer.plugins import held; print(*(p.name for p in held()))"
    started = [sys.executable, "-c", code]
    assert subprocess.run(started, capture_output=True, text=True, check=True).stdout.split() == [
        "two-wells", "barker", "cubic",
    ]  # fmt: skip
    let_in_all["sampler"].write_text(let_in_all["sampler"].read_text() + "\n")
    assert "barker" not in subprocess.run(started, capture_output=True, text=True, check=True).stdout
    off = {**os.environ, "VISUALIZER_NO_PLUGINS": "1"}
    assert not subprocess.run(started, env=off, capture_output=True, text=True, check=True).stdout.strip()


def test_nothing_is_let_in_where_plug_ins_are_off(examples, monkeypatch):
    monkeypatch.setenv("VISUALIZER_NO_PLUGINS", "1")
    with pytest.raises(PluginError, match="switched off here"):
        let_in(read_plugin(examples["sampler"]))
    assert not held()


# tried before it is let in


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TARGET % "" + "def log_density(x):\n    return x.nothing\n", r"line 3: AttributeError"),
        (TARGET % "" + "def log_density(x):\n    return -x**2\n", r"has to return shape \(1000,\)"),
        (TARGET % "" + "def log_density(x):\n    return -x[0].detach()**2\n", "cannot be differentiated"),
        (TARGET % "" + "def log_density(x):\n    return x[0]**2 * 0\n", "outside of the plug-in's box"),
        (TARGET % "" + "def log_density(x):\n    return x[0].log()\n", "no number, or infinite"),
        (TARGET % "" + "def log_density(x):\n    return -1e12 * x[0]**2\n", "too fine for a grid"),
        (SAMPLER % "" + "def step(x, memory, density, p, generator):\n    return x\n", "has to return"),
        (SAMPLER % "" + "def step(x, memory, density, p, generator):\n    return x[:, 1:], {}, 1\n", "of shape"),
        (SAMPLER % "" + "def step(x, memory, density, p, generator):\n    return x, {'a': 1}, 1\n", "dict of tensors"),
        (SAMPLER % "" + "def step(x, memory, density, p, generator):\n    return x, {}, 'one'\n", "evaluations"),
        (SAMPLER % "" + "def step(x, memory, density, p, generator):\n    return 0.9 * x, {}, 1\n", "does not keep N"),
        (
            SAMPLER % "" + "def step(x, memory, density, p, generator):\n    return x / 0 * 0, {}, 1\n",
            "leave the finite",
        ),
        (
            SAMPLER % "" + "def step(x, memory, density, p, generator):\n    return torch.randn(x.shape), {}, 1\n",
            "same seed",
        ),
        (SAMPLER % "" + "1 / 0\ndef step(x, memory, density, p, generator):\n    return x, {}, 1\n", "line 3: ZeroDiv"),
        (PROCESS + "def alpha(t, p): return 1 - t\ndef sigma(t, p): return 1 - t\n", r"sigma\(0\) = 0"),
        (PROCESS + "def alpha(t, p): return 1\ndef sigma(t, p): return t * (1 - t)\n", "has to rise"),
        (
            PROCESS + "def alpha(t, p): return 1\ndef sigma(t, p): return t / (t - 2)\n",
            r"sigma is -0\.00\d+ at t = 0\.0039",
        ),
        (SAMPLER % "" + "def step(x, memory, density, p, generator):\n    raise SystemExit\n", "line 4: SystemExit"),
        (
            SAMPLER % "" + "def step(x, memory, density, generator):\n    return x, {}, 1\n",
            r"step has to take \(x, memory, density, p",
        ),
        (
            TARGET % "" + "def log_density(x, r):\n    return -x[0]**2\n",
            r"log_density has to take \(x\): it takes \(x, r\)",
        ),
        (
            SAMPLER % ', "equation": [r"\\frac{x}{"]'
            + "def step(x, memory, density, p, generator):\n    return x, {}, 1\n",
            "cannot be typeset",
        ),
        (
            SAMPLER % "" + "def step(x, memory, density, p, generator):\n    return x * p.size, {}, 1\n",
            "no parameter size; there are: none",
        ),
        (PROCESS + "def alpha(t, p): return 1\ndef sigma(t, p): return t.sum()\n", "a number for each time"),
        (PROCESS + "def alpha(t, p): return t[:1] + 1\ndef sigma(t, p): return t\n", "a number for each time"),
    ],
)
def test_what_does_not_do_what_its_kind_has_to_is_refused(text, said):
    with pytest.raises(PluginError, match=said):
        tried("mine.py", text)


def test_what_is_not_meant_to_keep_p_may_say_so():
    tried(
        "mine.py",
        SAMPLER % ', "invariant": False' + "def step(x, memory, density, p, generator):\n    return 0.9 * x, {}, 1\n",
    )


def test_what_never_ends_is_told_and_what_is_right_is_let_in(tmp_path, examples, monkeypatch):
    file = tmp_path / "mine.py"
    file.write_text(SAMPLER % "" + "def step(x, memory, density, p, generator):\n    while True: pass\n")
    with monkeypatch.context() as patch:
        patch.setattr(admitting, "_PATIENCE", 1.0)
        with pytest.raises(PluginError, match=r"The plug-in mine: it .*, when it was tried for 1 s"):
            admit(str(file))
    assert not held()
    admit(str(examples["process"]))
    assert [plugin.name for plugin in held()] == ["cubic"]
    file.write_text(
        SAMPLER.replace("mine", "mala") % "" + "def step(x, memory, density, p, generator):\n    return x, {}, 1\n"
    )
    with pytest.raises(PluginError, match="there is a sampler 'mala' already"):
        admit(str(file))


# a new version


def test_a_new_version_keeps_the_numbers_that_fit(let_in_all):
    scene = parse_scene(SCENE)
    assert renewed(scene) is scene
    file = let_in_all["target"]
    file.write_text(file.read_text().replace('"high": 8.0', '"high": 2.5').replace('"default": 2.0', '"default": 1.5'))
    let_in(read_plugin(file))
    file = let_in_all["sampler"]
    file.write_text(file.read_text().replace("torch.randn", "1.0 * torch.randn"))
    let_in(read_plugin(file))
    new = renewed(scene)
    assert (new.target.height, new.sampler.step) == (1.5, 0.7)
    assert new.process is scene.process
    simulation = Simulation(scene, "cpu")
    simulation.advance(2)
    simulation.edit(new)
    assert simulation.state.step == 2  # the particles stay
    simulation.advance(1)


# the command line


def test_the_command_line_lets_plug_ins_in(examples, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("visualizer.scene.admitting.try_out", lambda plugin: tried(plugin.path, plugin.text))
    scene = tmp_path / "scene.toml"
    scene.write_text(SCENE)
    assert main(["check", str(scene)]) == 2
    assert "a plug-in of that name" in capsys.readouterr().err
    words = [word for file in examples.values() for word in ("--plugin", str(file))]
    assert main(["check", str(scene), *words]) == 0
    assert main(["sample", str(scene), "-o", str(tmp_path / "x.npz"), "--steps", "3", *words]) == 0
    with np.load(tmp_path / "x.npz") as found:
        assert found["x"].shape == (500, 2)
        assert 'kind = "barker"' in str(found["scene"])
    examples["sampler"].write_text("x = 1")
    assert main(["check", str(scene), *words]) == 2
    assert "expected one line" in capsys.readouterr().err


def test_a_study_knows_a_plug_in_by_its_text(let_in_all):
    from visualizer.engine.studies.cell import key_of
    from visualizer.scene.study import MeasurePart

    scene = parse_scene(SCENE)
    before = key_of(scene, MeasurePart())
    file = let_in_all["sampler"]
    file.write_text(file.read_text() + "\n# another text\n")
    let_in(read_plugin(file))
    assert key_of(renewed(scene), MeasurePart()) != before
    assert key_of(load_scene("trapped"), MeasurePart()) == key_of(load_scene("trapped"), MeasurePart())


def test_whole_numbers_are_whole_and_a_memory_is_begun_once(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        SAMPLER % ', "parameters": {"tries": {"default": 2, "low": 1, "high": 9, "integer": True}}'
        + "begun = []\ndef init(x, density, p, generator):\n    begun.append(1)\n    return {}\n"
        + "def step(x, memory, density, p, generator):\n    assert len(begun) == 1\n"
        + "    for _ in range(p.tries): x = x * 1\n    return x, {}, p.tries\n"
    )
    tried(str(file), file.read_text().replace("    assert len(begun) == 1\n", ""))
    let_in(read_plugin(file))
    scene = load_scene("trapped").with_(sampler={"kind": "mine", "tries": 3}, particles={"count": 10})
    simulation = Simulation(scene, "cpu")
    simulation.advance(4)
    assert simulation.tally.evaluations(4) == 12


def test_a_box_is_held_against_the_numbers_there_are(tmp_path):
    """With the first numbers a ring lies in its box, with larger ones across its sides, or wholly outside."""
    file = tmp_path / "ring.py"
    file.write_text(
        'VISUALIZER = {"api": 1, "name": "ring", "kind": "target", "box": [[-5, 5], [-5, 5]],\n'
        '    "parameters": {"r": {"default": 2.0, "low": 1, "high": 20}}}\n'
        "def log_density(x, r):\n    return -2 * ((x**2).sum(0).sqrt() - r)**2\n"
    )
    tried(str(file), file.read_text())
    let_in(read_plugin(file))
    build_density(TARGETS["ring"](r=2.5))
    for r in (4.8, 15.0):
        with pytest.raises(SceneError, match="much of it lies outside of the plug-in's box"):
            build_density(TARGETS["ring"](r=r))


def test_there_is_one_plug_in_of_a_name(examples, tmp_path):
    let_in(read_plugin(examples["sampler"]))
    other = tmp_path / "other.py"
    other.write_text(examples["sampler"].read_text())
    with pytest.raises(PluginError, match=r"there is a sampler 'barker' from .* already"):
        let_in(read_plugin(other))


def test_a_step_that_never_ends_is_stopped_in_a_study_and_told_with_its_line(tmp_path):
    from visualizer.engine.studies import cell
    from visualizer.scene.study import MeasurePart

    file = tmp_path / "mine.py"
    file.write_text(SAMPLER % "" + "def step(x, memory, density, p, generator):\n    while True: pass\n")
    plugin = read_plugin(file)
    let_in(plugin)
    scene = load_scene("trapped").with_(sampler={"kind": "mine"}, particles={"count": 10})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell, "_GRACE", 0.2)
        found = json.loads(cell.run_cell(dump_scene(scene), MeasurePart().model_dump_json(), 0.1, (plugin,)))
    assert re.search(
        r"The plug-in mine: line 4: TimeoutError: one step took longer than the limit of 0.1 s", found["why"]
    )


def test_check_tries_a_plug_in_and_lets_nothing_in(examples, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("visualizer.scene.admitting.try_out", lambda plugin: tried(plugin.path, plugin.text))
    assert main(["check", str(examples["process"])]) == 0
    bad = tmp_path / "bad.py"
    bad.write_text("x = 1")
    assert main(["check", str(bad)]) == 2
    assert "expected one line" in capsys.readouterr().err
    assert not held()


def test_a_scene_goes_on_with_a_plug_in_that_was_sent_away(let_in_all):
    scene = parse_scene(SCENE)
    simulation = Simulation(scene, "cpu")
    for plugin in held():
        send_away(plugin)
    simulation.restart(scene.with_(seed=1, target=scene.target.with_(height=2.0)))
    simulation.advance(2)
    assert simulation.state.step == 2
    assert "two-wells" not in TARGETS
    with pytest.raises(SceneError, match="a plug-in of that name"):
        parse_scene(SCENE)
