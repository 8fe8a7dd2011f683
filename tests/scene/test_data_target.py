"""Data sets and drawings: read from every kind of file, bounded, refused in sentences, kept with the scene."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.scene import SceneError, dump_scene, load_scene, parse_scene, save_scene
from visualizer.scene.columns import MAX_POINTS, parse_text, read_columns
from visualizer.scene.embedded import packed, unpacked
from visualizer.scene.painting import drawing, painted
from visualizer.scene.points import checked, first_of, load_points, silverman, wants_standardising
from visualizer.scene.targets.data import DataTarget
from visualizer.scene.targets.drawn import DrawnTarget
from visualizer.scene.targets.shape import ShapeTarget
from visualizer.scene.targets.unknown import UnknownTarget

POINTS = np.random.default_rng(0).normal(size=(300, 2)) * [1.0, 3.0] + [5.0, -2.0]


@pytest.fixture
def files(tmp_path):
    import pyarrow
    import pyarrow.parquet

    a, b = POINTS.T
    rows = "\n".join(f"{x!r},{i},name,{y!r}" for i, (x, y) in enumerate(POINTS.tolist()))
    (tmp_path / "a.csv").write_text("height,id,who,weight\n" + rows + "\n")
    (tmp_path / "bare.csv").write_text("\n".join(f"{x!r};{y!r}" for x, y in POINTS.tolist()))
    (tmp_path / "spaces.txt").write_text("# made by hand\n" + "\n".join(f"{x!r}   {y!r}" for x, y in POINTS.tolist()))
    np.save(tmp_path / "a.npy", POINTS)
    np.savez(tmp_path / "a.npz", height=a, weight=b)
    pyarrow.parquet.write_table(pyarrow.table({"height": a, "weight": b, "who": ["x"] * 300}), tmp_path / "a.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("a.csv", ("height", "weight")),
        ("bare.csv", ("1", "2")),
        ("spaces.txt", ("1", "2")),
        ("a.npy", ("1", "2")),
        ("a.npz", ("height", "weight")),
        ("a.parquet", ("height", "weight")),
    ],
)
def test_every_kind_of_file_gives_the_same_points(files, name, columns):
    assert set(columns) <= set(read_columns(files / name))
    np.testing.assert_allclose(load_points(str(files / name), columns, False)[0], POINTS, rtol=1e-15)
    standard = load_points(str(files / name), columns, True)[0]
    np.testing.assert_allclose(standard.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(standard.std(0), 1, atol=1e-12)
    (files / "s.toml").write_text(f'[target]\nkind = "data"\nfile = "{name}"\ncolumns = {list(columns)}\n')
    scene = load_scene(files / "s.toml")
    assert scene.target.d == 2
    assert scene.target.h == pytest.approx(silverman(POINTS))
    save_scene(scene, files / "again.toml")
    assert f'file = "{name}"' in (files / "again.toml").read_text()  # beside the scene: both can be moved
    assert load_scene(files / "again.toml") == scene


def test_one_column_is_one_dimension(files):
    (files / "s.toml").write_text('[target]\nkind = "data"\nfile = "a.csv"\ncolumns = ["height"]\nbandwidth = 0.2\n')
    target = load_scene(files / "s.toml").target
    assert (target.d, target.h) == (1, 0.2)
    ((low, high),) = target.extent(3.0)
    assert low < np.quantile(POINTS[:, 0], 0.01)
    assert high > np.quantile(POINTS[:, 0], 0.99)


BAD_FILES = [
    ("x.csv", b"a,b\n1,2\nhello,4\n", "2 to 100,000 rows, there are 1"),
    ("x.csv", b"a,b\n1,2\nhello,4\nyou,5\n", "there is no column of numbers 'a'"),
    ("x.csv", b"a,b\nx,y\nz,w\n", "columns of numbers: there are no numbers in it"),
    ("x.csv", b"a,b\n1,2\n", "2 to 100,000 rows, there are 1"),
    ("x.csv", b"a,b\n1,2\n,3\n4,\n", "2 of 3 rows have gaps, text or infinite numbers, the first is row 2"),
    ("x.csv", b"a,b\n1,inf\ninf,3\n4,5\n", "2 of 3 rows have gaps"),
    ("x.csv", b"a,b\n1,2\n1,3\n", "same number throughout"),
    ("x.csv", b"a,b\n1,1e9\n2,2e9\n", "standardise"),
    ("x.csv", b"", "columns of numbers"),
    ("x.csv", b"a,b\n1,2\n3\n", "columns of numbers: a row has one cell where there are 2 columns"),
    ("x.csv", "a,b\n1,2\n3,4é\n".encode("latin-1"), "expected 2 to 100,000 rows"),
    ("x.csv", b"\xff\xfea\x00,\x00b\x00", "columns of numbers"),
    (
        "x.npy",
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000, 2), }",
        "columns",
    ),
    ("x.npy", b"not an array", "columns of numbers"),
    ("x.npz", b"PK\x03\x04 not a zip", "columns of numbers"),
    ("x.parquet", b"PAR1 nothing PAR1", "columns of numbers"),
]


@pytest.mark.parametrize(("name", "data", "words"), BAD_FILES)
def test_bad_files_are_refused_in_a_sentence(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SceneError, match=words):
        load_points(str(tmp_path / name), ("a", "b") if name.endswith("csv") else ("1", "2"), False)


@pytest.mark.parametrize(
    ("text", "kept", "left_out"),
    [
        ("a,b\n1,2\n,3\n4,5\n", [[1, 2], [4, 5]], 1),
        ("a,b\n1,2\ninf,3\n4,5\n", [[1, 2], [4, 5]], 1),
        ("a,b\n1, 2\ntall,3\n4,-5e-1\n+.5,7.\n", [[1, 2], [4, -0.5], [0.5, 7]], 1),
        ("a;b\n1;2\n3;n/a\n;\n7;5\n", [[1, 2], [7, 5]], 2),
        ("# by hand\na,b\n1,2\n # again\n4,5\n", [[1, 2], [4, 5]], 0),
    ],
)
def test_rows_with_gaps_or_text_are_left_out_and_counted(tmp_path, text, kept, left_out):
    (tmp_path / "x.csv").write_text(text)
    points, count = load_points(str(tmp_path / "x.csv"), ("a", "b"), False)
    np.testing.assert_array_equal(points, kept)
    assert count == left_out
    assert DataTarget(file=str(tmp_path / "x.csv"), columns=("a", "b")).left_out == left_out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("many.parquet", "2 to 100,000 rows, there are 200,000"),
        ("wide.parquet", "at most 10 million numbers"),
        ("bomb.npz", "2 to 100,000 rows, there are 200,000,000"),
        ("lines.txt", "2 to 100,000 rows, there are 300,000"),
        ("wide.txt", "at most 1,000 columns, there are 20,001"),
        ("wide.csv", "at most 1,000 columns, there are 2,001"),
        ("empty.csv", "is empty"),
        ("shape.npy", "columns of numbers"),
        ("short.npy", "ends too early"),
    ],
)
def test_what_is_too_much_is_refused_before_it_is_read(tmp_path, name, words):
    """Little on the disk, much in memory: headers and metadata are looked at first."""
    import pyarrow
    import pyarrow.parquet

    def header(shape):
        made = io.BytesIO()
        np.lib.format.write_array_header_1_0(made, {"descr": "<f8", "fortran_order": False, "shape": shape})
        return made.getvalue()

    path = tmp_path / name
    if name == "many.parquet":
        pyarrow.parquet.write_table(pyarrow.table({"a": np.zeros(200_000)}), path)
    elif name == "wide.parquet":
        pyarrow.parquet.write_table(pyarrow.table({f"c{i}": np.zeros(90_000, np.int8) for i in range(120)}), path)
    elif name == "bomb.npz":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as file:
            file.write(header((200_000_000,)) + bytes(10**6))
    else:
        text = {
            "lines.txt": "1 2\n" * 300_000,
            "wide.txt": "1 " * 20_000 + "1",
            "wide.csv": "1," * 2000 + "1",
            "empty.csv": "",
        }
        path.write_bytes(text[name].encode() if name in text else header((-5, 2) if name == "shape.npy" else (9, 9)))
    with pytest.raises(SceneError, match=words):
        read_columns(path)


def test_headings_that_come_twice_and_decimal_commas_are_understood(tmp_path):
    (tmp_path / "a.csv").write_text("x,x,y\n1,2,3\n4,5,6\n")
    assert list(read_columns(tmp_path / "a.csv")) == ["x", "x (2)", "y"]
    (tmp_path / "b.csv").write_text("x;y\n1,5;-2,25\n3;4,5e2\n")
    found = read_columns(tmp_path / "b.csv")
    assert (found["x"].tolist(), found["y"].tolist()) == ([1.5, 3.0], [-2.25, 450.0])
    (tmp_path / "c.csv").write_text("1,5;2\n3,5;4\n")
    assert read_columns(tmp_path / "c.csv")["1"].tolist() == [1.5, 3.5]
    (tmp_path / "d.csv").write_text("x;y\n" + "1;2\n" * 200 + "1,5;2\n")
    assert read_columns(tmp_path / "d.csv")["x"][-1] == 1.5


COMMENTED = [
    ("# c; d\nx,y\n1,2\n3,4\n", {"x": [1, 3], "y": [2, 4]}),
    ("# c, with comma\nx;y\n1,5;2\n3;4\n", {"x": [1.5, 3], "y": [2, 4]}),
    ("#x,y\n1,2\n3,4\n", {"x": [1, 3], "y": [2, 4]}),
    ("# by hand\n# x y\n1 2\n3 4\n", {"x": [1, 3], "y": [2, 4]}),
    ("# made today\n1,2\n3,4\n", {"1": [1, 3], "2": [2, 4]}),
    ("\ufeff# c\nx,y\n1,2\n3,4\n", {"x": [1, 3], "y": [2, 4]}),
    ('"x","y"\n1,2\n# middle\n3,4\n', {"x": [1, 3], "y": [2, 4]}),
    ('"x";"y"\n1,5;2\n3;4\n# end, of "file"\n', {"x": [1.5, 3], "y": [2, 4]}),
    ('# 5" pipe\nx,y\n1,2\n# end\n3,4', {"x": [1, 3], "y": [2, 4]}),
    ('x,said\n1,"a\n# b"\n3,c\n', {"x": [1, 3]}),
    ("x;y\n" + "1;2\n" * 1500 + "1,5;2\n", {"x": [1] * 1500 + [1.5], "y": [2] * 1501}),
]


@pytest.mark.parametrize(("text", "columns"), COMMENTED)
def test_comments_do_not_say_how_data_are_separated(tmp_path, text, columns):
    (tmp_path / "a.csv").write_text(text)
    assert {k: v.tolist() for k, v in read_columns(tmp_path / "a.csv").items()} == columns


def test_data_are_not_taken_for_a_scene(files):
    with pytest.raises(SceneError, match="these are data: open them in the window"):
        load_scene(files / "a.csv")


def test_the_first_columns_that_go_together_are_those_that_differ_and_are_as_long():
    one, two = np.arange(10.0), np.arange(20.0)
    assert first_of({"id": np.ones(10), "a": one, "b": one**2}) == ("a", "b")
    assert first_of({"a": one, "b": two}) == ("a",)
    assert first_of({"a": np.ones(3)}) == ("a",)
    assert not wants_standardising(np.empty((0, 2)))
    assert wants_standardising(1.7e9 + one[:, None])


def test_tabs_may_indent_what_is_pasted():
    assert {k: v.tolist() for k, v in parse_text("\t1 2\n\t3 4\n").items()} == {"1": [1, 3], "2": [2, 4]}


def test_pasted_cells_that_are_empty_keep_their_column():
    found = parse_text("\t1\t2\n3\t4\t5\r\n6\t7\t\n")
    np.testing.assert_array_equal(np.stack(list(found.values()), 1), [[np.nan, 1, 2], [3, 4, 5], [6, 7, np.nan]])
    with pytest.raises(ValueError, match="there are no numbers in it"):
        parse_text("Dear all,\n\nthis is prose; it goes on.\n")


def test_a_text_that_is_told_once_in_a_parquet_file_is_not_repeated(tmp_path):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"a": np.arange(5000.0), "story": ["x" * 20_000] * 5000})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert list(read_columns(tmp_path / "a.parquet")) == ["a"]


@pytest.mark.parametrize(
    ("values", "standardise", "words"),
    [
        ([1e200, 2e200, 4e200], True, "too large"),
        ([999_990.0, 999_990.01, 999_990.02], False, "standardise"),
        ([1e-10, 2e-10, 4e-10], False, "standardise"),
        ([5.0, 5.0, 5.0 + 1e-14], True, "same number throughout"),
    ],
)
def test_numbers_that_float32_cannot_tell_apart_are_refused(values, standardise, words):
    with pytest.raises(ValueError, match=words):
        checked(np.array(values)[:, None], standardise)


def test_small_units_and_clocks_can_be_standardised():
    for values in (np.array([1e-10, 2e-10, 4e-10]), 1.7e9 + 0.05 * np.arange(9.0)):
        found = checked(values[:, None], True)
        assert found.std() == pytest.approx(1.0)


def test_pickles_too_many_rows_and_missing_files_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(SceneError, match="column of numbers"):
        load_points(str(tmp_path / "x.npy"), ("1",), False)
    (tmp_path / "many.csv").write_text("a\n" + "\n".join(map(str, range(MAX_POINTS + 1))))
    with pytest.raises(SceneError, match="100,001"):
        load_points(str(tmp_path / "many.csv"), ("a",), False)
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(SceneError, match="below 100 MB"):
        load_points(str(tmp_path / "huge.csv"), ("a",), False)
    (tmp_path / "s.toml").write_text('[target]\nkind = "data"\nfile = "none.csv"\ncolumns = ["a"]\n')
    with pytest.raises(SceneError, match=r"target.file: .*no such file"):
        load_scene(tmp_path / "s.toml")
    (tmp_path / "few.csv").write_text("a\n1\n2\n")
    with pytest.raises(SceneError, match="there is no column of numbers 'z'; there are a"):
        load_points(str(tmp_path / "few.csv"), ("z",), False)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([".csv", ".npy", ".npz", ".parquet", ".txt"]))
def test_any_bytes_are_data_or_a_sentence(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    path.write_bytes(data)
    try:
        columns = read_columns(path)
    except SceneError:
        return
    assert all(v.dtype == np.float64 for v in columns.values())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_pasted_text_is_data_or_a_sentence(text):
    try:
        parse_text(text)
    except ValueError:
        return


def test_targets_are_equal_by_what_they_say_whatever_has_been_read_of_them(tmp_path):
    one, two = (DataTarget(columns=("a", "b"), points=packed(POINTS[:, :2].astype(np.float32))) for _ in range(2))
    assert one.x is not two.x
    assert one == two
    assert hash(one) == hash(two)
    assert one.support is two.support
    assert one != one.with_(standardise=True)
    assert one != ShapeTarget(name="rings")
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,5\n")
    file = [DataTarget(file=str(tmp_path / "a.csv"), columns=("a", "b")) for _ in range(2)]
    _ = file[0].x
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,5\n8,9\n")
    assert len(file[1].x) == 3
    assert file[0] == file[1]


def test_embedded_data_survive_a_file_and_damage_is_told():
    target = DataTarget(columns=("x", "y"), points=packed(POINTS.astype(np.float32)))
    scene = parse_scene(dump_scene(parse_scene('[target]\nkind = "shape"\nname = "donut"\n').with_(target=target)))
    np.testing.assert_allclose(scene.target.x, POINTS, rtol=1e-6)
    for text, words in (("!!!", "damaged"), (packed(np.zeros(3, np.float32)), "damaged"), ("", "a file, or points")):
        with pytest.raises(ValueError, match=words):
            DataTarget(columns=("x", "y"), points=text)
    with pytest.raises(ValueError, match="larger than"):
        unpacked(packed(np.zeros(2_000_000, np.float32)), "float32", 1)
    with pytest.raises(ValueError, match="not both"):
        DataTarget(columns=("x",), points=target.points, file="a.csv")


def test_a_drawing_is_painted_erased_and_kept():
    first = DrawnTarget.first(UnknownTarget())
    assert 0 < first.values.mean() < 128
    more = painted(first, [(-3.0, -3.0), (3.0, -3.0)], 0.5, erase=False)
    assert (more.values >= first.values).all()
    x = (np.arange(more.size) + 0.5) / more.size * 8 - 4
    column = more.values[np.abs(x).argmin()]
    assert column[np.abs(x + 3.0).argmin()] > 250  # the middle of the stroke
    assert column[np.abs(x + 3.5).argmin()] == pytest.approx(255 * np.exp(-2), abs=20)  # two σ away
    less = painted(more, [(-3.0, -3.0), (3.0, -3.0)], 0.5, erase=True)
    assert (less.values <= more.values).all()
    assert less.values[np.abs(x).argmin(), np.abs(x + 3.0).argmin()] < 5
    assert painted(first, [(0.0, 0.0)], 1e4, erase=True) is None
    scene = parse_scene('[target]\nkind = "shape"\nname = "donut"\n').with_(target=more)
    assert parse_scene(dump_scene(scene)) == scene


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cells": "x"}, "damaged"),
        ({"cells": packed(np.zeros((128, 128), np.uint8))}, "not black"),
        ({"cells": packed(np.ones((64, 128), np.uint8))}, "128 × 128"),
        ({"box": ((0, 0), (0, 1))}, "low, high"),
        ({"size": 14}, "greater than or equal"),
    ],
)
def test_faulty_drawings_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        DrawnTarget.first(UnknownTarget()).with_(**change)
    assert isinstance(drawing(np.full((16, 16), 9, np.uint8)), DrawnTarget)
