"""The command line: what it writes, what it refuses and with which exit status."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.conftest import THREE_MODES, TWO_WELLS
from visualizer.cli import main
from visualizer.engine.targets.mixture import build_mixture
from visualizer.scene import load_scene, parse_scene, save_scene
from visualizer.scene.presets import preset_names
from visualizer.scene.tour import tour_names


@pytest.fixture
def plane(tmp_path):
    path = tmp_path / "plane.toml"
    path.write_text(THREE_MODES)
    return path


@pytest.fixture
def line(tmp_path):
    path = tmp_path / "line.toml"
    path.write_text(TWO_WELLS)
    return path


def test_sample_writes_particles_time_and_scene(line, tmp_path):
    out = tmp_path / "s.npz"
    assert main(["sample", str(line), "-o", str(out), "--count", "5000", "--seed", "4", "--device", "cpu"]) == 0
    data = np.load(out)
    assert data["x"].shape == (5000, 1)
    assert data["x"].dtype == np.float32
    assert float(data["t"]) == 0.0
    scene = parse_scene(str(data["scene"]))
    assert (scene.seed, scene.particles.count) == (4, 5000)
    # 100 steps of the reverse SDE: shares of the two wells within 4 standard errors of the weights
    assert abs((data["x"] < 0).mean() - 0.3) < 4 * (0.3 * 0.7 / 5000) ** 0.5 + 0.01
    again = tmp_path / "t.npz"
    main(["sample", str(line), "-o", str(again), "--count", "5000", "--seed", "4", "--device", "cpu"])
    assert np.array_equal(np.load(again)["x"], data["x"])


def test_sample_counts_steps_for_langevin(plane, tmp_path):
    out = tmp_path / "s.npz"
    assert main(["sample", str(plane), "-o", str(out), "--steps", "7", "--device", "cpu"]) == 0
    assert float(np.load(out)["t"]) == 7


def test_field_is_the_exact_density_and_score(plane, tmp_path):
    out = tmp_path / "f.npz"
    assert main(["field", str(plane), "-o", str(out), "--grid", "33", "--extent=-4,4,-3,3", "--t", "0.5"]) == 0
    data = np.load(out)
    p = build_mixture(load_scene(plane).target).noised(1.0, 0.5)
    assert data["log_density"].shape == (33, 33)
    assert data["score"].shape == (33, 33, 2)
    x = torch.tensor([[data["axis0"][5], data["axis1"][20]]], dtype=torch.float64)
    assert data["log_density"][5, 20] == pytest.approx(float(p.log_prob(x)))
    np.testing.assert_allclose(data["score"][5, 20], p.score(x)[0].numpy())
    wide = tmp_path / "w.npz"
    main(["field", str(plane), "-o", str(wide), "--grid", "201"])
    data = np.load(wide)
    cell = np.diff(data["axis0"])[0] * np.diff(data["axis1"])[0]
    assert np.exp(data["log_density"]).sum() * cell == pytest.approx(1.0, abs=2e-3)


def test_field_in_one_dimension(line, tmp_path):
    out = tmp_path / "f.npz"
    assert main(["field", str(line), "-o", str(out), "--grid", "50", "--extent=-3,3"]) == 0
    data = np.load(out)
    assert "axis1" not in data
    assert data["score"].shape == (50, 1)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_numbers_as_tables_are_those_of_the_archives(plane, tmp_path, suffix):
    import pyarrow.csv
    import pyarrow.parquet

    read = pyarrow.csv.read_csv if suffix == ".csv" else pyarrow.parquet.read_table
    for command in (["sample", str(plane), "--steps", "4", "--count", "30"], ["field", str(plane), "--grid", "9"]):
        archive, table = tmp_path / "a.npz", tmp_path / f"a{suffix}"
        assert main([*command, "-o", str(archive)]) == 0
        assert main([*command, "-o", str(table)]) == 0
        data, got = np.load(archive), read(table)
        if command[0] == "sample":
            want = {"x": data["x"][:, 0], "y": data["x"][:, 1]}
        else:
            score = data["score"].reshape(-1, 2)
            want = {"x": np.repeat(data["axis0"], 9), "y": np.tile(data["axis1"], 9)}
            want |= {"log_prob": data["log_density"].ravel(), "score_x": score[:, 0], "score_y": score[:, 1]}
        assert got.column_names == list(want)
        for name, values in want.items():
            np.testing.assert_array_equal(got[name].to_numpy().astype(values.dtype), values)


def test_check_is_silent_on_good_scenes_and_names_each_fault(plane, tmp_path, capsys):
    assert main(["check", str(plane), "trapped", *tour_names()]) == 0
    assert capsys.readouterr().err == ""
    bad = tmp_path / "bad.toml"
    bad.write_text(THREE_MODES.replace("count = 2000", "count = -1\nfoo = 1"))
    assert main(["check", str(plane), str(bad)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(str(bad) in line for line in lines)
    assert "particles.foo" in lines[1] + lines[0]


def test_presets_are_listed(capsys):
    assert main(["presets"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == [*preset_names(), *tour_names()]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["render", "{}", "-o", "x.avi"], "ends in"),
        (["render", "{}", "-o", "nowhere/x.mp4"], "no folder"),
        (["render", "{}", "-o", "x.mp4", "--size", "big"], "WIDTHxHEIGHT"),
        (["render", "{}", "-o", "x.mp4", "--size", "1x1"], "WIDTHxHEIGHT"),
        (["render", "{}", "-o", "x.mp4", "--transparent"], "cannot be transparent"),
        (["render", "{}", "-o", "x.mp4", "--layers", "density,glitter"], "layers.plane[1]: expected 'density'"),
        (["render", "{}", "-o", "x.mp4", "--layers", "density,density"], "at most once"),
        (["render", "{}", "-o", "x.mp4", "--hold", "-1"], "0 to 600"),
        (["render", "{}", "-o", "x.mp4", "--scale", "0"], "0.5 to 8"),
        (["render", "{}", "-o", "x.mp4", "--format", "gif"], "ends in .gif"),
        (["render", "{}", "-o", "x.png", "--format", "frames"], "no ending"),
        (["render", "{}", "trapped", "-o", "x.mp4"], "expected a folder"),
        (["render", "{}", "{}", "-o", "."], "more than one scene"),
        (["render", "-", "trapped", "-o", "."], "standard input"),
        (["render", "{}", "-o", ".", "--jobs", "0"], "1 to 64"),
        (["render", "{}", "-o", "x.mp4", "--fps", "0"], "1 to 240"),
        (["render", "{}", "-o", "x.mp4", "--frames", "0"], "frames"),
        (["render", "{}", "-o", "x.mp4", "--seconds", "-1"], "frames"),
        (["render", "{}", "-o", "x.mp4", "--device", "tpu"], "invalid choice"),
        (["render", "nothing.toml", "-o", "x.mp4"], "no such file"),
        (["render", "nothing", "-o", "x.mp4"], "visualizer presets"),
        (["render", "score-matching", "-o", "x.png"], "a lecture moves"),
        (["sample", "{}", "-o", "x.npy"], "ends in .npz, .csv, .parquet"),
        (["sample", "{}", "-o", "x.npz", "--count", "1000000000"], "10000000"),
        (["sample", "{}", "-o", "x.npz", "--steps", "0"], "steps"),
        (["sample", "{}", "-o", "x.npz", "--seed", "-1"], "seed"),
        (["field", "{}", "-o", "x.npz", "--grid", "1"], "2 to"),
        (["field", "{}", "-o", "x.npz", "--extent", "1,2"], "XMIN"),
        (["field", "{}", "-o", "x.npz", "--extent", "2,1,0,1"], "XMIN"),
        (["field", "{}", "-o", "x.npz", "--t", "99"], "0…10"),
        (["check"], "required"),
        (["--nonsense"], "unrecognized"),
    ],
)
def test_bad_usage_exits_2_with_one_message_and_no_file(command, message, plane, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([part.format(plane) for part in command]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert [p.name for p in tmp_path.iterdir()] == ["plane.toml"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_without_a_display_the_window_is_refused_with_a_hint(monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 2
    assert "visualizer render" in capsys.readouterr().err


def test_a_diverging_sample_exits_1_and_writes_nothing(plane, tmp_path, capsys):
    save_scene(load_scene(plane).with_(sampler={"kind": "langevin", "step": 50.0}), plane)
    out = tmp_path / "s.npz"
    assert main(["sample", str(plane), "-o", str(out), "--device", "cpu"]) == 1
    assert "h = 50 is too large" in capsys.readouterr().err
    assert not out.exists()


SMALL_TRAINING = "\n[training]\nwidth = 16\ndepth = 2\nsteps = 30\nbatch = 32\n"


@pytest.fixture
def trained(plane, tmp_path):
    """A scene beside the net it follows."""
    plane.write_text(THREE_MODES + SMALL_TRAINING)
    assert main(["train", str(plane), "-o", str(tmp_path / "net.safetensors")]) == 0
    path = tmp_path / "follows.toml"
    path.write_text(THREE_MODES + '\n[field]\nkind = "learned"\nfile = "net.safetensors"\n')
    return path


def test_train_writes_a_net_that_scenes_follow_from_any_folder(trained, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir("/")
    assert main(["check", str(trained)]) == 0
    out = tmp_path / "f.npz"
    assert main(["field", str(trained), "-o", str(out), "--grid", "9", "--t", "0.5"]) == 0
    data = np.load(out)
    assert set(data) == {"axis0", "axis1", "score"}
    assert data["score"].shape == (9, 9, 2)
    assert np.isfinite(data["score"]).all()
    sampled = tmp_path / "s.npz"
    assert main(["sample", str(trained), "-o", str(sampled), "--steps", "3", "--count", "10", "--device", "cpu"]) == 0
    # Saved again into its folder the net goes by its name, elsewhere by its path.
    scene = load_scene(trained)
    save_scene(scene, tmp_path / "again.toml")
    assert 'file = "net.safetensors"' in (tmp_path / "again.toml").read_text()
    (tmp_path / "other").mkdir()
    save_scene(scene, tmp_path / "other" / "again.toml")
    assert load_scene(tmp_path / "other" / "again.toml") == scene


def test_train_is_reproducible_and_refuses_nonsense(plane, tmp_path, capsys):
    plane.write_text(THREE_MODES + SMALL_TRAINING)
    files = [tmp_path / f"{i}.safetensors" for i in range(2)]
    for file in files:
        assert main(["train", str(plane), "-o", str(file), "--steps", "5"]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    assert "E σ²|s_θ − s|² =" in capsys.readouterr().err
    assert main(["train", str(plane), "-o", str(tmp_path / "net.pt")]) == 2
    assert ".safetensors" in capsys.readouterr().err
    assert main(["train", str(plane), "-o", str(files[0]), "--steps", "0"]) == 2
    plane.write_text(THREE_MODES + '\n[training]\nnetwork = "attention"\nobjective = "noise-contrastive"\n')
    assert main(["train", str(plane), "-o", str(files[0])]) == 2
    assert "training.objective: expected one of denoising for attention" in capsys.readouterr().err


def test_check_names_the_net_that_is_at_fault(trained, tmp_path, capsys):
    (tmp_path / "net.safetensors").write_bytes(b"PK\x03\x04 and so on")
    assert main(["check", str(trained)]) == 2
    err = capsys.readouterr().err
    assert "field.file" in err
    assert "PyTorch archive" in err
    assert "Traceback" not in err
    trained.write_text(THREE_MODES + '\n[field]\nkind = "learned"\n')
    assert main(["check", str(trained)]) == 2
    assert "field.file: this key is needed" in capsys.readouterr().err


def test_check_looks_at_the_worse_network_too(plane, capsys):
    plane.write_text(THREE_MODES + '\n[guidance]\nkind = "auto"\nfile = "nowhere.safetensors"\n')
    assert main(["check", str(plane)]) == 2
    assert "there is no such net" in capsys.readouterr().err


def test_check_knows_how_many_modes_a_density_has(tmp_path, capsys):
    path = tmp_path / "wells.toml"
    text = (
        '[target]\nkind = "formula"\nlog_density = "-(x^2 - 1)^2"\n[particles]\nstart = { kind = "mode", index = %d }\n'
    )
    path.write_text(text % 1)
    assert main(["check", str(path)]) == 0
    path.write_text(text % 2)
    assert main(["check", str(path)]) == 2
    assert "no. 3 (index 2), but this density has 2 modes" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "sample"])
def test_a_scene_file_is_read_once(command, tmp_path, monkeypatch):
    from visualizer.scene import files, tour

    path, read = tmp_path / "scene.toml", []
    path.write_text(THREE_MODES)
    for module in (files, tour):
        monkeypatch.setattr(module, "read_text", lambda *a, real=files.read_text: (read.append(a[0]), real(*a))[1])
    output = () if command == "check" else ("-o", str(tmp_path / "x.npz"), "--steps", "1", "--count", "10")
    assert main([command, str(path), *output]) == 0
    assert read == [path]


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_a_reader_who_has_read_enough_is_no_fault():
    """`visualizer presets | head -1`."""
    listing = subprocess.Popen(
        [sys.executable, "-m", "visualizer", "presets"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    listing.stdout.close()
    assert listing.stderr.read() == ""
    listing.stderr.close()
    listing.wait()
