"""Colours and what they mean, in both themes, and colour tables of even lightness.

Density indigo, particles amber, score teal, noise violet, learned green, error red: everywhere the
same, in the pictures, the cards and the terms of the equation. They can be told apart, by lightness where
not by hue, with each of the three kinds of colour blindness: `tests/engine/test_palette.py` refuses colours that are
nearer than 0.055 in OKLab or have a contrast below 3. A colour with a `…_peak` is the end of a table of even lightness,
so the two must differ in lightness. Tool tips, the manual and the tours call the colours by their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

ThemeName = Literal["dark", "light"]
#: Entries of a colour table.
LEVELS = 1024
#: Pixels of the bar that says what the colours of a map stand for.
KEY_PIXELS = 156


@dataclass(frozen=True)
class Theme:
    """Every colour of one theme, as #rrggbb."""

    name: ThemeName
    window: str
    canvas: str
    card: str
    control: str
    line: str
    text: str
    muted: str
    faint: str
    density: str
    density_peak: str
    particles: str
    particles_peak: str
    score: str
    noise: str
    learned: str
    error: str
    contour: str
    components: tuple[str, ...]


DARK = Theme(
    name="dark", window="#14161f", canvas="#0d0f14", card="#1a1d28", control="#232734", line="#2c3040",
    text="#f0f2f8", muted="#9aa1b5", faint="#5b6277",
    density="#6c8cff", density_peak="#e6ebff", particles="#ffb454", particles_peak="#fff4dc",
    score="#4fd6b8", noise="#d791e8", learned="#c4f06a", error="#ff6b6b", contour="#c9d2ff",
    components=("#6c8cff", "#4fd6b8", "#c58af9", "#ff8fab", "#7fd1ff", "#d4e157", "#ffd166", "#b0bec5"),
)  # fmt: skip
LIGHT = Theme(
    name="light", window="#eef0f5", canvas="#ffffff", card="#ffffff", control="#f1f3f8", line="#d5d9e4",
    text="#171a24", muted="#565d70", faint="#8b92a5",
    density="#3f5bd9", density_peak="#1b2a7a", particles="#c96a00", particles_peak="#5e2f00",
    score="#00866a", noise="#a12fae", learned="#2e6a10", error="#d4304a", contour="#33407a",
    components=("#3f5bd9", "#00806a", "#8636c9", "#c2255c", "#0b78b5", "#7a7a00", "#a06800", "#546e7a"),
)  # fmt: skip
THEMES: dict[str, Theme] = {"dark": DARK, "light": LIGHT}


def rgb(colour: str) -> tuple[int, int, int]:
    """#rrggbb → three bytes."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def to_oklab(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB in 0…1, (…, 3), → OKLab, whose first coordinate is perceived lightness (Ottosson 2020)."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(linear @ _RGB_TO_LMS.T)
    return np.asarray(lms @ _LMS_TO_LAB.T)


def from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab → sRGB, clipped to 0…1."""
    linear = (lab @ np.linalg.inv(_LMS_TO_LAB).T) ** 3 @ np.linalg.inv(_RGB_TO_LMS).T
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


_RGB_TO_LMS = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
_LMS_TO_LAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip


def ramp(colours: tuple[str, ...], n: int = LEVELS) -> NDArray[np.float64]:
    """A path through `colours` in OKLab, sampled so that lightness changes evenly, (n, 3) sRGB in 0…1."""
    lab = to_oklab(np.array([rgb(c) for c in colours]) / 255)
    lightness = lab[:, 0]
    u = np.abs(lightness - lightness[0]) / abs(lightness[-1] - lightness[0])
    at = np.linspace(0, 1, n)
    return from_oklab(np.stack([np.interp(at, u, lab[:, i]) for i in range(3)], 1))


