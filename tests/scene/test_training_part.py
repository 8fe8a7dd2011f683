"""[training]: what is not said suits the network, and a change takes along what would not go with it."""

from __future__ import annotations

from itertools import product

import pytest
from pydantic import ValidationError

from visualizer.scene import Scene, SceneError, dump_scene, load_scene, parse_scene
from visualizer.scene.compare import with_target
from visualizer.scene.merge import merged
from visualizer.scene.networks import NETWORKS
from visualizer.scene.training import TrainingPart

ONE = '[target]\nkind = "mixture"\nweights = [1]\nmeans = [0]\ncovariances = [1]\n'


@pytest.mark.parametrize("network", list(NETWORKS))
def test_the_name_of_a_network_is_enough(network):
    part = parse_scene(f'{ONE}[training]\nnetwork = "{network}"\n').training
    assert part.objective == NETWORKS[network].objectives[0]
    for name, value in NETWORKS[network].suits.items():
        assert getattr(part, name) == value
    own = parse_scene(f'{ONE}[training]\nnetwork = "{network}"\nwidth = 7\n').training
    assert own.width == 7


def test_what_nobody_has_chosen_follows_the_network_and_what_one_has_chosen_stays():
    part = TrainingPart(rate=0.01)
    flow = part.changed("network", "flow")
    assert (flow.width, flow.steps, flow.rate, flow.objective) == (64, 1500, 0.01, "likelihood")
    wide = flow.changed("width", 200).changed("network", "vae")
    assert (wide.width, wide.depth, wide.steps) == (200, 3, 6000)
    back = wide.changed("network", "mlp")
    assert (back.width, back.depth, back.steps, back.objective) == (200, 4, 4000, "denoising")


def test_what_was_chosen_is_written_even_where_it_is_what_others_have():
    """4,000 steps are usual for an mlp, and a choice for a flow."""
    for part in (
        TrainingPart(network="flow", steps=4000, depth=4, objective="reverse-kl"),
        TrainingPart(network="vae", batch=1024),
        TrainingPart(prediction="velocity", weighting="epsilon"),
        TrainingPart(network="energy", objective="contrastive-divergence", prediction="score"),
        TrainingPart(objective="sliced-score-matching", prediction="score"),
    ):
        scene = parse_scene(ONE).with_(training=part)
        assert parse_scene(dump_scene(scene)) == scene
    assert "[training]" not in dump_scene(parse_scene(ONE))
    assert '[training]\nnetwork = "flow"\n' in dump_scene(parse_scene(ONE).with_(training={"network": "flow"}))


def test_a_change_of_the_network_takes_the_place_of_the_old_numbers():
    old = parse_scene(f"{ONE}[training]\nwidth = 32\n").model_dump(by_alias=True, exclude_none=True)
    new = Scene.model_validate(merged(old, {"training": {"network": "flow"}}))
    assert (new.training.width, new.training.objective) == (64, "likelihood")
    assert Scene.model_validate(merged(old, {"training": {"steps": 7}})).training.width == 32


VALUES = {
    "network": list(NETWORKS),
    "objective": ["denoising", "sliced-score-matching", "noise-contrastive", "likelihood", "reverse-kl", "elbo"],
    "prediction": ["epsilon", "velocity", "score"],
    "coupling": ["independent", "reflow"],
    "labels": ["none", "classes"],
}


def test_no_two_changes_lead_where_nothing_goes_together():
    """Every pair of choices one after the other gives a part that is accepted again as a whole."""
    pairs = [(name, value) for name, values in VALUES.items() for value in values]
    for first, second in product(pairs, pairs):
        part = TrainingPart().changed(*first).changed(*second)
        assert TrainingPart.model_validate(part.model_dump()) == part, (first, second)
        if second[0] != "labels":  # labels ask for an mlp that denoises, and give way
            assert getattr(part, second[0]) == second[1], (first, second)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('network = "flow"\nobjective = "denoising"', "expected one of likelihood, reverse-kl for flow"),
        ('network = "wavelet"', "expected"),
        ('coupling = "reflow"', "unless an mlp predicts the velocity"),
        ('prediction = "velocity"\ncoupling = "reflow"', "unless the process is linear"),
        ('network = "vae"\nlatent = 3', "expected"),
        ('network = "flow"\ntransforms = 16\nwidth = 512\ndepth = 8', "fewer or narrower"),
        ('network = "vae"\nbeta = -1', "expected"),
    ],
)
def test_what_does_not_go_together_is_refused(text, said):
    with pytest.raises(SceneError, match=said):
        parse_scene(f"{ONE}[training]\n{text}\n")


def test_numbers_are_offered_where_they_mean_something():
    flow = TrainingPart(network="flow")
    assert flow.applies("bins")
    assert not flow.with_(flow="affine").applies("bins")
    assert not flow.applies("latent")
    assert flow.applies("objective")
    vae = TrainingPart(network="vae")
    assert not vae.applies("objective")
    assert vae.applies("width")
    assert not vae.with_(decoder="linear").applies("width")
    assert TrainingPart(prediction="velocity").applies("coupling")
    assert not TrainingPart().applies("coupling")
    assert TrainingPart(prediction="velocity").weighting == "velocity"


def test_a_source_is_any_law_without_files_in_the_dimension_of_the_target():
    scene = load_scene("trapped")
    other = load_scene("freed-by-smoothing").target
    with_source = scene.with_(source=other, training={"network": "interpolant"})
    text = dump_scene(with_source)
    assert "[source]" in text
    assert parse_scene(text) == with_source
    line = load_scene("reverse-river")
    with pytest.raises(ValidationError, match="2 dimension"):
        scene.with_(source=line.target)
    with pytest.raises(ValidationError, match="mixture, shape, formula"):
        scene.with_(source=load_scene("irises").target)
    assert with_target(with_source, load_scene("two-moons").target).source == other
