"""The program among the others of a Linux desktop: an entry, an icon, and scenes that open by a double click.

By the specifications of freedesktop.org: desktop entries 1.5, the icon theme, and shared MIME information 2.4.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from visualizer.scene.paths import data_folder

_NAME = "visualizer"
_TYPE = "application/x-visualizer-scene"
_ENTRY = """[Desktop Entry]
Type=Application
Version=1.5
Name=Visualizer
Comment=Probability densities, their score fields and the samplers that move through them
Exec={command} %f
Icon={name}
Terminal=false
Categories=Education;Science;Math;DataVisualization;
MimeType={type};
StartupWMClass={name}
"""
# A scene is TOML; what is a scene among those files is told by its table of a target.
_MIME = """<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{type}">
    <comment>Visualizer scene</comment>
    <sub-class-of type="application/toml"/>
    <icon name="{name}"/>
    <magic priority="60"><match type="string" value="\\n[target]" offset="0:8192"/></magic>
    <glob pattern="*.toml"/>
  </mime-type>
</mime-info>
"""


def install() -> int:
    """Writes the entry, the icon and the type of file for this user, and tells where."""
    from visualizer.scene.files import write_atomic

    for path, text in _files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text.encode("utf-8"))
        print(path)
    _refresh()
    return 0


def remove() -> int:
    """Takes them away again."""
    for path in _files():
        path.unlink(missing_ok=True)
    _refresh()
    return 0


def _files() -> dict[Path, str]:
    # Within quotes these characters are escaped, by what is itself escaped in every value; % would begin a field.
    quoted = "".join(f"\\\\{c}" if c in '"`$\\' else c for c in sys.executable).replace("%", "%%")
    words = {"name": _NAME, "type": _TYPE, "command": f'"{quoted}" -m visualizer'}
    share = _share()
    return {
        share / "applications" / f"{_NAME}.desktop": _ENTRY.format(**words),
        share / "icons/hicolor/scalable/apps" / f"{_NAME}.svg": (
            data_folder("resources") / "icons/visualizer.svg"
        ).read_text("utf-8"),
        share / "mime/packages" / f"{_NAME}.xml": _MIME.format(**words),
    }


def _share() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")


def _refresh() -> None:
    """Desktops read caches, which these programs make anew; without them the next login does."""
    share = _share()
    for program, folder in (("update-mime-database", "mime"), ("update-desktop-database", "applications")):
        if (found := shutil.which(program)) and (share / folder).is_dir():
            subprocess.run([found, str(share / folder)], check=False, capture_output=True, timeout=60)
