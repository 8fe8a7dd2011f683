"""From a scene to frames and pictures. No Qt.

    run/            a scene becomes a `Simulation`, which goes on, goes back, and takes edits in
    targets/        the scene's target becomes a density; one file for each kind
    layers/         what pictures are made of; one file for each layer
    pictures/       what layers share: images of densities, contours, splats, spectra
    experiments/    what is measured over many runs: generators that yield what there is so far
    findings/       what measurements find: plain values, which cross to the window
    host/           what drives stages for a window, in another process

This room imports scene, diagnostics, learning and what is below. `stage.py` ties it together: a `Stage` has a
simulation and makes its `Picture`, layers of the few sorts of drawing in `drawings.py`. Read `frame.py`, then
`stage.py`. NumPy and torch are imported on first use, not before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualizer.engine.experiments.measuring import measure
    from visualizer.engine.frame import Diverged, Frame
    from visualizer.engine.run.own import simulate
    from visualizer.engine.run.simulation import Simulation

__all__ = ["Diverged", "Frame", "Simulation", "measure", "simulate"]
_HOMES = {
    "Diverged": "frame",
    "Frame": "frame",
    "Simulation": "run.simulation",
    "measure": "experiments.measuring",
    "simulate": "run.own",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
