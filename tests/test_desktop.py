"""The entry of the program among the others, its icon and its type of file, and that they go again."""

from __future__ import annotations

import configparser
import re
import sys
from xml.etree import ElementTree

import pytest

from visualizer.cli import main
from visualizer.scene.files import dump_scene
from visualizer.scene.presets import load_scene, preset_names

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a thing of Linux")
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"


def test_it_is_written_and_taken_away_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/a folder/100%/$bin/python")
        assert main(["--install-desktop"]) == 0
    written = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(written) == 3
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str
    entry.read(tmp_path / "applications/visualizer.desktop")
    told = entry["Desktop Entry"]
    # The rule of all values first, then that of quoted arguments, then that of fields.
    program, rest = re.fullmatch(r'"(.*)" (.*)', told["Exec"].replace("\\\\", "\\")).groups()
    assert re.sub(r"\\(.)", r"\1", program).replace("%%", "%") == "/a folder/100%/$bin/python"
    assert rest == "-m visualizer %f"
    (icon,) = tmp_path.glob(f"icons/hicolor/scalable/apps/{told['Icon']}.svg")
    assert ElementTree.parse(icon).getroot().tag.endswith("svg")
    (kind,) = ElementTree.parse(tmp_path / "mime/packages/visualizer.xml").getroot()
    assert told["MimeType"] == kind.get("type") + ";"
    match = kind.find(f"{MIME}magic/{MIME}match")
    first, last = map(int, match.get("offset").split(":"))
    value = match.get("value").encode().decode("unicode_escape")
    for name in preset_names():  # whatever the program writes is told by it
        assert value in dump_scene(load_scene(name))[first : last + len(value)], name
    assert main(["--remove-desktop"]) == 0
    assert not [p for p in tmp_path.rglob("*") if re.search(r"visualizer\.(desktop|svg)|packages/visualizer", str(p))]
    assert main(["--remove-desktop"]) == 0


def test_elsewhere_it_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert main(["--install-desktop"]) == 2
    assert "a thing of Linux" in capsys.readouterr().err
