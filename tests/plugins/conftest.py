"""Nothing is let in before a test, and nothing after it."""

from __future__ import annotations

import re

import pytest

from visualizer.plugins import held, let_in, read_plugin, send_away
from visualizer.scene.paths import data_folder


@pytest.fixture(autouse=True)
def nothing_let_in(monkeypatch):
    for name in ("VISUALIZER_PLUGINS", "VISUALIZER_NO_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VISUALIZER_PLUGINS", "[]")
    yield
    for plugin in held():
        send_away(plugin)


@pytest.fixture
def examples(tmp_path):
    """The three files of the manual's page, by their kinds."""
    page = (data_folder("resources") / "manual" / "plug-ins.md").read_text()
    found = {}
    for text in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        kind = re.search(r'"kind": "(\w+)"', text).group(1)
        found[kind] = tmp_path / f"{kind}.py"
        found[kind].write_text(text)
    assert set(found) == {"target", "sampler", "process"}
    return found


@pytest.fixture
def let_in_all(examples):
    for file in examples.values():
        let_in(read_plugin(file))
    return examples
