"""Every kind of every register has all that is asked of kinds anywhere, a scene of the gallery, and a test of its law."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
import ziamath

from visualizer.engine.layers import LAYERS as DRAWN
from visualizer.engine.palette import DARK
from visualizer.engine.targets import BUILDERS
from visualizer.gui.experiments import EXPERIMENTS
from visualizer.gui.words.equations import equation
from visualizer.learning.networks import NETWORKS as BUILT
from visualizer.processes import PROCESSES as FORMULAE
from visualizer.samplers import SAMPLERS as STEPS
from visualizer.scene.layers import LAYERS
from visualizer.scene.model import Scene
from visualizer.scene.networks import NETWORKS
from visualizer.scene.presets import load_scene, preset_names
from visualizer.scene.processes import PROCESSES
from visualizer.scene.samplers import SAMPLERS
from visualizer.scene.targets import TARGETS

TESTS = Path(__file__).parent
MIXTURE = {"kind": "mixture", "weights": [1.0], "means": [0.0], "covariances": [1.0]}


@pytest.fixture(scope="module")
def gallery() -> list[Scene]:
    """Every picture of every built-in scene."""
    return [picture for name in preset_names() for picture in load_scene(name).resolved_panels()]


def named_in_tests(folder: str, name: str) -> bool:
    """Whether a test in a folder names a thing."""
    return any(name in path.read_text("utf-8") for path in (TESTS / folder).glob("test_*.py"))


def test_both_halves_of_a_kind_are_there_under_one_file_name():
    halves = (
        (SAMPLERS, STEPS), (PROCESSES, FORMULAE), (TARGETS, BUILDERS), (NETWORKS, BUILT),
    )  # fmt: skip
    for documents, work in halves:
        assert set(documents) - {"unknown"} == set(work) - {"unknown"}
    assert set(LAYERS) < set(DRAWN)  # some are drawn where the view asks for them: a cut, a band, a fit, the river
    for kind in SAMPLERS:
        import_module(f"visualizer.samplers.{SAMPLERS[kind].home()}")
    for kind in PROCESSES:
        import_module(f"visualizer.processes.{PROCESSES[kind].home()}")
    for kind in TARGETS:
        import_module(f"visualizer.engine.targets.{TARGETS[kind].home()}")


@pytest.mark.parametrize("kind", SAMPLERS)
def test_a_sampler_says_all_that_is_asked_of_it(kind, gallery):
    part = SAMPLERS[kind]()
    assert part.title
    assert part.short_name
    assert part.clock in ("level", "t", "sigma", "beta")
    own = set(type(part).model_fields) - {"kind", "t", "sigma", "steps", "steps_per_frame"}
    for name in own:
        field = type(part).model_fields[name]
        assert any(hasattr(m, "name") and hasattr(m, "tip") for m in field.metadata), f"{name} has no control"
    assert part.restarts <= set(type(part).model_fields) | {"steps", "grid"}
    scene = Scene(target=MIXTURE, sampler=part, process={"kind": "vp-cosine"}, particles={"count": 10})
    for numbers in (False, True):
        lines = equation(scene, DARK, None, numbers)
        assert lines
        for line in lines:
            assert ziamath.Latex(line).svg().startswith("<svg")
    assert isinstance(part.words(), str)
    assert part.diverged(1.0).endswith(".")
    assert any(scene.sampler.kind == kind for scene in gallery)
    assert named_in_tests("samplers", STEPS[kind].build.__annotations__["return"].split(" | ")[0])


@pytest.mark.parametrize("kind", PROCESSES)
def test_a_process_says_all_that_is_asked_of_it(kind, gallery):
    part = PROCESSES[kind]()
    assert part.title
    assert part.formula
    assert part.time_axis
    made = FORMULAE[kind](**part.parameters())
    assert made.t_max == part.last_time
    assert part.explodes == (made.alpha(made.t_max) == 1.0)
    assert any(scene.process.kind == kind for scene in gallery)
    assert named_in_tests("processes", "PROCESSES")  # every law is tested by the register itself


@pytest.mark.parametrize("kind", [kind for kind in TARGETS if kind != "unknown"])
def test_a_target_says_all_that_is_asked_of_it(kind, gallery):
    assert TARGETS[kind].title
    shown = [scene.target for scene in gallery if scene.target.kind == kind]
    assert shown
    target = shown[0]
    assert target.called
    assert target.d in (1, 2)
    assert len(target.extent()) == target.d
    assert len(target.axis_names) == 2
    again = type(target).model_validate(target.model_dump())
    assert not again.elsewhere(target)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_says_all_that_is_asked_of_it(kind, gallery):
    said = [there for d in (1, 2) if (there := LAYERS[kind].of(d)) is not None]
    assert said
    assert all(there.title and there.tip for there in said)
    assert any(kind in (*scene.layers.plane, *scene.layers.line) for scene in gallery)


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_says_all_that_is_asked_of_it(kind, gallery):
    assert NETWORKS[kind].title
    assert NETWORKS[kind].objectives
    assert any(scene.training.network == kind for scene in gallery)
    assert named_in_tests("learning", f'"{kind}"')


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_an_experiment_says_all_that_is_asked_of_it(kind, qapp):
    made = EXPERIMENTS[kind]
    assert made.heading
    assert made.explanation
    if made.action is not None:
        assert made.action.text.endswith("…")
        assert made.action.keys
        assert made.action.tip
