"""A scene inside a file: found again, and nothing else taken for one."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.export.remember import gif_comment, svg_with, webp_chunk
from visualizer.scene.remember import END, MARK, marked, remembered, unmarked


@given(st.text(max_size=3000), st.binary(max_size=300))
def test_any_text_comes_back_from_between_anything(text, around):
    around = around.replace(MARK, b"")
    assert unmarked(around + marked(text) + around) == text
    assert unmarked(b"GIF89a" + gif_comment(text) + b";" + around) == text
    assert unmarked(b"RIFF" + webp_chunk(text)) == text
    assert unmarked(svg_with(b'<?xml version="1.0"?><svg width="3"><g/></svg>', text)) == text


@given(st.binary(max_size=2000))
def test_what_follows_a_mark_may_be_anything(data):
    unmarked(MARK + data)
    unmarked(MARK + data + END)


def test_what_would_grow_beyond_bounds_or_is_cut_off_is_no_scene():
    bomb = MARK + base64.b64encode(zlib.compress(b"#" * 50_000_000)) + END
    assert unmarked(bomb) is None
    assert unmarked(marked("title = 'x'")[:-6]) is None
    assert unmarked(MARK + b"????" + END) is None


def test_it_is_found_at_the_end_of_a_large_file(tmp_path):
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.seek(60 << 20)
        file.write(marked("seed = 3") + b"\0" * 100)
    assert remembered(path) == "seed = 3"
    path.write_bytes(b"\0" * 1000)
    assert remembered(path) is None
    with pytest.raises(FileNotFoundError):
        remembered(tmp_path / "none.mp4")
