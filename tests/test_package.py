"""The wheel: everything needed is inside, and it starts in an empty environment."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from visualizer.scene.presets import preset_names
from visualizer.scene.tour import tour_names

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    (path,) = out.glob("*.whl")
    return path


def test_wheel_holds_presets_and_resources(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("presets", "resources"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file():
                assert f"visualizer/_data/{path.relative_to(ROOT).as_posix()}" in names
    assert not any(name.startswith("tests/") for name in names)


@pytest.mark.timeout(400)
def test_wheel_starts_off_screen_in_an_empty_environment(wheel, tmp_path):
    """Its own environment; the dependencies, which are pinned, are those already installed here."""
    venv.create(tmp_path / "env", with_pip=True, symlinks=os.name != "nt")
    bin_folder = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(bin_folder / "python"), "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, timeout=300)
    (site,) = (tmp_path / "env").rglob("site-packages")
    here = [p for p in sys.path if p.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(here))
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"QT_QPA_PLATFORM": "offscreen"}
    environment["VISUALIZER_NO_NUMBA"] = "1"  # which would be compiled there, ten seconds for nothing
    run = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "timeout": 300}
    listed = subprocess.run([str(bin_folder / "visualizer"), "presets"], check=True, **run)
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [*preset_names(), *tour_names()]
    where = "import visualizer; print(visualizer.__file__)"
    found = subprocess.run([str(bin_folder / "python"), "-c", where], check=True, **run)
    assert str(tmp_path) in found.stdout
    render = ["render", "trapped", "-o", "p.png", "--frames", "2", "--size", "320x200"]
    subprocess.run([str(bin_folder / "visualizer"), *render], check=True, **run)
    assert (tmp_path / "p.png").stat().st_size > 3000


def test_application_dependencies_are_pinned():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        assert "==" in name
