"""Files that were made to do harm, or that fail for other reasons: each is refused in a sentence, soon, or does right.

The files lie in `tests/cases`; those that would be large are made here.
"""

from __future__ import annotations

import os
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from visualizer.engine.frame import Diverged
from visualizer.engine.run.net_files import net_in_file
from visualizer.engine.run.simulation import Simulation
from visualizer.learning import NetError, foreign_from_bytes
from visualizer.scene.columns import read_columns
from visualizer.scene.errors import SceneError
from visualizer.scene.files import read_scene

SIDECAR = 'prediction = "score"\n[process]\nkind = "vp-cosine"\n'
CASES = Path(__file__).parent / "cases"
HOSTILE = CASES / "hostile"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bigint.toml", "too large"),
        ("dotted5000.toml", "at most 50 parts"),
        ("net-devzero-target.toml", "expected a file"),
        ("net-nul.toml", "no such net|no name of a file"),
    ],
)
def test_scenes_that_ask_for_too_much_are_refused(name, words):
    with pytest.raises(SceneError, match=words):
        Simulation(read_scene(HOSTILE / name), "cpu")


def test_hundreds_of_thousands_of_faults_are_told_shortly(tmp_path):
    path = tmp_path / "keys.toml"
    path.write_text("\n".join(f"k{i} = 1" for i in range(50_000)))
    with pytest.raises(SceneError, match=r"and 49,980 more faults") as caught:
        read_scene(path)
    assert len(str(caught.value)) < 20_000
    assert len(caught.value.sentence) < 5_000


NETWORK = [r"\\server\share\x", "//server/share/x"] if os.name == "nt" else ["//server/share/x"]


@pytest.mark.parametrize("name", NETWORK)
def test_files_on_other_machines_are_not_even_asked_for(name, monkeypatch):
    """Looking whether they are there would tell a stranger's machine who asks."""
    asked = []
    for read, ending in ((net_in_file, ".onnx"), (lambda file: read_columns(Path(file)), ".csv")):
        with monkeypatch.context() as patched:
            patched.setattr(Path, "exists", asked.append)
            with pytest.raises(SceneError, match="other machines"):
                read(name + ending)
    assert not asked


@pytest.mark.skipif(os.name == "nt", reason="pipes with names are POSIX")
def test_a_pipe_with_a_name_is_waited_for_by_nobody(tmp_path):
    pipe = tmp_path / "pipe.safetensors"
    os.mkfifo(pipe)
    for read in (net_in_file, lambda file: read_columns(Path(file)), read_scene):
        with pytest.raises(SceneError, match="expected a file"):
            read(str(pipe))


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
@pytest.mark.parametrize(
    ("name", "words"),
    [("onnx-segv", "brings down"), ("matmul9000", "too long|cannot")],
)
def test_networks_that_kill_or_hang_what_runs_them_are_kept_out(name, words, monkeypatch):
    monkeypatch.setattr("visualizer.engine.run.net_files._PATIENCE", 12.0)
    with pytest.raises(SceneError, match=words):
        net_in_file(str(HOSTILE / f"{name}.onnx"))
    assert net_in_file(str(CASES / "40-plain-works.onnx")).d == 2  # and the next is read all the same


def test_functions_within_functions_are_counted_as_what_they_come_to():
    """Ten calls on each of eight levels are a hundred million operators; on five levels, ten thousand, they can be run."""
    import onnx
    from onnx import helper

    model = onnx.load(str(HOSTILE / "laughs-5x10.onnx"))
    assert net_in_file(str(HOSTILE / "laughs-5x10.onnx")).d == 2
    for level in (5, 6, 7):
        calls = [
            helper.make_node(f"F{level - 1}", ["x" if i == 0 else f"y{i}"], [f"y{i + 1}"], domain="L")
            for i in range(10)
        ]
        made = helper.make_function("L", f"F{level}", ["x"], ["y10"], calls, [helper.make_opsetid("L", 1)])
        model.functions.append(made)
    model.graph.node[0].op_type = "F7"
    with pytest.raises(NetError, match="with its functions put in"):
        foreign_from_bytes(model.SerializeToString(), SIDECAR)
    model.functions[0].node[0].CopyFrom(helper.make_node("F7", ["x"], ["y"], domain="L"))  # it calls itself
    with pytest.raises(NetError, match="with its functions put in"):
        foreign_from_bytes(model.SerializeToString(), SIDECAR)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("side-latin1.onnx", "UTF-8"),
        ("meta-bigint.onnx", "damaged|not TOML|at fault"),
        ("onnx-uncaught-typeerror-dims.onnx", "cannot be run"),
    ],
)
def test_networks_that_do_not_fit_are_refused_in_our_words(name, words):
    with pytest.raises(SceneError, match=words) as caught:
        net_in_file(str(HOSTILE / name))
    assert "Error" not in str(caught.value)


