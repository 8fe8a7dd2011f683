"""Pictures side by side: what is a picture's own and what is shared."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.gui.canvas.mixture_edit import remove_component
from visualizer.scene import parse_scene
from visualizer.scene.changes import Change, changes
from visualizer.scene.compare import (
    add_picture,
    another_target,
    picture,
    remove_picture,
    with_picture,
    with_target,
)
from visualizer.scene.embedded import packed
from visualizer.scene.files import dump_scene
from visualizer.scene.presets import load_scene, preset_names
from visualizer.scene.targets import TARGETS
from visualizer.scene.targets.data import DataTarget
from visualizer.scene.targets.mixture import MixtureTarget
from visualizer.scene.targets.shape import ShapeTarget


def test_pictures_are_added_up_to_four_and_removed_again(three_modes):
    scene = three_modes
    for count in (2, 3, 4, 4):
        scene = add_picture(scene)
        assert len(scene.panels) == count
    kinds = [p.sampler.kind for p in scene.resolved_panels()]
    assert len(set(kinds)) == 4
    assert picture(scene, 0).sampler == three_modes.sampler
    assert parse_scene(dump_scene(scene)) == scene
    while scene.panels:
        scene = remove_picture(scene, len(scene.panels) - 1)
    assert scene.sampler == three_modes.sampler
    assert scene.start == three_modes.start
    assert scene.target == three_modes.target


def test_a_sampler_is_a_pictures_own_and_the_target_is_shared(three_modes):
    scene = add_picture(three_modes)
    second = picture(scene, 1)
    moved = second.target.with_(means=((0.0, 0.0), *second.target.means[1:]))
    edited = second.with_(sampler=second.sampler.changed("width", 2.0), target=moved, seed=5)
    after = with_picture(scene, 1, edited)
    assert picture(after, 1).sampler.width == 2.0
    assert picture(after, 0).sampler == three_modes.sampler
    assert after.target == moved
    assert after.seed == 5
    assert picture(after, 0).target == moved


def test_a_process_is_shared_until_a_picture_has_its_own(three_modes):
    scene = add_picture(three_modes)
    for i in (0, 1):
        edited = picture(scene, i).with_(process={"kind": "ou"})
        assert with_picture(scene, i, edited).process.kind == "ou"
    own = scene.with_(panels=(scene.panels[0].with_(process={"kind": "vp-linear"}), scene.panels[1]))
    after = with_picture(own, 0, picture(own, 0).with_(process={"kind": "ou"}))
    assert after.process == own.process
    assert after.panels[0].process.kind == "ou"


def test_no_edit_is_lost_beside_other_pictures(three_modes):
    """Whatever of a scene is edited in one of two pictures is there afterwards, in that picture."""
    scene = add_picture(three_modes)
    edits = {
        "title": "Another title", "caption": "What is seen here.", "seed": 9, "process": {"kind": "ou"},
        "guidance": {"kind": "class", "label": 1}, "sampler": {"kind": "mala"},
        "particles": {"count": 11, "start": {"kind": "point", "at": 1.0}}, "layers": {"plane": ("particles",)},
        "view": {"theme": "light"}, "fit": {"kind": "covering"}, "training": {"steps": 10},
        "field": {"kind": "learned", "file": "some.net"},
        "source": {"kind": "shape", "name": "two-moons"},
    }  # fmt: skip
    left = set(type(scene).model_fields) - set(edits)
    assert left == {"version", "target", "panels"}
    for name, value in edits.items():
        edited = type(scene).model_validate({**picture(scene, 1).model_dump(), name: value})
        assert getattr(edited, name) != getattr(picture(scene, 1), name), name
        assert getattr(picture(with_picture(scene, 1, edited), 1), name) == getattr(edited, name), name


def test_without_panels_an_edit_is_the_scene_itself(three_modes):
    edited = three_modes.with_(seed=9)
    assert with_picture(three_modes, 0, edited) is edited


def test_another_target_takes_away_what_has_no_place_in_it(three_modes):
    guided = three_modes.with_(
        guidance={"kind": "class", "label": 2}, particles={"count": 10, "start": {"kind": "mode", "index": 2}}
    )
    panels = ({"guidance": {"kind": "class", "label": 2}, "start": {"kind": "mode", "index": 2}}, {})
    fewer = remove_component(three_modes.target, 0)
    alone = with_target(guided, fewer)
    assert (alone.guidance.kind, alone.particles.start) == ("none", None)
    beside = guided.with_(panels=panels)
    after = with_picture(beside, 1, with_target(picture(beside, 1), fewer))
    assert (after.panels[0].guidance.kind, after.panels[0].start, after.guidance.kind) == ("none", None, "none")
    merged = three_modes.target.with_(classes=(0, 1, 0))
    after = with_picture(beside, 1, with_target(picture(beside, 1), merged))
    assert (after.panels[0].guidance.label, after.guidance.label) == (0, 0)
    assert after.panels[0].start.index == 2


def test_a_rival_starts_where_the_first_picture_does_unless_it_is_a_diffusion(three_modes):
    uniform = three_modes.with_(sampler={"kind": "mala"}, particles={"count": 100, "start": {"kind": "uniform"}})
    scene = add_picture(uniform)
    assert [p.start.kind for p in scene.resolved_panels()] == ["uniform", "uniform"]
    scene = add_picture(add_picture(scene))
    diffusions = [p for p in scene.resolved_panels() if not p.sampler.endless]
    assert [p.start.kind for p in diffusions] == ["prior"]


def test_without_log_p_no_sampler_is_offered_that_needs_it(three_modes):
    scene = three_modes
    for _ in range(3):
        scene = add_picture(scene, log_prob=False)
    assert len(scene.panels) == 4
    assert not any(p.sampler.needs_log_prob for p in scene.resolved_panels())


def test_numbers_of_a_target_slide_under_its_particles(three_modes):
    """A run goes on while p changes, as when a component is dragged; where p is somewhere else it starts again."""
    scene = three_modes.with_(target={"kind": "formula", "log_density": "-k*(x - m)^2", "parameters": {"k": 1, "m": 0}})

    def slid(target, **numbers):
        return target.with_(parameters={**target.parameters, **numbers})

    for numbers in ({"k": 30.0}, {"m": 3.0}):
        other = slid(scene.target, **numbers)
        assert not changes(scene, scene.with_(target=other)) & Change.RESTART
        assert another_target(scene, other).view == scene.view
    assert changes(scene, scene.with_(target=slid(scene.target, m=50.0))) & Change.RESTART
    typed = scene.target.with_(log_density="-k*(x - m)^2/30")
    assert changes(scene, scene.with_(target=typed)) & Change.RESTART
    norm = ShapeTarget(name="norm", dimension=9)
    assert not norm.with_(dimension=12).elsewhere(norm)
    assert norm.with_(dimension=900).elsewhere(norm)


def test_a_band_of_frequencies_is_left_with_the_target_it_was_of(three_modes):
    """Frequencies are per unit of length: of something a hundred times as wide they say nothing."""
    shown = three_modes.with_(view=three_modes.view.with_(fourier=True, band=(2.0, 4.0), t=0.5))
    near = MixtureTarget.model_validate({**three_modes.target.model_dump(), "weights": (1.0, 1.0, 1.0)})
    assert another_target(shown, near).view == shown.view
    moons = another_target(shown, ShapeTarget(name="two-moons"))
    assert moons.view.band is None
    assert moons.view.t is None  # nor was this picture held at a noise level
    assert moons.view.fourier


@pytest.mark.parametrize("preset", preset_names())
def test_any_scene_takes_any_target(preset):
    """Of every kind and of either dimension: what the new target has no place for goes, and nothing is refused."""
    scene = load_scene(preset)
    points = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    targets = [DataTarget(columns=("a", "b")[:d], points=packed(points[:, :d].copy())) for d in (1, 2)]
    targets += [load_scene(name).target for name in ("trapped", "forward-river", "two-moons", "typed-potential")]
    for kind in TARGETS:
        made = TARGETS[kind].first(scene.target)
        targets += [made] if made is not None and made.known else []
    for target in targets:
        assert another_target(scene, target).target == target
