"""A moment of a run as tables of numbers, in float64, for other programs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.densities import Density
from visualizer.diagnostics.marginals import law_along
from visualizer.engine.findings.report import Report
from visualizer.engine.frame import Frame, Viewport
from visualizer.engine.run.build import build_process
from visualizer.engine.run.levels import run_level, shown_level
from visualizer.engine.run.make_sampler import follow
from visualizer.engine.run.modes import find_modes
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.targets import build_density
from visualizer.scene.model import Scene

#: Columns of equal length by their names, in order.
Table = dict[str, NDArray[Any]]
_AXES = ("x", "y")
#: Points of a curve.
_CURVE = 512
#: Bins of a histogram.
_BINS = 100


def particles(scene: Scene, frame: Frame, shelf: Shelf) -> Table:
    """Where the particles are, log p_t and score there, and the component or the mode each belongs to, counted from 0.

    Where there is no target, the score is the network's.
    """
    p = _shown(scene, frame)
    x = torch.from_numpy(frame.x.astype(np.float64))
    table = {axis: x[:, i].numpy() for i, axis in enumerate(_AXES[: x.shape[1]])}
    if p is None:
        return table | _learned("score", scene, frame, x, shelf)
    table["log_prob"] = p.log_prob(x).numpy()
    table |= _columns("score", p.score(x))
    if scene.target.in_components and (mixture := p.mixture) is not None:
        table["component"] = mixture.responsibilities(x).argmax(1).numpy()
    elif (modes := find_modes(scene.target, build_density(scene.target))) is not None:
        level = run_level(scene, build_process(scene), frame.t)
        table["mode"] = modes.nearest(x.T, level.alpha, level.sigma).numpy()
    return table


def field(scene: Scene, frame: Frame, view: Viewport, n: int, shelf: Shelf) -> Table:
    """log p_t and its score on n points along each axis of the view; of a network its score, too."""
    p, d = _shown(scene, frame), scene.target.d
    limits = ((view.x0, view.x1), (view.y0, view.y1))[:d]
    axes = [np.linspace(low, high, n) for low, high in limits]
    points = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], 1)
    x = torch.from_numpy(points)
    table: Table = {axis: points[:, i] for i, axis in enumerate(_AXES[:d])}
    if p is not None:
        table |= {"log_prob": p.log_prob(x).numpy(), **_columns("score", p.score(x))}
    return table | _learned("learned_score", scene, frame, x, shelf)


def curves(scene: Scene, frame: Frame, view: Viewport, shelf: Shelf) -> Table:
    """Along each axis: the exact marginals of the target and of p_t, and the particles' histogram as a density."""
    shown = _shown(scene, frame)
    laws = {} if shown is None else {"p": build_density(scene.target), "p_t": shown}
    limits = ((view.x0, view.x1), (view.y0, view.y1))[: scene.target.d]
    parts: list[Table] = []
    for i, (low, high) in enumerate(limits):
        at = np.linspace(low, high, _CURVE)
        edges = np.linspace(low, high, _BINS + 1)
        counts = np.histogram(frame.x[:, i], edges)[0]
        heights = counts / (len(frame.x) * (edges[1] - edges[0]))
        bins = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, _BINS - 1)
        exact = {name: law_along(m, np.eye(m.d)[i]).pdf(at) for name, m in laws.items()}
        parts.append({"axis": np.full(_CURVE, i), "at": at, **exact, "histogram": heights[bins]})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def diagnostics(report: Report) -> Table:
    """What the run has come to: a name and a number in each row."""
    rows = [(name, float(value)) for name, value in _numbers("", report)]
    return {"name": np.array([name for name, _ in rows]), "value": np.array([value for _, value in rows])}


def _numbers(prefix: str, value: Any) -> list[tuple[str, float]]:
    if value is None:
        return []
    if is_dataclass(value):
        dot = f"{prefix}." if prefix else ""
        return [row for f in fields(value) for row in _numbers(f"{dot}{f.name}", getattr(value, f.name))]
    if isinstance(value, tuple):
        return [row for i, part in enumerate(value) for row in _numbers(f"{prefix}.{i + 1}", part)]
    return [(prefix, float(value))]


def _shown(scene: Scene, frame: Frame) -> Density | None:
    """p_t; None where there is no target."""
    if not scene.target.known:
        return None
    level = shown_level(scene, build_process(scene), frame.t)
    return build_density(scene.target).noised(level.alpha, level.sigma)


def _learned(name: str, scene: Scene, frame: Frame, x: torch.Tensor, shelf: Shelf) -> Table:
    """The score of the network that is followed at points x (N, d); nothing where there is none."""
    if scene.field.kind != "learned":
        return {}
    level, net = shown_level(scene, build_process(scene), frame.t), follow(shelf.get(scene.field), scene, "cpu")
    return _columns(name, net.score(x.T.float().contiguous(), level.alpha, level.sigma).T.double())


def _columns(name: str, values: torch.Tensor) -> Table:
    return {f"{name}_{axis}": values[:, i].numpy() for i, axis in enumerate(_AXES[: values.shape[1]])}


def table(
    what: str, moment: tuple[Scene, Frame], view: Viewport, n: int, report: Report | None, shelf: Shelf
) -> dict[str, NDArray[Any]]:
    """The table called `what` of a moment: "particles", "field", "curves" or "diagnostics"."""
    scene, frame = moment
    if what == "particles":
        return particles(scene, frame, shelf)
    if what == "field":
        return field(scene, frame, view, n, shelf)
    if what == "curves":
        return curves(scene, frame, view, shelf)
    assert report is not None  # asked for before
    return diagnostics(report)
