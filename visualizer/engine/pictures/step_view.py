"""What a step did, to be seen: refusals, jumps, replicas, trajectories, momenta."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from visualizer import fused
from visualizer.engine.drawings import Floats, Pixels, Tree
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import THEMES, ThemeName, glow_table, rgb
from visualizer.engine.pictures.splat import Canvas, dots, splat
from visualizer.engine.pictures.tone import pixels, round_peak, tone
from visualizer.engine.run.simulation import Simulation
from visualizer.samplers import Info

#: How much of a refused proposal's mark stays after a frame.
_FADE = 0.95
#: How bright the mark is at first.
_FLASH = 0.9
#: Of so many particles refusals are drawn: of more they would be too faint to be told apart.
_GHOSTS = 50_000
#: Particles whose momenta are drawn.
_ARROWS = 150
#: Arrows show where these particles are after this time.
_AHEAD = 0.35
#: Hot replicas lie like a veil over what they explore.
_VEIL = 0.4
#: One particle's tree among thousands: nothing may cover it.
_ABOVE = 500.0
#: Up to this many jumps or replicas are dots.
_DOTS = 20_000


@dataclass(frozen=True)
class LineStep:
    """What a step did in 1-D.

    Attributes:
        refused, jumps: places of refused proposals and of jumps, (n,).
        replicas: a colour for each temperature and the places of its replicas.
        paths: trajectories (S,) through time.
        momenta: places and displacements, (A, 2).
    """

    refused: Floats | None = None
    jumps: Floats | None = None
    replicas: tuple[tuple[str, Floats], ...] = ()
    paths: tuple[Floats, ...] = ()
    momenta: Floats | None = None


class StepView:
    """What is to be seen of the last step of a simulation; ghosts of refused proposals stay for a while."""

    def __init__(self) -> None:
        self._ghosts: Canvas | None = None
        self._seen: Info | None = None

    def image(self, sim: Simulation, view: Viewport) -> Pixels | None:
        """Refused proposals as red ghosts that fade, jumps in green, or replicas from violet (cold) to red (hot)."""
        aside, info = sim.sampler.aside(sim.state), sim.info
        theme = sim.scene.view.theme
        if aside.jumps is not None:
            x = aside.jumps
            table = glow_table(theme, "learned")
            return pixels(dots(x, view, table)) if x.shape[1] <= _DOTS else tone(_brightness(splat(x, view)), table)
        if aside.replicas is not None:
            colours = temperature_colours(theme, aside.replicas.shape[1])
            return replicas_coloured(aside.replicas, colours, view, _VEIL)
        if info is None or info.accepted is None or info.proposal is None:
            self._ghosts = None
            return None
        return self._refusals(info, view, theme)

    def _refusals(self, info: Info, view: Viewport, theme: ThemeName) -> Pixels:
        assert info.proposal is not None
        assert info.accepted is not None
        if self._ghosts is None or self._ghosts.view != view:
            self._ghosts = Canvas(view, info.proposal.device)
        if info is not self._seen:
            self._seen = info
            self._ghosts.flat.mul_(_FADE)
            x, refused = info.proposal[:, :_GHOSTS], ~info.accepted[:_GHOSTS]
            if x.device.type == "cpu":  # a GPU would have to be waited for
                x = x[:, refused]
                refused = torch.ones(x.shape[1], dtype=torch.bool)
            # Many at once would fill the picture: a flash of each is dimmed by how many there are.
            weights = refused * (3.0 * _FLASH * (600 / refused.sum().clamp_min(1)).clamp_max(1.0))
            self._ghosts.add_soft(x, weights)
            self._ghosts.flat.clamp_(max=1.0)
        return tone(self._ghosts.image, glow_table(theme, "error"))

    def line(self, sim: Simulation, most: int) -> LineStep:
        """What there is of it in 1-D, of at most `most` particles."""
        aside, info = sim.sampler.aside(sim.state), sim.info
        refused = jumps = None
        replicas: tuple[tuple[str, Floats], ...] = ()
        if aside.jumps is not None:
            jumps = aside.jumps[0, :most].cpu().numpy()
        elif aside.replicas is not None:
            levels = aside.replicas[0, :, :most].cpu().numpy()
            replicas = tuple(zip(temperature_colours(sim.scene.view.theme, len(levels)), levels, strict=True))
        elif info is not None and info.accepted is not None and info.proposal is not None:
            there = info.proposal[0, :most][~info.accepted[:most]].cpu().numpy()
            refused = there[np.isfinite(there)]
        paths = tuple(p[:, 0] for p in self._paths(sim))
        momenta = self.momenta(sim)
        return LineStep(refused, jumps, replicas, paths, momenta)

    def tree(self, sim: Simulation) -> Tree | None:
        """The doublings of the followed particle in the last step."""
        info = sim.info
        if info is None or info.doublings is None or info.proposal is None:
            return None
        (points,) = self._paths(sim)
        return Tree(points, info.doublings.numpy(), info.proposal[:, 0].to("cpu", torch.float32).numpy(), lift=_ABOVE)

    def trajectories(self, sim: Simulation) -> tuple[Floats, ...]:
        """Leapfrog paths (S, 2) of the followed particles in the last step; those that double are a `tree`."""
        info = sim.info
        return () if info is None or info.doublings is not None else self._paths(sim)

    def _paths(self, sim: Simulation) -> tuple[Floats, ...]:
        info = sim.info
        if info is None or info.path is None:
            return ()
        path = info.path.to("cpu", torch.float32).permute(2, 0, 1).contiguous().numpy()
        return tuple(p for p in path if np.isfinite(p).all())

    def momenta(self, sim: Simulation) -> Floats | None:
        """Arrows (A, 2d), places and displacements, along the momenta of a few particles."""
        momentum = sim.state.memory.get("momentum")
        if momentum is None:
            return None
        x = sim.state.x[:, :_ARROWS]
        arrows = torch.cat([x, momentum[:, :_ARROWS] * _AHEAD])
        return arrows.T.to("cpu", torch.float32).contiguous().numpy()


def temperature_colours(theme: ThemeName, count: int) -> list[str]:
    """A colour for each temperature above 1, from the violet of noise towards the red of errors."""
    cold, hot = (np.array(rgb(c)) for c in (THEMES[theme].noise, THEMES[theme].error))
    parts = np.linspace(0, 1, max(1, count))
    return ["#{:02x}{:02x}{:02x}".format(*np.rint(cold + u * (hot - cold)).astype(int)) for u in parts]


def coloured(x: Tensor, which: Tensor, colours: list[str], view: Viewport, opacity: float = 0.95) -> Pixels:
    """Particles (2, N), each in the colour numbered `which`: the mean colour of those on a pixel."""
    table = _palette(colours, x.device)
    channels = [splat(x, view, table[:, c][which]) for c in range(3)]
    return _mean_colour([splat(x, view, torch.ones_like(x[0])), *channels], torch.eye(4, device=x.device), opacity)


def replicas_coloured(x: Tensor, colours: list[str], view: Viewport, opacity: float) -> Pixels:
    """The same for (2, R, N), a colour for each replica: one image for each, whatever the number of channels."""
    images = [splat(x[:, r].contiguous(), view) for r in range(x.shape[1])]
    palette = _palette(colours, x.device)
    return _mean_colour(images, torch.cat([torch.ones_like(palette[:, :1]), palette], 1), opacity)


def _palette(colours: list[str], device: torch.device) -> Tensor:
    """Red, green and blue of each colour, (C, 3), from 0 to 1."""
    return torch.tensor([rgb(c) for c in colours], dtype=torch.float32).div_(255).to(device)


def _mean_colour(images: list[Tensor], palette: Tensor, opacity: float) -> Pixels:
    """Pixels from images that each stand for a count and so much of each colour, (C, 4)."""
    stack = torch.stack(images)
    if stack.device.type == "cpu" and fused.ready() is not None:
        many = images[0] if bool((palette[1:, 0] == 0).all()) else stack.sum(0)
        peak = round_peak(many)
        opacities = _opacity(torch.from_numpy(fused.log_counts()).float(), peak, opacity).mul_(255)
        return pixels(fused.blended(stack, palette, opacities))
    count, *channels = (palette.T @ stack.flatten(1)).view(4, *stack.shape[1:])
    alpha = _opacity(count, round_peak(count), opacity)
    scaled = 255 * alpha / count.clamp_min(1e-6)
    argb = (alpha * 255).round_().to(torch.int32) << 24
    for shift, channel in zip((16, 8, 0), channels, strict=True):
        argb |= channel.mul(scaled).round_().clamp_(0, 255).to(torch.int32) << shift
    return np.ascontiguousarray(pixels(argb))


def _opacity(counts: Tensor, peak: float, most: float) -> Tensor:
    """Three times the brightness of counts, up to the most there is."""
    return torch.log1p(counts).mul_(3.0 / math.log1p(peak)).clamp_(0, most)


def _brightness(counts: Tensor) -> Tensor:
    """log(1 + c)/log(1 + peak), the peak rounded so that brightness does not flicker."""
    return torch.log1p(counts) / math.log1p(round_peak(counts))
