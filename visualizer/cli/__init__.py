"""The command line: open, render, sample, field, check, train, measure, study, presets, link.

This room stands on all others and nothing stands on it. Each command is a function in a file here with its options
beside it; `common.py` has what they share. Read `scenes.py` first.
"""

from __future__ import annotations

import argparse
import os
import sys

from visualizer.cli import data, desktop, rendering, scenes, studies
from visualizer.cli.common import DEVICES, Parser, UsageError, add_plugin

_COMMANDS = ("render", "sample", "field", "check", "train", "presets", "link", "measure", "study")


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns 0 done, 2 bad input or usage, 1 anything else."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        return _dispatch(arguments)
    except UsageError as error:
        print(f"visualizer: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever reads has read enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("visualizer: stopped", file=sys.stderr)
        return 1
    except Exception as error:  # the contract: a message, no traceback
        from visualizer.plugins import PluginError
        from visualizer.scene.errors import SceneError

        print(f"visualizer: {error}", file=sys.stderr)
        return 2 if isinstance(error, SceneError | PluginError) else 1


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in _COMMANDS:
        options = _parser().parse_args(arguments)
        _admit(getattr(options, "plugin", []))
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    options = _window_parser().parse_args(arguments)
    if options.desktop is not None:
        if not sys.platform.startswith("linux"):
            raise UsageError("a desktop entry is a thing of Linux: elsewhere make a shortcut to the program")
        return desktop.install() if options.desktop else desktop.remove()
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise UsageError(
            "there is no display to open a window on. Set DISPLAY, or draw without one: "
            "visualizer render SCENE -o FILE.mp4"
        )
    _admit(options.plugin)
    from visualizer.gui.app import open_window

    return open_window(options.scene, options.device)


def _admit(files: list[str]) -> None:
    """Lets plug-ins in: whoever names them here trusts their text."""
    if files:
        from visualizer.scene.admitting import admit

        for file in files:
            admit(file)


def _window_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="visualizer",
        description="Opens the window, on a scene, data, an image or a network if given.",
        epilog="Other commands: " + ", ".join(f"visualizer {c}" for c in _COMMANDS),
    )
    parser.add_argument(
        "scene", nargs="?", metavar="FILE", help="a preset's name, a scene file, a link, or one of data"
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to compute")
    add_plugin(parser)
    entry = parser.add_mutually_exclusive_group()
    tip = "on Linux: list the program among the others, and let scenes open by a double click"
    entry.add_argument("--install-desktop", dest="desktop", action="store_true", default=None, help=tip)
    entry.add_argument("--remove-desktop", dest="desktop", action="store_false", help="take that away again")
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="visualizer")
    commands = parser.add_subparsers(required=True, parser_class=Parser)
    for part in (rendering, data, scenes, studies):
        part.add_parser(commands)
    return parser
