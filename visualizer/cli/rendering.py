"""`visualizer render`: one scene into a file, or many into a folder."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.cli.common import Progress, UsageError, add_scene, changed, device, load
from visualizer.export.options import FORMATS, SIZES, rate_of

if TYPE_CHECKING:
    from visualizer.gui.offscreen.page import Look
    from visualizer.gui.offscreen.render import Clock
    from visualizer.scene.model import Scene
    from visualizer.scene.script import Timeline

#: Least width and height of a picture, in pixels.
_SMALLEST = (64, 64)
#: Largest width and height.
_LARGEST = (7680, 4320)
_MAX_FRAMES = 1_000_000
#: Of the video in a page: its size, and at most its frames and its megabytes, where nothing is said.
_PAGE, _PAGE_FRAMES, _PAGE_SIZE = "960x540", 360, 4.0


def add_parser(commands: Any) -> None:
    """The command's arguments."""
    p = commands.add_parser("render", help="draw runs off screen into videos, animations or pictures")
    add_scene(p, nargs="+")
    p.add_argument(
        "-o", "--output", required=True, metavar="FILE", help=f"ends in .{', .'.join(FORMATS[:-1])}; or a folder"
    )
    p.add_argument("--format", choices=FORMATS, help="in a folder: the kind of file (mp4); frames: a folder of PNGs")
    p.add_argument("--size", help=f"WIDTHxHEIGHT in pixels, or {', '.join(SIZES)}; 1080p by default, of a page 960x540")
    p.add_argument("--scale", type=float, help="pixels to a logical one: how large type and lines are")
    p.add_argument("--fps", type=rate_of, help="frames per second, such as 30 or 29.97: 60 by default, of a GIF 50")
    length = p.add_mutually_exclusive_group()
    length.add_argument("--frames", type=int, help="number of frames of the run; a picture shows the last of them")
    length.add_argument("--seconds", type=float, help="duration of the run")
    p.add_argument("--at-most", type=float, metavar="MB", help="size of an .mp4, .webm or .gif; of a page 4")
    p.add_argument("--hold", type=float, default=0.0, metavar="S", help="seconds for which the last frame stays")
    p.add_argument("--loop", action="store_true", help="there and back: the end joins on to the beginning")
    p.add_argument("--layers", metavar="A,B,…", help="only these layers, from the bottom up")
    p.add_argument("--theme", choices=("dark", "light"))
    p.add_argument("--transparent", action="store_true", help="nothing behind the picture")
    p.add_argument("--outlines", action="store_true", help="in an .svg, letters as curves in the place of text")
    p.add_argument("--no-title", action="store_true")
    p.add_argument("--caption", action="store_true", help="the scene's caption below its title")
    p.add_argument("--equation", action="store_true", help="what is running, below the picture")
    p.add_argument("--jobs", type=int, default=1, metavar="N", help="draw so many scenes at a time")
    p.add_argument("--estimate", action="store_true", help="say how large the film would be, and do not draw it")
    p.add_argument("--preview", metavar="PNG", help=argparse.SUPPRESS)
    p.add_argument("--progress", action="store_true", help=argparse.SUPPRESS)
    p.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draws what the options ask for."""
    folder = options.output.endswith(("/", "\\")) or (Path(options.output).is_dir() and options.format != "frames")
    if len(options.scene) > 1 or folder:
        from visualizer.cli.batch import run_all

        return run_all(options)
    from visualizer.export.video import VIDEO_SUFFIXES
    from visualizer.scene.script import is_script, load_script

    path = _output(options)
    if options.estimate and path.suffix.lower() not in VIDEO_SUFFIXES and options.format != "frames":
        raise UsageError(f"--estimate: the size of films alone is told: {', '.join(VIDEO_SUFFIXES)}, or frames")
    if options.scene[0] != "-" and is_script(options.scene[0]):
        return _lecture(load_script(options.scene[0]), options, path)
    if (timeline := _tour(options)) is not None:
        return _lecture(timeline, options, path)
    scene = _scene(options)
    look, where = _look(options)
    from visualizer.gui.offscreen.render import expected_size, render

    clock = _clock(options, scene, path)
    with _refusals(path):
        if options.estimate:
            preview = Path(options.preview) if options.preview else None
            print(f"about {_size_said(expected_size(scene, path, look, clock, where, preview))}")
        elif _is_page(path):
            from visualizer.gui.offscreen.web import render_page

            if options.transparent:
                raise UsageError("--transparent: a page has a ground of its own; export .webm, .webp or .gif")
            bare = replace(look, title=False, caption=False, equation=False)  # the page says it
            render_page(scene, path, bare, clock, where, _after_frame(clock, options))
        else:
            render(scene, path, look, clock, where, _after_frame(clock, options))
    return 0


def _size_said(size: int) -> str:
    megabytes = size / 1e6
    return f"{megabytes:.2g} MB" if megabytes < 100 else f"{megabytes:,.0f} MB"


def _is_page(path: Path) -> bool:
    return path.suffix.lower() == ".html"


def _tour(options: argparse.Namespace) -> Timeline | None:
    """A tour that goes on by itself, by its file or its name; None where the scene is none."""
    from visualizer.scene.filmed import filmed
    from visualizer.scene.script import Timeline
    from visualizer.scene.tour import is_tour, load_tour, tour_names, tour_path

    name = options.scene[0]
    path = str(tour_path(name)) if name in tour_names() else name
    if name == "-" or not is_tour(path):
        return None
    theme, options.theme = options.theme, None
    return Timeline(filmed(load_tour(path), theme), path)


def _lecture(timeline: Timeline, options: argparse.Namespace, path: Path) -> int:
    """A recorded lecture, or a tour, as long as it is."""
    if path.suffix.lower() in (".png", ".svg", ".pdf", ".html"):
        raise UsageError(f"{path}: a lecture moves; expected a name that ends in .mp4, .webm, .gif or .webp")
    unfit = [o for o in ("layers", "theme", "seed") if getattr(options, o) is not None]
    unfit += [o for o in ("transparent", "no_title", "caption", "equation", "estimate") if getattr(options, o)]
    if unfit:
        raise UsageError(f"--{unfit[0].replace('_', '-')}: not for a lecture or a tour, which is drawn as it is")
    look, where = _look(options)
    if options.frames is None and options.seconds is None:
        options.seconds = timeline.script.seconds
    from visualizer.gui.offscreen.render import render_lecture

    clock = _clock(options, timeline.scenes[0], path)
    with _refusals(path):
        render_lecture(timeline, path, look, clock, where, _after_frame(clock, options))
    return 0


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """What a kind of file cannot do is a usage error; a scene at fault says so itself; a disk's trouble is told."""
    from visualizer.scene.errors import SceneError

    try:
        yield
    except SceneError:
        raise
    except ValueError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(f"{path} could not be written ({reason}). Make room, or choose another place.") from None


