"""Scene documents: what is accepted, what is refused and how it is said, and that saving loses nothing."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import THREE_MODES
from visualizer.scene import Scene, SceneError, dump_scene, load_scene, parse_scene, save_scene
from visualizer.scene.changes import Change, changes
from visualizer.scene.presets import preset_names, thumbnail_path

ONE = '[target]\nkind = "mixture"\nweights = [1]\nmeans = [0]\ncovariances = [1]\n'

#: The scene of the file format's own description, every table filled.
CONTRACT = """
version = 1
title   = "Trapped in one of three modes"
caption = "Langevin cannot cross the empty space between modes."
seed    = 0

[target]
kind        = "mixture"
weights     = [0.5, 0.3, 0.2]
means       = [[-2.6, 1.6], [2.4, 1.9], [0.2, -2.2]]
covariances = [[[0.55, 0.25], [0.25, 0.35]], [[0.35, -0.15], [-0.15, 0.5]], [[1.1, 0.0], [0.0, 0.22]]]

[process]
kind  = "ve"
t_max = 10.0

[sampler]
kind = "langevin"
step = 0.02
t    = 0.0

[particles]
count = 100_000
start = { kind = "mode", index = 0 }
"""


def test_the_documented_scene_is_read():
    scene = parse_scene(CONTRACT)
    assert scene.title == "Trapped in one of three modes"
    assert scene.particles.count == 100_000
    assert scene.start.kind == "mode"
    assert scene.target.d == 2


def test_only_the_target_is_needed():
    scene = parse_scene(ONE)
    assert scene.target.d == 1
    assert scene.sampler.kind == "langevin"
    assert scene.process.kind == "ve"


def test_weights_are_normalised():
    scene = parse_scene(
        ONE.replace("[1]\nmeans = [0]\ncovariances = [1]", "[2, 6]\nmeans = [0, 1]\ncovariances = [1, 1]")
    )
    assert scene.target.normalised_weights.tolist() == [0.25, 0.75]


BAD = [
    ("x = ", "", "not valid TOML"),
    ("", "target", "needed"),
    (ONE.replace('"mixture"', '"mixtures"'), "target", "'mixture'"),
    ("version = 2\n" + ONE, "version", "update"),
    ("versio = 1\n" + ONE, "versio", "unknown key"),
    (ONE + "[sampler]\nkind = 'langevin'\nstpe = 1\n", "sampler.stpe", "unknown key"),
    (ONE + "[sampler]\nkind = 'gibbs'\n", "sampler", "langevin"),
    (ONE + "[sampler]\nstep = 1\n", "sampler", "kind"),
    (ONE + "[sampler]\nkind = 'langevin'\nstep = -1\n", "sampler.step", "greater than 0"),
    (ONE + "[sampler]\nkind = 'langevin'\nstep = nan\n", "sampler.step", "finite"),
    (ONE + "[sampler]\nkind = 'reverse'\nlambda = 1\nmethod = 'heun'\n", "sampler.method", "lambda = 0"),
    (ONE + "[particles]\ncount = 1_000_000_000\n", "particles.count", "10000000"),
    (ONE + "[particles]\ncount = 0\n", "particles.count", "greater than or equal to 1"),
    (ONE + "[particles]\nstart = { kind = 'mode', index = 4 }\n", "particles.start.index", "0…0"),
    (ONE + "[particles]\nstart = { kind = 'point', at = [0, 1] }\n", "particles.start", "1 coordinate"),
    (ONE + "[process]\nkind = 've-geometric'\nsigma_min = 3\nsigma_max = 2\n", "process.sigma_min", "below"),
    (ONE + "[view]\nx = [1, 1]\n", "view.x", "low < high"),
    (ONE.replace("[1]\nmeans", "[-1]\nmeans"), "target.weights", "positive sum"),
    (ONE.replace("[1]\nmeans", "[0]\nmeans"), "target.weights", "positive sum"),
    (ONE.replace("means = [0]", "means = [nan]"), "target.means[0][0]", "finite"),
    (ONE.replace("covariances = [1]", "covariances = [-1]"), "target.covariances[0]", "positive definite"),
    (ONE.replace("covariances = [1]", "covariances = [1, 1]"), "target", "as many"),
    (
        THREE_MODES.replace("[[0.55, 0.25], [0.25, 0.35]]", "[[1.0, 2.0], [2.0, 1.0]]"),
        "target.covariances[0]",
        "definite",
    ),
    (
        THREE_MODES.replace("[[0.55, 0.25], [0.25, 0.35]]", "[[1.0, 0.5], [0.2, 1.0]]"),
        "target.covariances[0]",
        "symmetric",
    ),
    (THREE_MODES.replace("[0.2, -2.2]", "[0.2]"), "target.means", "one dimension"),
    (THREE_MODES.replace("[[1.1, 0.0], [0.0, 0.22]]", "1.0"), "target.covariances", "2×2"),
    (THREE_MODES.replace("0.2]\nmeans", "'x']\nmeans"), "target.weights[2]", "number"),
]


@pytest.mark.parametrize(("text", "key", "expected"), BAD)
def test_faults_are_named_by_file_key_and_what_was_expected(text, key, expected, tmp_path):
    file = tmp_path / "scene.toml"
    file.write_text(text)
    with pytest.raises(SceneError) as caught:
        load_scene(file)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    fitting = [line for line in lines if line.startswith(f"{file}: {key}") and expected in line]
    assert fitting, lines


def test_missing_huge_and_binary_files_are_refused(tmp_path):
    with pytest.raises(SceneError, match="no such file"):
        load_scene(tmp_path / "nothing.toml")
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * 5_000_000)
    with pytest.raises(SceneError, match="below 4 MB"):
        load_scene(big)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SceneError, match="UTF-8"):
        load_scene(binary)
    with pytest.raises(SceneError, match="expected a file"):
        load_scene(tmp_path)
    locked = tmp_path / "pipe.toml"
    os.mkfifo(locked)
    with pytest.raises(SceneError, match="expected a file"):  # and not read for ever
        load_scene(locked)


def test_too_many_components_are_refused():
    n = 4097
    text = f'[target]\nkind = "mixture"\nweights = {[1] * n}\nmeans = {[0] * n}\ncovariances = {[1] * n}\n'
    with pytest.raises(SceneError, match="4096"):
        parse_scene(text)


numbers = st.floats(-1000, 1000, allow_nan=False).map(lambda v: round(v, 6))


@st.composite
def scenes(draw):
    d, k = draw(st.integers(1, 2)), draw(st.integers(1, 4))
    std = st.floats(0.05, 10).map(lambda v: round(v, 4))
    means = [[draw(numbers) for _ in range(d)] for _ in range(k)]
    covariances = []
    for _ in range(k):
        a, b, rho = draw(std), draw(std), draw(st.floats(-0.9, 0.9))
        covariances.append([[a * a]] if d == 1 else [[a * a, rho * a * b], [rho * a * b, b * b]])
    weights = [draw(st.floats(0.01, 1)) for _ in range(k)]
    sampler = draw(st.sampled_from([
        {"kind": "langevin", "step": 0.1, "sigma": 0.5}, {"kind": "forward", "lambda": 0.25},
        {"kind": "reverse", "lambda": 0.0, "method": "heun"}, {"kind": "ddim", "eta": 1.0, "grid": "karras"},
    ]))  # fmt: skip
    start = draw(
        st.sampled_from([None, {"kind": "mode", "index": 0}, {"kind": "point", "at": [0.5] * d}, {"kind": "prior"}])
    )
    process = draw(
        st.sampled_from([{"kind": "brownian", "delta": 2.0}, {"kind": "sub-vp"}, {"kind": "ou", "t_max": 4.0}])
    )
    return Scene.model_validate({
        "title": draw(st.text(max_size=30)), "seed": draw(st.integers(0, 2**63 - 1)),
        "target": {"kind": "mixture", "weights": weights, "means": means, "covariances": covariances},
        "sampler": sampler, "process": process, "particles": {"count": 7, "start": start},
        "panels": draw(st.sampled_from([(), ({"title": "a", "sampler": sampler}, {"process": process, "start": start})])),
    })  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_what_is_written_is_read_back_equal(scene):
    assert parse_scene(dump_scene(scene)) == scene


def test_editing_validates_and_leaves_the_old_scene_alone(three_modes):
    edited = three_modes.with_(seed=5)
    assert (three_modes.seed, edited.seed) == (0, 5)
    with pytest.raises(ValueError, match="seed"):
        three_modes.with_(seed=-1)
    with pytest.raises(ValueError, match="frozen"):
        three_modes.seed = 3


def test_saving_is_atomic(three_modes, tmp_path, monkeypatch):
    path = tmp_path / "scene.toml"
    save_scene(three_modes, path)
    path.chmod(0o640)
    before = path.read_bytes()

    def full_disk(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_scene(three_modes.with_(title="other"), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["scene.toml"]
    monkeypatch.undo()
    save_scene(three_modes.with_(title="other"), path)
    assert load_scene(path).title == "other"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_presets_are_valid_have_thumbnails_and_captions():
    names = preset_names()
    assert len(names) >= 8
    assert names[0] == "trapped"
    for name in names:
        scene = load_scene(name)
        assert scene.caption
        assert thumbnail_path(name).stat().st_size > 1000
    assert {"trapped", "freed-by-smoothing", "narrow-axis", "forward-river", "reverse-river", "ode-beside-sde",
            "vp-against-ve", "fourier"} <= set(names)  # fmt: skip


def test_an_edit_says_what_beside_the_run_shows_something_else(three_modes):
    s = three_modes
    dragged = s.with_(target=s.target.with_(means=((0.0, 0.0), *s.target.means[1:])))
    assert not changes(s, dragged) & (Change.CONTROLS | Change.FRAME)
    assert changes(s, dragged.with_(seed=4)) & Change.CONTROLS
    far = s.with_(target={"kind": "formula", "log_density": "-(x - 900)^2 - y^2"})
    assert changes(s, far) & Change.FRAME
    assert changes(s, s.with_(view=s.view.with_(x=(0.0, 1.0)))) & Change.FRAME


def test_what_an_edit_makes_stale(three_modes):
    s = three_modes
    target = s.target.with_(means=((0.0, 0.0), *s.target.means[1:]))
    cases = [
        (s, Change.NOTHING),
        (s.with_(title="x"), Change.PICTURE),
        (s.with_(view=s.view.with_(theme="light")), Change.PICTURE),
        (s.with_(view=s.view.with_(sigma=1.0)), Change.PICTURE | Change.FIELDS),
        (s.with_(target=target), Change.PICTURE | Change.FIELDS | Change.DYNAMICS),
        (s.with_(sampler=s.sampler.with_(step=0.5)), Change.PICTURE | Change.FIELDS | Change.DYNAMICS),
        (s.with_(sampler={"kind": "forward"}), Change.PICTURE | Change.FIELDS | Change.RESTART),
        (s.with_(particles=s.particles.with_(count=3)), Change.PICTURE | Change.RESTART),
        (s.with_(seed=9), Change.PICTURE | Change.RESTART),
    ]
    for new, expected in cases:
        assert changes(s, new) & ~Change.CONTROLS == expected
    forward = s.with_(sampler={"kind": "forward"})
    assert changes(forward, forward.with_(process={"kind": "ou"})) & Change.RESTART
    assert not changes(s, s.with_(process={"kind": "ou"})) & Change.RESTART
    longer = forward.with_(sampler=forward.sampler.with_(steps=7))
    assert changes(forward, longer) & Change.RESTART


def test_panels_take_what_they_have_and_share_the_rest():
    scene = load_scene("ode-beside-sde")
    ode, sde = scene.resolved_panels()
    assert (ode.sampler.lam, sde.sampler.lam) == (0.0, 1.0)
    assert ode.target == sde.target == scene.target
    assert ode.title != sde.title


@pytest.mark.parametrize(
    "table",
    [
        {"target": {"kind": "mixture", "weights": [True, True], "means": [0, 1], "covariances": [1, 1]}},
        {
            "target": {
                "kind": "mixture",
                "weights": [1, 1],
                "means": [[0, True], [1, 1]],
                "covariances": [[[1, 0], [0, 1]]] * 2,
            }
        },
        {"seed": True},
        {"particles": {"count": True}},
    ],
)
def test_true_is_no_number(table):
    whole = {"target": {"kind": "mixture", "weights": [1], "means": [0], "covariances": [1]}, **table}
    with pytest.raises(ValueError, match="expected a number, not true or false"):
        Scene.model_validate(whole)
