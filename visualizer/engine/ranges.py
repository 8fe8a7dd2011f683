"""How far the plots of a picture reach along the axis of a density or a score: in steps, so that they stay still."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from visualizer.engine.drawings import Bars, Curve, Plot
from visualizer.engine.layers.base import Drawings, Seen
from visualizer.engine.pictures.common import round_up
from visualizer.engine.pictures.river import river_span

Ranges = dict[Plot, tuple[float, float]]
#: Room above the tallest bar: a histogram that is cut off would tell of another height.
_ABOVE_BARS = 1.02
#: How many times higher than the curves conditional densities are shown.
_CUT_UP_TO = 4.0


def plane_ranges(layers: Mapping[str, Drawings]) -> Ranges:
    """Of the plots beside the plane, from the marginals and the conditional densities in them."""
    out: Ranges = {}
    plots: tuple[Plot, Plot] = ("top", "right")
    for plot in plots:
        marginals = [d for d in layers.get("marginals", ()) if d.plot == plot]
        bars = max((float(d.heights.max()) for d in marginals if isinstance(d, Bars)), default=0.0)
        density = max((float(d.across.max()) for d in marginals if isinstance(d, Curve)), default=bars)
        cuts = (d for d in layers.get("cut", ()) if d.plot == plot and isinstance(d, Curve))
        cut = max((float(d.across.max()) for d in cuts), default=0.0)
        tallest = max(density, min(cut, _CUT_UP_TO * density))
        if marginals:
            out[plot] = (0.0, round_up(max(1.15 * tallest, _ABOVE_BARS * bars)))
    return out


def line_ranges(seen: Seen, layers: Mapping[str, Drawings]) -> Ranges:
    """Of the density and the score: as far as they go whether they are drawn or not, so that layers can be switched."""
    bars = float(seen.histogram[1].max())
    tallest, steepest = bars, 0.0
    if seen.curves is not None:
        target, density, score = seen.curves
        tallest = max(float(density.max()), float(target.max()) if layers.get("target") else 0.0)
        steepest = float(np.abs(score).max())
    elif seen.learned is not None:
        steepest = float(np.abs(seen.learned).max())
    tallest = max(tallest, bars)
    band = next((d.across for d in layers.get("band", ()) if isinstance(d, Curve)), None)
    bottom = 0.0 if band is None else -round_up(-1.1 * float(band.min()))
    reach = round_up(steepest + 1e-9)
    out: Ranges = {"density": (bottom, round_up(1.1 * tallest)), "score": (-reach, reach)}
    if seen.scene.view.picture == "river":
        out["river"] = river_span(seen.sim)
    return out