def _after_frame(clock: Clock, options: argparse.Namespace) -> Callable[[int], None]:
    progress, stop = Progress(clock.shown, "frame", options.progress), _Stop()

    def after_frame(done: int) -> None:
        progress(done)
        stop.check()

    return after_frame


class _Stop:
    """Ctrl+C and a request to end are heeded between two frames.

    An exception in the middle of one would be raised inside Qt, which does not survive that.
    """

    def __init__(self) -> None:
        self._asked = False
        for sent in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sent, self._ask)

    def _ask(self, *_: object) -> None:
        self._asked = True

    def check(self) -> None:
        """Ends the command if that was asked for; nothing half done stays."""
        if self._asked:
            raise KeyboardInterrupt


def _output(options: argparse.Namespace) -> Path:
    path = Path(options.output)
    wanted = "" if options.format == "frames" else f".{options.format}" if options.format else path.suffix.lower()
    if wanted not in {f".{f}" for f in FORMATS[:-1]} and options.format != "frames":
        raise UsageError(f"{path}: expected a name that ends in .{', .'.join(FORMATS[:-1])}, or --format frames")
    if path.suffix.lower() != wanted:
        hint = f"expected a name that ends in {wanted}" if wanted else "a folder has no ending"
        raise UsageError(f"{path}: {hint}")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}")
    return path


