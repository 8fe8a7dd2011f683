"""Densities, score fields and the samplers that move through them.

The house. A room imports only from the rooms below it, and nothing in a circle; `make check` refuses anything else.

    cli                  the command line
    notebook             pictures and videos in a notebook
    gui                  the window; the only room that knows Qt
    export               frames to files
    engine               a scene becomes a run, a run becomes pictures
    scene                the document                  | diagnostics   a run in numbers
                                                       | learning      learned models
    samplers             one step after another
    processes            α(t) and σ(t)
    densities            log p, ∇log p, draws
    register             kinds by name
    plugins              kinds from files of users     | apart         files of others, read where they may die

A drag, from the mouse to the picture. In the thread of the window: `gui/canvas/handles.py` turns the mouse into an
edited target (`mixture_edit.py`), `gui/figure.py` into an edited `Scene`; `gui/desk.py` puts the scene into
`gui/document/store.py`, which remembers it for undo; `gui/window.py` shows it to the figure and the cards, and gives it
to `gui/run/player.py`, which tells `engine/host/child.py`. What has changed crosses to the process of the host. There,
`engine/host/host.py` takes the newest scene and drops older ones; `engine/stage.py` asks `scene/changes.py` what is
stale, edits its `Simulation`, and asks each layer (`engine/layers`) for its drawings of the moment, coarse while
something is dragged. The picture crosses back, its arrays through shared memory. In the thread of the window again:
`gui/desk.py` shows the `Picture` to the figure, where `gui/canvas/drawn.py` gives each drawing to the item of its sort,
and to the cards.

To add a kind is to add a file. Where the file goes, and what stands in it, say the docstrings of

    a sampler            visualizer/scene/samplers, then visualizer/samplers
    a process            visualizer/scene/processes, then visualizer/processes
    a target             visualizer/scene/targets, then visualizer/engine/targets
    a layer              visualizer/scene/layers, then visualizer/engine/layers
    a network, a model   visualizer/scene/networks, then visualizer/learning/networks and visualizer/learning/model.py
    an experiment        visualizer/gui/experiments
    a card               visualizer/gui/cards/columns.py

`tests/house` has a small example of all but a card, and `tests/gui/test_open_house.py` puts them in. Particles are
columns (d, N) in samplers, fields and the engine, rows (N, d) in the public interface of densities, in networks and in
a `Frame`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualizer.densities import GaussianMixture, GridDensity
    from visualizer.engine import Diverged, Frame, Simulation, measure, simulate
    from visualizer.notebook import animate, show
    from visualizer.plugins import let_in, read_plugin
    from visualizer.processes import process
    from visualizer.scene import Scene, SceneError, dump_scene, load_scene, parse_scene, save_scene
    from visualizer.scene.study import load_study

__version__ = "0.1.0"

#: The public interface: what stands here stays. Everything else may change from one version to the next. Each is
#: imported when it is asked for first.
_HOMES = {
    "visualizer.densities": ("GaussianMixture", "GridDensity"),
    "visualizer.processes": ("process",),
    "visualizer.scene": ("Scene", "SceneError", "dump_scene", "load_scene", "parse_scene", "save_scene"),
    "visualizer.scene.study": ("load_study",),
    "visualizer.engine": ("Diverged", "Frame", "Simulation", "measure", "simulate"),
    "visualizer.notebook": ("animate", "show"),
    "visualizer.plugins": ("let_in", "read_plugin"),
}
__all__ = [
    "Diverged", "Frame", "GaussianMixture", "GridDensity", "Scene", "SceneError", "Simulation", "animate", "dump_scene",
    "let_in", "load_scene", "load_study", "measure", "parse_scene", "process", "read_plugin", "save_scene", "show",
    "simulate",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
