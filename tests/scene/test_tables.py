"""Tables as people have them: headings or none, marks of all sorts, encodings, indices; each is read as it was meant."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pytest

from visualizer.scene import SceneError, load_scene, save_scene
from visualizer.scene.columns import parse_text, read_columns, read_table
from visualizer.scene.dialect import Dialect
from visualizer.scene.files import dump_scene
from visualizer.scene.points import first_of

nan = math.nan
#: (name of the file, its text, the columns that are right, what is said of them); after public reports of many programs.
TABLES = [
    ("no-heading.csv", "5.1,3.5,1.4,alpha\n4.9,3.0,1.4,alpha\n6.3,3.3,6.0,beta\n",
     {"1": [5.1, 4.9, 6.3], "2": [3.5, 3.0, 3.3], "3": [1.4, 1.4, 6.0]}, "no heading"),
    ("counted.csv", "0,1\n5.1,3.5\n4.9,3.0\n", {"0": [5.1, 4.9], "1": [3.5, 3.0]}, ""),
    ("numbers-alone.csv", "0,1\n5,3\n4,3\n", {"1": [0, 5, 4], "2": [1, 3, 3]}, "no heading"),
    ("thousands.csv", 'place,people\n"A, B","25,649     "\nC,"1,352"\nD,870\n', {"people": [25649, 1352, 870]}, "“,” between thousands"),
    ("thousands-points.csv", "a;b\n1.234,5;2\n1.234.567;3\n4;5\n", {"a": [1234.5, 1234567, 4], "b": [2, 3, 5]}, "decimal commas"),
    ("thousands-spaces.csv", "a;b\n12 345;2\n1\u00a0234,5;3\n4;5\n", {"a": [12345, 1234.5, 4], "b": [2, 3, 5]}, "semicolons"),
    ("semicolon-quoted.csv", 'id,"size; in cm",w\n1,2.5,3\n2,4.5,4\n', {"id": [1, 2], "size; in cm": [2.5, 4.5], "w": [3, 4]}, ""),
    ("cr.csv", 'name,x,y\r"A; B",1,2\rC,3,5\r', {"x": [1, 3], "y": [2, 5]}, ""),
    ("hash.csv", "song,year,plays\nAlpha,1974,82\n#9 Beta,1975,3\nGamma,1976,4\n", {"year": [1974, 1975, 1976], "plays": [82, 3, 4]}, ""),
    ("gaps.csv", "x;y\n1,5;2\n-;5\n4;4\n", {"x": [1.5, nan, 4], "y": [2, 5, 4]}, "“-” for gaps"),
    ("excel.csv", "sep=;\r\nx;y\r\n1,5;2\r\n3;5\r\n", {"x": [1.5, 3], "y": [2, 5]}, "decimal commas"),
    ("index.csv", ",x,y\n0,5.1,3.5\n1,4.9,3.0\n", {"x": [5.1, 4.9], "y": [3.5, 3.0], "1": [0, 1]}, ""),
    ("r-table.txt", "x y\n1 5.1 3.5\n2 4.9 3.0\n", {"x": [5.1, 4.9], "y": [3.5, 3.0], "1": [1, 2]}, "spaces"),
    ("one-column.csv", "price\n4216\n2409\n7389\n", {"price": [4216, 2409, 7389]}, ""),
    ("pipes.csv", "x|y\n1|2\n3|5\n", {"x": [1, 3], "y": [2, 5]}, "vertical bars"),
    ("tabs.tsv", "x\ty\n1\t2\n3\t5\n", {"x": [1, 3], "y": [2, 5]}, "tabs"),
    ("apostrophe.csv", "x;y\n1'352;2\n3;5\n", {"x": [1352, 3], "y": [2, 5]}, ""),
    ("exponents.csv", "x,y\n1e3,-2.5E-1\n.5,+3.\n", {"x": [1000, 0.5], "y": [-0.25, 3]}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "columns", "said"), TABLES, ids=[t[0] for t in TABLES])
def test_a_table_is_read_as_it_was_meant_and_says_how(tmp_path, name, text, columns, said):
    path = tmp_path / name
    path.write_bytes(text.encode())
    found = read_table(path)
    assert list(found.columns) == list(columns)
    for key, values in columns.items():
        np.testing.assert_array_equal(found.columns[key], values)
    assert said in found.sentence
    assert bool(said) == bool(found.sentence) or name == "apostrophe.csv"
    if "sep=" not in text and "\r" not in text:
        pasted = parse_text(text)
        assert list(pasted) == list(columns)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_letters_of_any_encoding_do_not_stand_in_the_way(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("stadt,höhe,größe\nMünchen,1,2\nKöln,3,5\nBern,4,4\n".encode(encoding))
    found = read_table(path)
    np.testing.assert_array_equal(np.stack(list(found.columns.values()), 1), [[1, 2], [3, 5], [4, 4]])
    assert list(found.columns) == ["höhe", "größe"]
    assert ("letters as in" in found.sentence) == (not encoding.startswith("utf-8"))


def test_an_index_without_a_name_is_not_the_first_choice(tmp_path):
    (tmp_path / "a.csv").write_text(",x,y\n0,5.1,3.5\n1,4.9,3.0\n2,6.3,3.3\n")
    assert first_of(read_columns(tmp_path / "a.csv")) == ("x", "y")


def test_fields_of_structured_arrays_are_columns(tmp_path):
    rows = np.array([(1, 2.5, "a"), (3, 5.0, "b")], [("x", "i4"), ("y", "f8"), ("name", "U3")])
    np.save(tmp_path / "a.npy", rows)
    np.savez(tmp_path / "a.npz", points=rows)
    assert {k: v.tolist() for k, v in read_columns(tmp_path / "a.npy").items()} == {"x": [1, 3], "y": [2.5, 5]}
    assert list(read_columns(tmp_path / "a.npz")) == ["points.x", "points.y"]
    np.save(tmp_path / "o.npy", np.array([(1, None)], [("x", "i4"), ("o", "O")]), allow_pickle=True)
    with pytest.raises(ValueError, match=r"column of numbers, there is none"):
        read_columns(tmp_path / "o.npy")


def test_decimals_of_parquet_are_numbers(tmp_path):
    import duckdb

    file = tmp_path / "a.parquet"
    duckdb.sql(
        f"copy (select 1.50::decimal(9,2) price, 2::bigint n, 'x' t union all select 3.25, null, 'y') to '{file}'"
    )
    found = read_columns(file)
    assert list(found) == ["price", "n"]
    np.testing.assert_array_equal(found["price"], [1.5, 3.25])
    np.testing.assert_array_equal(found["n"], [2, nan])


def test_files_that_are_something_else_are_refused_in_our_words(tmp_path):
    for name, data in (
        ("a.csv", gzip.compress(b"a,b\n1,2\n")),
        ("b.parquet", b"PAR1" * 50),
        ("c.npz", b"PK\3\4"),
        ("d.npy", b"\x93NUMPY"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match="expected columns of numbers"):
            read_columns(tmp_path / name)


TOLD = [
    ("1;2\n3;4\n", {"heading": True}, {"1": [3.0], "2": [4.0]}),
    ("1;2\n3;4\n", {"separator": ","}, {}),
    ("a b\n1.500 2\n2.750 5\n", {"thousands": ".", "decimal": ","}, {"a": [1500, 2750], "b": [2, 5]}),
    ("a b\n1.500 2\n2.750 5\n", {}, {"a": [1.5, 2.75], "b": [2, 5]}),
    ("a|b,c\n1,5|2\n2,5|3\n", {"separator": "|", "decimal": ","}, {"a": [1.5, 2.5], "b,c": [2, 3]}),
    ("7,1\n8,2\n", {"heading": False, "separator": " ", "decimal": ","}, {"1": [7.1, 8.2]}),
]


@pytest.mark.parametrize(("text", "told", "wanted"), TOLD)
def test_what_is_told_of_a_table_is_not_found_out(tmp_path, text, told, wanted):
    file = tmp_path / "a.csv"
    file.write_text(text)
    if not wanted:
        with pytest.raises(SceneError, match="no numbers"):
            read_table(file, told)
        return
    table = read_table(file, told)
    assert {name: x.tolist() for name, x in table.columns.items()} == wanted
    assert table.read["rows"][0] == [c.strip() for c in table.read["rows"][0]]
    assert [name for name in table.read["taken"] if name] == list(wanted)


def test_an_encoding_is_told(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes("größe,y\n1,2\n3,4\n".encode("mac-roman"))
    assert list(read_table(file, {"encoding": "mac-roman"}).columns) == ["größe", "y"]


def test_a_dialect_goes_into_the_scene_and_back(tmp_path):
    (tmp_path / "a.csv").write_text("1;2\n3;4\n5;7\n")
    plain = '[target]\nkind = "data"\nfile = "a.csv"\ncolumns = ["1", "2"]\n'
    file = tmp_path / "a.toml"
    file.write_text(plain + "dialect = { heading = true }\n")
    scene = load_scene(file)
    assert scene.target.x.tolist() == [[3, 4], [5, 7]]
    save_scene(scene, file)
    assert load_scene(file).target.dialect == Dialect(heading=True)
    file.write_text(plain)
    assert len(load_scene(file).target.x) == 3
    assert "dialect =" not in dump_scene(load_scene(file))
    assert "target.dialect" not in dump_scene(load_scene(file))
    for bad in ('separator = "x"', 'encoding = "rot13"', 'quote = "a"'):
        file.write_text(plain + f"dialect = {{ {bad} }}\n")
        with pytest.raises(SceneError, match="dialect"):
            load_scene(file)
