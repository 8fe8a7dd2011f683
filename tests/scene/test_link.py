"""Scenes as links: nothing is lost on the way, and a stranger's link can do no harm."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.scene import SceneError, dump_scene, load_scene, parse_scene
from visualizer.scene.link import MAX_PACKED, MAX_TEXT, as_link, from_link, is_link
from visualizer.scene.paths import data_folder
from visualizer.scene.presets import preset_names

ONE = '[target]\nkind = "mixture"\nweights = [1]\nmeans = [0]\ncovariances = [1]\n'


def _dictionary() -> bytes:
    return (data_folder("resources") / "links" / "s1.txt").read_bytes()


def _link_of(text: bytes, dictionary: bytes | None = None) -> str:
    """A link by zlib itself, not by the code under test."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_dictionary() if dictionary is None else dictionary)
    data = packer.compress(text) + packer.flush()
    return "visualizer:s1." + base64.urlsafe_b64encode(data).decode().rstrip("=")


#: Links made by every program so far are read with it.
DICTIONARY = "1fe9aea69b54dc327ea7cacafd62d3d1f7708907c03b9755e4d7946e82902958"


def test_every_preset_that_reads_no_file_goes_there_and_back():
    carried = 0
    for name in preset_names():
        scene = load_scene(name)
        if not getattr(scene.target, "file", ""):
            assert from_link(as_link(scene)) == scene
            carried += 1
    assert carried > 30


def test_a_scene_that_someone_has_changed_is_short_enough_to_send():
    scene = load_scene("trapped")
    means = tuple((a + 0.013, b - 0.271) for a, b in scene.target.means)
    assert len(as_link(scene.with_(target=scene.target.with_(means=means)))) < 350


def test_a_link_written_by_hand_is_read():
    assert from_link(_link_of(ONE.encode())) == parse_scene(ONE)
    assert load_scene(_link_of(ONE.encode())) == parse_scene(ONE)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=200), st.floats(-5, 5))
def test_titles_and_numbers_arrive_as_they_were(title, mean):
    scene = parse_scene(ONE).with_(title=title, target=parse_scene(ONE).target.with_(means=(mean,)))
    assert dump_scene(from_link(as_link(scene))) == dump_scene(scene)


def test_mail_may_break_a_link_into_lines():
    link = as_link(load_scene("trapped"))
    broken = "\n  ".join(link[i : i + 40] for i in range(0, len(link), 40)) + " \n"
    assert from_link(broken) == load_scene("trapped")
    assert is_link(" Visualizer:s1.x")
    assert not is_link("visualizer.toml")


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("visualizer:", "expected it to begin"),
        ("visualizer:s2.abc", "newer version"),
        ("visualizer:s1.", "copy the whole line"),
        ("visualizer:s1.!!!!", "copy the whole line"),
        ("visualizer:s1.ä", "copy the whole line"),
        ("visualizer:s1.AAAA", "copy the whole line"),
        (as_link(load_scene("trapped"))[:-9], "copy the whole line"),
        ("visualizer:s1." + "A" * 40_000, "longer than any"),
        (_link_of(b"\xff\xfe"), "copy the whole line"),
        (_link_of(b"a = ["), "not valid TOML"),
        (_link_of(b'[target]\nkind = "no"'), "expected one of"),
    ],
)
def test_what_is_no_link_is_refused_in_a_sentence(link, said):
    with pytest.raises(SceneError, match=f"^this link.*{said}"):
        from_link(link)


def test_a_bomb_is_stopped_while_it_unpacks():
    bomb = _link_of(b"#" * (5 * MAX_TEXT))
    assert len(bomb) < MAX_PACKED * 4 // 3 + 30, "it must get as far as the unpacking"
    with pytest.raises(SceneError, match="more than a scene may have"):
        from_link(bomb)


@pytest.mark.parametrize("file", ["/etc/passwd", "../data.csv", "data.csv", "\\\\host\\share\\a.csv"])
def test_a_strangers_link_reads_no_file(file):
    text = f"[target]\nkind = 'data'\ncolumns = ['a']\nfile = '{file}'\n"
    with pytest.raises(SceneError, match="may not read files"):
        from_link(_link_of(text.encode()))
    with pytest.raises(SceneError, match="may not read files"):
        from_link(_link_of(f"{ONE}[field]\nkind = 'learned'\nfile = '{file}'\n".encode()))


def test_a_network_that_ships_may_be_named(tmp_path, monkeypatch):
    scene = load_scene("learned-score")
    link = as_link(scene)
    assert from_link(link).field == scene.field
    (tmp_path / scene.field.file).write_bytes(b"something of one's own")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SceneError, match="may not read files"):  # now the name would stand for that file
        from_link(link)


def test_a_scene_with_data_of_its_own_says_what_to_send_along():
    with pytest.raises(SceneError, match=r"send it with this file: .*iris\.csv"):
        as_link(load_scene("irises"))
