"""Fields as arrays for other programs: float64, on a grid of the caller's choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.engine.run.build import build_process
from visualizer.engine.run.levels import shown_level
from visualizer.engine.run.make_sampler import follow
from visualizer.engine.run.net_files import net_in_file
from visualizer.engine.targets import build_density
from visualizer.scene.model import Scene


def field_on_grid(scene: Scene, n: int, extent: list[float], t: float | None) -> dict[str, NDArray[Any]]:
    """axis0, axis1 (2-D only), log_density (n,) or (n, n) and score (…, d) of p_t; rows run along axis0.

    Of a scene that follows a network, the score is the network's, and there is no log_density.

    Args:
        scene: whose target and process.
        n: points along each axis.
        extent: xmin, xmax and in 2-D ymin, ymax; the ends are grid points.
        t: time along the process; by default the level the scene shows at its start.

    Raises:
        ValueError: t outside the process's range.
    """
    q = build_process(scene)
    d = scene.target.d
    if t is None:
        level = shown_level(scene, q, scene.sampler.begins(q.t_max))
    else:
        if not 0 <= t <= q.t_max:
            raise ValueError(f"--t {t:g}: expected a time in 0…{q.t_max:g}")
        level = shown_level(scene.with_(view=scene.view.with_(t=t, sigma=None)), q, t)
    axes = [np.linspace(extent[2 * i], extent[2 * i + 1], n) for i in range(d)]
    points = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], 1)
    x = torch.from_numpy(points)
    shape = (n,) * d
    arrays = {f"axis{i}": axis for i, axis in enumerate(axes)}
    if scene.field.kind == "learned":
        field = follow(net_in_file(scene.field.file), scene, "cpu")
        score = field.score(x.T.float().contiguous(), level.alpha, level.sigma).T.double()
        arrays["score"] = score.numpy().reshape(*shape, d)
        return arrays
    p = build_density(scene.target).noised(level.alpha, level.sigma)
    arrays["log_density"] = p.log_prob(x).numpy().reshape(shape)
    arrays["score"] = p.score(x).numpy().reshape(*shape, d)
    return arrays
