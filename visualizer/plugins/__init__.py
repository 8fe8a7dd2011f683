"""Plug-ins: a target, a sampler or a process in one Python file of the user's own.

A plug-in is a program and can do whatever its user can do. So it is let in by hand: in the window after its text was
shown, on the command line by `--plugin FILE`, and never because a scene, a link, a study or a picture names it. What it
is stands in a literal, which is read without running the file (`manifest.py`). The file is run only where something is
computed (`code.py`), never in the window. Registers ask `held.py` what was let in, and make a kind of it by the file
`plugged.py` of their room. A child process is told of what is let in by its environment; a scene that is sent to
another process of ours brings its plug-ins with it.

    manifest.py   what a file says of itself
    held.py       what is let in
    code.py       its functions, and their faults with the line they are at
"""

from visualizer.plugins.held import HINT, Plugin, held, let_in, read_plugin, send_away
from visualizer.plugins.manifest import Manifest, Parameter, PluginError

__all__ = ["HINT", "Manifest", "Parameter", "Plugin", "PluginError", "held", "let_in", "read_plugin", "send_away"]