def test_a_network_that_gives_no_numbers_is_told_of_and_not_the_step():
    sim = Simulation(read_scene(HOSTILE / "nan-corner.toml"), "cpu")
    with pytest.raises(Diverged, match=r"gives no numbers near \((3|4|5)\.") as caught:
        sim.advance(300)
    assert "step size" not in str(caught.value)


def test_a_network_that_takes_the_square_of_memory_is_refused():
    field = net_in_file(str(HOSTILE / "quadratic.onnx")).field()
    import torch

    with pytest.raises(NetError, match="Use fewer particles"):
        field.score(torch.zeros(2, 60_000), 0.5, 0.5)


def made(name, folder):
    path = folder / name
    if name == "wide-after-blanks.csv":
        path.write_text("\n" * 10_000 + ",".join("a" for _ in range(900_000)) + "\n1,2\n")
    elif name == "claims.npz":
        header = (
            b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (500000000, 2), }".ljust(128)
            + b"\n"
        )
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.npy", header + bytes(1_400_000))
    elif name == "comments.csv":
        path.write_bytes(b"#\n" * 33_000_000)
    else:
        path.write_text("a,b\n" + '"' + "x" * 5_000_000)
    return path


@pytest.mark.parametrize("name", ["wide-after-blanks.csv", "claims.npz", "comments.csv", "endless-quote.csv"])
def test_tables_that_would_fill_the_memory_are_refused_soon(tmp_path, name):
    path, began = made(name, tmp_path), time.monotonic()
    with pytest.raises(SceneError):
        read_columns(path)
    assert time.monotonic() - began < 60  # bounded, not quick: a busy machine reads them, too
    assert threading.active_count() < 50


RIGHT = {
    "01-no-heading-with-labels.csv": {"1": [5.1, 4.9, 6.3, 5.8], "4": [0.2, 0.2, 2.5, 1.9]},
    "03-heading-of-counted-columns.csv": {"0": [5.1, 4.9, 6.3, 5.8], "1": [3.5, 3.0, 3.3, 2.7]},
    "05-thousands-quoted.csv": {"people": [25649, 1352, 870, 14, 502]},
    "07-semicolon-in-quoted-heading.csv": {"id": [1, 2, 3], "size; in cm": [2.5, 4.5, 3.5], "w": [3, 4, 9]},
    "07b-semicolon-in-quoted-heading-two-columns.csv": {"size; cm": [2, 4, 3], "w": [5, 7, 9]},
    "09-cr-line-ends-semicolon-in-text.csv": {"x": [1, 3, 4, 6], "y": [2, 5, 4, 1]},
    "11-row-begins-with-hash.csv": {"year": [1974, 1975, 1976, 1980], "plays": [82, 3, 4, 5]},
    "13-decimal-commas-and-a-gap-mark.csv": {"x": [1.5, np.nan, 4, 2, 3, 7]},
    "15-excel-sep-line.csv": {"x": [1.5, 3, 4], "y": [2, 5, 4]},
    "17-latin-1.csv": {"x": [1, 3, 4], "y": [2, 5, 4]},
    "19-index-column.csv": {"x": [5.1, 4.9, 6.3, 5.8], "y": [3.5, 3.0, 3.3, 2.7], "1": [0, 1, 2, 3]},
    "21-pipes.csv": {"x": [1, 3, 4, 6], "y": [2, 5, 4, 1]},
    "22-decimals.parquet": {"price": [1.5, 3.25, 4, 6.75], "amount": [2, 5.5, 4, 1.5]},
}


@pytest.mark.parametrize("name", RIGHT)
def test_tables_are_read_as_they_were_meant(name):
    found = read_columns(CASES / name)
    for column, values in RIGHT[name].items():
        np.testing.assert_array_equal(found[column], values)
    assert list(read_columns(CASES / "24-named-fields.npy")) == ["x", "y"]


def test_the_networks_of_others_come_to_their_data():
    """A network told in other types than float32 is the same network."""
    x = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    plain = net_in_file(str(CASES / "40-plain-works.onnx")).asked()(x, 0.5)
    for name in ("35-timesteps-as-int64", "37-double", "39-second-output"):
        np.testing.assert_allclose(net_in_file(str(CASES / f"{name}.onnx")).asked()(x, 0.5), plain, rtol=1e-5)
    with pytest.raises(SceneError, match="which way its time runs"):
        net_in_file(str(CASES / "41-flow-from-noise-at-0.onnx"))