def _scene(options: argparse.Namespace) -> Scene:
    scene = load(options.scene[0], options)
    if options.theme:
        scene = changed(scene, view=scene.view.with_(theme=options.theme))
    if options.layers is not None:
        names = [name for name in options.layers.split(",") if name]
        key = "plane" if scene.target.d == 2 else "line"
        scene = changed(scene, layers={**scene.layers.model_dump(), key: names})
    return scene


def _look(options: argparse.Namespace) -> tuple[Look, str]:
    """How it is drawn, and on which device it is computed."""
    if options.scale is not None and not 0.5 <= options.scale <= 8:
        raise UsageError(f"--scale {options.scale:g}: expected 0.5 to 8")
    if options.outlines and Path(options.output).suffix.lower() != ".svg":
        raise UsageError("--outlines: an .svg alone has text or outlines; in a .pdf the letters are inside")
    width, height = _size(options.size or (_PAGE if _is_page(Path(options.output)) else "1080p"))
    where = device(options.device)  # first: Qt's bindings read the source of whatever is imported after them
    from visualizer.gui.offscreen.page import Look

    return Look(
        width, height, title=not options.no_title, caption=options.caption, equation=options.equation,
        transparent=options.transparent, outlines=options.outlines, scale=options.scale,
    ), where  # fmt: skip


def _size(text: str) -> tuple[int, int]:
    if text.lower() in SIZES:
        return SIZES[text.lower()]
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and len(text) < 12):
        raise UsageError(f"--size {text}: expected WIDTHxHEIGHT, or {', '.join(SIZES)}")
    size = int(width), int(height)
    if any(not a <= v <= b for a, v, b in zip(_SMALLEST, size, _LARGEST, strict=True)):
        raise UsageError(f"--size {text}: expected WIDTHxHEIGHT between 64x64 and 7680x4320")
    return size


def _clock(options: argparse.Namespace, scene: Scene, path: Path) -> Clock:
    from visualizer.export.video import BOUNDED_SUFFIXES, GIF_MAX_FPS
    from visualizer.gui.offscreen.capture import natural_frames
    from visualizer.gui.offscreen.render import Clock

    if options.fps is None:
        options.fps = GIF_MAX_FPS if path.suffix.lower() == ".gif" else 60
    if not 1 <= options.fps <= 240:
        raise UsageError(f"--fps {float(options.fps):g}: expected 1 to 240")
    natural = natural_frames(scene)
    if _is_page(path):
        natural = min(natural, _PAGE_FRAMES)
    count = natural if options.frames is None else options.frames
    if options.seconds is not None:
        count = round(options.seconds * options.fps) if abs(options.seconds) < 1e6 else 0
    if not 1 <= count <= _MAX_FRAMES:
        raise UsageError(f"expected between 1 and {_MAX_FRAMES:,} frames")
    if not 0 <= options.hold <= 600:
        raise UsageError(f"--hold {options.hold:g}: expected 0 to 600 seconds")
    if options.at_most is None and _is_page(path):
        options.at_most = _PAGE_SIZE
    if options.at_most is not None and not 0.05 <= options.at_most <= 100_000:
        raise UsageError(f"--at-most {options.at_most:g}: expected 0.05 to 100,000 megabytes")
    if options.at_most is not None and not _is_page(path) and path.suffix.lower() not in BOUNDED_SUFFIXES:
        raise UsageError(f"--at-most: only {', '.join(BOUNDED_SUFFIXES)} and .html can be kept below a size")
    most = None if options.at_most is None else int(1e6 * options.at_most)
    if most is not None and _is_page(path):
        most = most * 3 // 4  # in a page four letters stand for three bytes
    return Clock(count, options.fps, round(options.hold * options.fps), options.loop, most)
