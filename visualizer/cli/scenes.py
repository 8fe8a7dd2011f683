"""`visualizer check`, `train`, `presets` and `link`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from visualizer.cli.common import Progress, UsageError, add_plugin, add_scene, load, output

if TYPE_CHECKING:
    from visualizer.scene.model import Scene


def add_parser(commands: Any) -> None:
    """The commands' arguments."""
    check = commands.add_parser("check", help="validate scene files, and try plug-ins out")
    check.add_argument("scenes", nargs="+", metavar="SCENE")
    add_plugin(check)
    check.set_defaults(run=_check)
    train = commands.add_parser("train", help="train the scene's network")
    add_scene(train)
    train.add_argument("-o", "--output", required=True, metavar="NET.safetensors")
    train.add_argument("--steps", type=int, help="instead of the scene's")
    train.set_defaults(run=_train)
    presets = commands.add_parser("presets", help="list what is built in")
    presets.set_defaults(run=_presets)
    link = commands.add_parser("link", help="print a scene as a link")
    link.add_argument("scene", metavar="SCENE")
    add_plugin(link)
    link.set_defaults(run=_link)


def _check(options: argparse.Namespace) -> int:
    from visualizer.plugins import PluginError, read_plugin
    from visualizer.scene.admitting import try_out
    from visualizer.scene.errors import SceneError

    status = 0
    for name in options.scenes:
        try:
            if name.endswith(".py"):
                try_out(read_plugin(name))
                continue
            for scene in _scenes(name):
                _check_nets(scene)
                _check_target(scene)
        except (SceneError, PluginError) as error:
            print(error, file=sys.stderr)
            status = 2
    return status


def _scenes(name: str) -> tuple[Scene, ...]:
    """The scene of that name, or those of a tour."""
    from visualizer.scene.presets import load_scene
    from visualizer.scene.tour import Itinerary, load_scene_or_tour, load_tour, tour_names, tour_path

    found = load_tour(tour_path(name)) if name in tour_names() else load_scene_or_tour(name, load_scene)
    return found.scenes if isinstance(found, Itinerary) else (found,)


def _check_nets(scene: Scene) -> None:
    """Loads the nets a scene follows, if there are any: torch is needed only then."""

    for panel in scene.resolved_panels():
        if panel.field.kind == "learned" or panel.guidance.kind == "auto":
            from visualizer.engine.run.simulation import Simulation

            Simulation(panel.with_(particles=panel.particles.with_(count=1)), "cpu", budget=0)


def _check_target(scene: Scene) -> None:
    """Puts a density without a closed form on its grid, and finds modes to start in: torch is needed only then."""
    if scene.target.known and not scene.target.in_components:
        from visualizer.engine.run.build import check_start
        from visualizer.engine.targets import build_density

        build_density(scene.target)
        for panel in scene.resolved_panels():
            check_start(panel)


def _train(options: argparse.Namespace) -> int:
    from pydantic import ValidationError

    path = output(options.output, (".safetensors",))
    scene = load(options.scene, options)
    if not scene.target.known:
        raise UsageError(f"{options.scene}: target: this table is needed: a network learns a target")
    if options.steps is not None:
        try:
            scene = scene.with_(training=scene.training.with_(steps=options.steps))
        except ValidationError:
            raise UsageError(f"--steps {options.steps}: expected 1 to 1,000,000") from None
    import torch

    from visualizer.engine.experiments.training import training
    from visualizer.engine.run.net_files import save_net

    torch.set_num_threads(1)  # sums in one order: the same weights as in the window
    progress = Progress(scene.training.steps, "step")
    for state in training(scene):
        progress(state.step)
    save_net(state.net, path)
    print(f"{path}: {scene.training.error} = {state.errors[-1][1]:.4g}", file=sys.stderr)
    return 0


def _link(options: argparse.Namespace) -> int:
    from visualizer.scene.link import as_link

    print(as_link(load(options.scene, options)))
    return 0


def _presets(_: argparse.Namespace) -> int:
    from visualizer.scene.presets import load_scene, preset_names
    from visualizer.scene.tour import load_tour, tour_names, tour_path

    for name in preset_names():
        print(f"{name:22s} {load_scene(name).title}")
    for name in tour_names():
        print(f"{name:22s} tour: {load_tour(tour_path(name)).tour.title}")
    return 0
