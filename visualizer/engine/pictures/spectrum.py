"""The Fourier view: φ, the Gaussian filter that noise is, their product, and what a band of frequencies carries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Density
from visualizer.engine.drawings import Floats, Pixels
from visualizer.engine.frame import Fourier, Viewport
from visualizer.engine.palette import LEVELS, ThemeName, phase_colours, signed_table, spectrum_table
from visualizer.engine.pictures.bands import Band, Lattice, band_on_line, share_on_line, width_of
from visualizer.engine.pictures.common import Cache
from visualizer.engine.pictures.fields import Grid
from visualizer.engine.pictures.tone import tone_scaled
from visualizer.engine.run.levels import Level
from visualizer.engine.run.simulation import Simulation

#: Points of |φ| in 1-D.
_CURVE = 401
#: Cells along each axis of |φ| in 2-D.
_IMAGE = 161
#: Pixels across the strip of hues in 1-D.
_STRIP = 96
#: In the picture |φ| below this is taken for nothing.
_DIED = 0.02
#: |φ| of a Gaussian is that at this many times 1/σ.
_DIED_AT = 2.8
#: Frequencies that noise removes are shown out to so many times those it leaves.
_BEYOND = 2.0
#: A band below this share of ∫ p² is nothing but rounding.
_LEAST = 1e-7
#: α below this leaves nothing of p_0 to compare with.
_FAINT = 0.05
#: Device pixels to a cell of a band in the plane.
_PIXELS = 4
#: The same while something is dragged.
_PIXELS_DRAGGING = 10


class Spectrum:
    """Frequencies of the density of a simulation; what is in the cache is worked out again only when it has changed."""

    def __init__(self, simulation: Simulation, cache: Cache) -> None:
        self._sim, self._cache = simulation, cache

    def fourier(self, level: Level) -> Fourier | None:
        """|φ_0(αω)|, exp(−½σ²|ω|²) and their product |φ_t(ω)|, out to where φ_0 has died away; None if not wanted.

        x_t = α x_0 + σ ε has φ_t(ω) = φ_0(αω) exp(−½σ²|ω|²): noise removes high frequencies (α = 1: plain smoothing).
        """
        view, p = self._sim.scene.view, self._sim.density
        if not view.fourier or p is None:
            return None
        reach = _reach(p, level)
        axis, phi = self._cache.get("phi", (p, level.alpha, reach), lambda: _clean(p, level.alpha, reach))
        key = (p, level, view.theme, view.phase)
        mean = level.alpha * p.mean
        made = self._cache.get("fourier", key, lambda: _fourier(axis, phi, mean, level.sigma, view.theme, view.phase))
        return replace(made, share=self._share(p, level, view.band)) if view.band else made

    def band_on_line(self, level: Level, grid: Floats) -> Floats | None:
        """What the band of the view carries of p_t, at points of a line; None where there is no band."""
        p, band = self._sim.density, self._sim.scene.view.band
        if band is None or p is None:
            return None
        x = torch.from_numpy(grid.astype(np.float64))
        key = (p, level, band, grid.tobytes())
        return self._cache.get("line", key, lambda: band_on_line(_at(p, level), band, x).numpy().astype(np.float32))

    def band_in_plane(self, level: Level, view: Viewport, dragging: bool) -> tuple[Pixels, float] | None:
        """The same over a view, indigo above 0 and red below, and what its full colours stand for.

        That is the largest size without noise, so that what noise takes away is seen to go.
        """
        p, band, theme = self._sim.density, self._sim.scene.view.band, self._sim.scene.view.theme
        if band is None or p is None:
            return None

        def make() -> tuple[Pixels, float]:
            every = _PIXELS_DRAGGING if dragging else _PIXELS
            grid = Grid.over(view, max(8, view.width // every), max(8, view.height // every))
            xs, ys = grid.axes(torch.device("cpu"))
            xs, ys = xs.double(), ys.double()
            values = self._in_plane(p, level, band, xs, ys)
            peak = self._peak(p, level, band, view, dragging, xs, ys)
            table = signed_table(theme, "error", "density")
            return tone_scaled(0.5 + 0.5 * values.float() / peak, table, (view.height, view.width)), peak

        return self._cache.get("plane", (p, level, band, view, theme, dragging), make)

    def _peak(
        self, p: Density, level: Level, band: Band, view: Viewport, dragging: bool, xs: Tensor, ys: Tensor
    ) -> float:
        clean = Level(level.alpha, 0.0, None) if level.alpha > _FAINT else level

        def make() -> float:
            least = _LEAST * self._cache.get("norm", (p, clean), lambda: _at(p, clean).squared_norm())
            return max(float(self._in_plane(p, clean, band, xs, ys).abs().max()), least)

        return self._cache.get("peak", (p, clean, band, view, dragging), make)

    def _in_plane(self, p: Density, level: Level, band: Band, xs: Tensor, ys: Tensor) -> Tensor:
        width = width_of(_at(p, level), xs, ys)
        name = "lattice" if level.sigma else "clean lattice"
        lattice = self._cache.get(name, (p, level, width), lambda: Lattice.of(_at(p, level), width))
        return lattice.summed(band, xs, ys)

    def _share(self, p: Density, level: Level, band: Band) -> float:
        """∫_band |φ_t|² over ∫ |φ_t|²: by Parseval's theorem the share of ∫ p_t²."""

        def make() -> float:
            noised = _at(p, level)
            if p.d == 1:
                return share_on_line(noised, band)
            lattice = self._cache.get("own lattice", (p, level), lambda: Lattice.of(noised, width_of(noised)))
            return lattice.share(band, noised.squared_norm())

        return self._cache.get("share", (p, level, band), make)