def _argb(colour: NDArray[np.float64], alpha: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Premultiplied 0xAARRGGBB."""
    a = np.rint(np.clip(alpha, 0, 1) * 255)
    c = np.rint(np.clip(colour, 0, 1) * a[:, None]).astype(np.uint32)
    return np.asarray((a.astype(np.uint32) << 24) | (c[:, 0] << 16) | (c[:, 1] << 8) | c[:, 2], dtype=np.uint32)


@lru_cache(maxsize=8)
def density_table(theme: ThemeName, transparent: bool = False) -> NDArray[np.uint32]:
    """Colours for p/max p or its logarithm, of even lightness steps; opaque, or the same as seen over the canvas."""
    t = THEMES[theme]
    colours = ramp((t.canvas, t.density, t.density_peak))
    return _argb(*_lifted(colours, np.array(rgb(t.canvas)) / 255)) if transparent else _argb(colours, np.ones(LEVELS))


def _lifted(
    colours: NDArray[np.float64], canvas: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Colours c and the least opacities a for which a c + (1 − a) canvas are the colours given."""
    away = colours - canvas
    room = np.where(away > 0, 1 - canvas, canvas)
    alpha = (np.abs(away) / np.maximum(room, 1e-9)).max(1)
    return np.asarray(np.clip(canvas + away / np.maximum(alpha, 1e-9)[:, None], 0, 1)), alpha


@lru_cache(maxsize=8)
def particle_table(theme: ThemeName) -> NDArray[np.uint32]:
    """Transparent → amber → its peak, over the logarithm of the count."""
    t = THEMES[theme]
    u = np.linspace(0, 1, LEVELS)
    colours = ramp((t.particles, t.particles_peak))
    alpha = 0.9 * np.sqrt(u)
    shift = np.clip((u - 0.5) / 0.5, 0, 1)
    picked = colours[np.rint(shift * (LEVELS - 1)).astype(int)]
    return _argb(picked, alpha)


@lru_cache(maxsize=4)
def data_table(theme: ThemeName) -> NDArray[np.uint32]:
    """Transparent → the colour of text, over the logarithm of the count: the points of a data set."""
    u = np.linspace(0, 1, LEVELS)
    return _argb(np.tile(np.array(rgb(THEMES[theme].text)) / 255, (LEVELS, 1)), 0.85 * np.sqrt(u))


@lru_cache(maxsize=16)
def glow_table(theme: ThemeName, role: Literal["score", "error", "learned"]) -> NDArray[np.uint32]:
    """Transparent → the colour of a role, over brightness: tracers, refused proposals, jumps."""
    colour = {"score": THEMES[theme].score, "error": THEMES[theme].error, "learned": THEMES[theme].learned}[role]
    u = np.linspace(0, 1, LEVELS)
    return _argb(np.tile(np.array(rgb(colour)) / 255, (LEVELS, 1)), 0.9 * u**0.8)


@lru_cache(maxsize=8)
def spectrum_table(theme: ThemeName, part: str) -> NDArray[np.uint32]:
    """Opaque colours for the images of the card *Fourier*: φ_t as p_t indigo, φ grey, filter violet."""
    t = THEMES[theme]
    middle = {"phi": t.muted, "filter": t.noise, "product": t.density}[part]
    return _argb(ramp((t.canvas, middle)), np.ones(LEVELS))


@lru_cache(maxsize=4)
def hue_table(theme: ThemeName) -> NDArray[np.float64]:
    """Hues of even lightness and colourfulness once around the circle, for phases from −π to π: (LEVELS, 3) sRGB."""
    angle = np.linspace(0, 2 * np.pi, LEVELS, endpoint=False)
    lightness, chroma = (0.76, 0.125) if theme == "dark" else (0.58, 0.12)
    return from_oklab(np.stack([np.full(LEVELS, lightness), chroma * np.cos(angle), chroma * np.sin(angle)], 1))


def phase_colours(theme: ThemeName, size: NDArray[Any], phase: NDArray[Any]) -> NDArray[np.uint32]:
    """The hue of a phase (radians), opaque, from the canvas at size 0 to full at 1."""
    canvas = np.array(rgb(THEMES[theme].canvas)) / 255
    index = np.floor((phase / (2 * np.pi) + 0.5) * LEVELS).astype(np.int64) % LEVELS
    c = canvas + np.clip(size, 0, 1)[..., None] * (hue_table(theme)[index] - canvas)
    c = np.rint(255 * c).astype(np.uint32)
    return np.asarray((255 << 24) | (c[..., 0] << 16) | (c[..., 1] << 8) | c[..., 2], dtype=np.uint32)


@lru_cache(maxsize=16)
def signed_table(theme: ThemeName, below: str, above: str) -> NDArray[np.uint32]:
    """From the colour of `below` (−1) through transparent (0) to that of `above` (+1), as roles of the theme."""
    ends = [np.array(rgb(getattr(THEMES[theme], role))) / 255 for role in (below, above)]
    u = np.linspace(-1, 1, LEVELS)
    colours = np.where(u[:, None] < 0, ends[0], ends[1])
    return _argb(colours, 0.85 * np.abs(u) ** 0.8)