def _at(p: Density, level: Level) -> Density:
    return p.noised(level.alpha, level.sigma)


def _reach(p: Density, level: Level) -> float:
    """How far frequencies are shown: to where φ_0(αω) has died away, or well beyond where the filter has."""
    if (grid := p.grid) is None:
        assert p.least_variance is not None  # of a mixture
        own = _DIED_AT / math.sqrt(p.least_variance)
    else:
        # n points drawn at random leave |φ| = n^(-1/2) everywhere: four times that is no chance any more.
        points = grid.source.points
        own = grid.source.bandwidth(_DIED if points is None else max(_DIED, 4 / math.sqrt(len(points))))
        own = min(1.5 * own, _DIED_AT / grid.sigma) if grid.sigma else own
    reach = own / max(abs(level.alpha), 1e-9)
    if level.sigma:  # in steps, so that the axes stay while σ is dragged
        reach = min(reach, 2.0 ** math.ceil(math.log2(_BEYOND * _DIED_AT / level.sigma)))
    return reach


def _clean(p: Density, alpha: float, reach: float) -> tuple[Tensor, Tensor]:
    """Frequencies (n,) and φ_0(αω): (n,), or (n, n) with ω₂ falling from row to row."""
    axis = torch.linspace(-reach, reach, _CURVE if p.d == 1 else _IMAGE, dtype=torch.float64)
    if p.d == 1:
        return axis, p.characteristic(alpha * axis[:, None])
    half = p.characteristic_on(alpha * axis, alpha * axis[_IMAGE // 2 :])
    return axis, torch.cat([half.flip(1).mT, half[:, 1:].flip(0).conj().mT])


def _fourier(axis: Tensor, phi: Tensor, mean: Tensor, sigma: float, theme: ThemeName, phase: bool) -> Fourier:
    """Phases are those about the mean of x_t: where p lies as a whole would only turn them round and round."""
    square = axis.square() if phi.ndim == 1 else axis.square() + axis.square()[:, None]
    parts = {"phi": phi.abs(), "filter": torch.exp(-0.5 * sigma**2 * square)}
    parts["product"] = parts["phi"] * parts["filter"]
    values = {name: np.ascontiguousarray(v.numpy(), dtype=np.float32) for name, v in parts.items()}
    angle = None
    if phase:
        turned = axis * mean[0] if phi.ndim == 1 else axis * mean[0] - (axis * mean[1])[:, None]
        angle = (phi * torch.polar(torch.ones_like(turned), -turned)).angle().numpy()
    colour = _strip if phi.ndim == 1 else _images
    images = colour(values, angle, theme)
    omega = axis.numpy().astype(np.float32)
    return Fourier(omega, values["phi"], values["filter"], values["product"], images)


def _strip(values: Mapping[str, Floats], angle: Floats | None, theme: ThemeName) -> dict[str, Pixels]:
    """In 1-D the area under |φ_t| from 0 to 1, in the hues of its phase."""
    if angle is None:
        return {}
    hues = phase_colours(theme, np.ones_like(angle), angle)
    height = (np.arange(_STRIP)[::-1, None] + 0.5) / _STRIP
    return {"product": np.where(height < values["product"], hues, np.uint32(0))}


def _images(values: Mapping[str, Floats], angle: Floats | None, theme: ThemeName) -> dict[str, Pixels]:
    """In 2-D the root of |φ|, so that what is small is seen, in one colour or in the hues of its phase."""
    out = {}
    for name, size in values.items():
        if angle is not None and name != "filter":
            out[name] = phase_colours(theme, np.sqrt(size), angle)
        else:
            index = np.rint(np.sqrt(size) * (LEVELS - 1)).astype(np.int32)
            out[name] = np.ascontiguousarray(spectrum_table(theme, name)[np.clip(index, 0, LEVELS - 1)])
    return out
