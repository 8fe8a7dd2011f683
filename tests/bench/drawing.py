"""Particles to pixels, whole frames and videos, against what a notebook has."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pyqtgraph as pg
import torch
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from tests.bench.naive import Notebook, mixture
from tests.bench.timing import Row, duel
from visualizer import fused
from visualizer.densities import MixtureKernel
from visualizer.engine.frame import Viewport
from visualizer.engine.palette import particle_table
from visualizer.engine.pictures.splat import DOTS_UP_TO, dots, splat
from visualizer.engine.pictures.tone import toned_counts
from visualizer.engine.run.memory import prepare_process
from visualizer.export import VideoWriter
from visualizer.export.encoders import Mp4
from visualizer.gui.offscreen.capture import application, frames, planes
from visualizer.gui.offscreen.page import Look
from visualizer.samplers import Langevin
from visualizer.scene.presets import load_scene

SIDE = 1000
VIEW = Viewport(-6.0, 6.0, -6.0, 6.0, SIDE, SIDE)


class Blit:
    """Our way: an image of counts, toned and copied onto the target."""

    def __init__(self) -> None:
        self.target = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)

    def __call__(self, x: torch.Tensor) -> None:
        if x.shape[1] <= DOTS_UP_TO:
            image = dots(x, VIEW, particle_table("dark"))
        else:
            image = toned_counts(splat(x, VIEW), 64.0, particle_table("dark"))
        pixels = image.numpy()
        image = QImage(pixels.data, SIDE, SIDE, 4 * SIDE, QImage.Format.Format_ARGB32_Premultiplied)
        painter = QPainter(self.target)
        painter.drawImage(QPointF(0, 0), image)
        painter.end()


class Scatter:
    """pyqtgraph's ScatterPlotItem in a plot of the same size."""

    def __init__(self) -> None:
        self.plot = pg.PlotWidget()
        self.plot.resize(SIDE, SIDE)
        self.plot.setRange(xRange=(-6, 6), yRange=(-6, 6))
        self.item = pg.ScatterPlotItem(size=3, pen=None, brush=(255, 180, 84, 160))
        self.plot.addItem(self.item)

    def __call__(self, x: np.ndarray) -> None:
        self.item.setData(x[:, 0], x[:, 1])
        self.plot.grab()


def particles() -> list[Row]:
    """Drawing alone, and a whole frame: step, splat, blit."""
    application()
    prepare_process()  # as the engine does
    fused.need()
    blit, scatter = Blit(), Scatter()
    p = mixture(8)
    sampler, notebook = Langevin(MixtureKernel(p), 0.01), Notebook(p)
    rows = []
    bars = {10**4: ("22×", "12×", "25×", "12×"), 10**5: ("60×", "30×", "75×", "35×")}
    for n, (reach, hold, frame_reach, frame_hold) in bars.items():
        g = torch.Generator().manual_seed(0)
        state = sampler.init(p.sample(n, generator=g).T.contiguous(), g)
        xr = state.x.T.contiguous()
        ours, theirs = duel(lambda s=state: blit(s.x), lambda x=xr: scatter(x.numpy()))
        rows.append(Row(f"drawing {n:,} particles", "ScatterPlotItem", ours, theirs, reach, hold))
        ours, theirs = duel(
            lambda s=state, g=g: blit(sampler.step(s, g)[0].x),
            lambda x=xr, g=g: scatter(notebook.step(x, 0.01, g).numpy()),
        )
        what = f"a whole frame, {n:,} particles"
        rows.append(Row(what, "notebook step + ScatterPlotItem", ours, theirs, frame_reach, frame_hold))
    scatter.plot.close()
    return rows


def video(count: int = 300, theirs_count: int = 12) -> list[Row]:
    """1080p MP4 of the default preset's layers; matplotlib's share is measured on fewer frames."""
    scene = load_scene("trapped")
    with tempfile.TemporaryDirectory() as folder:
        begin = _clocks()
        with VideoWriter(Path(folder) / "a.mp4", 1920, 1080, 60, planes=planes) as writer:
            for image in frames(scene, Look(1920, 1080), count, "cpu"):
                writer.write(image)
        ours = (_clocks() - begin) / count
        theirs = _matplotlib(Path(folder) / "b.mp4", theirs_count)
    what, rival = f"{count} frames of 1080p to MP4, drawing included (per frame)", "matplotlib FuncAnimation.save"
    bars = (("by the clock", "12×", "9×"), ("by CPU time", "10×", "–"))
    return [
        Row(f"{what}, {how}", rival, 1e3 * a, 1e3 * b, reach, hold)
        for (how, reach, hold), a, b in zip(bars, ours.tolist(), theirs.tolist(), strict=True)
    ]


def _clocks() -> NDArray[np.float64]:
    """Seconds by the clock and of the process's CPU, (2,)."""
    return np.array([time.perf_counter(), time.process_time()])


def _matplotlib(path: Path, count: int) -> NDArray[np.float64]:
    """Seconds a frame, by the clock and of CPU, (2,).

    It has density, contours, arrows, particles and marginal histograms of 10⁵ particles.

    Frames go to ffmpeg through matplotlib's own writer where ffmpeg is installed, else to PyAV at the same setting.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    import av
    import matplotlib.pyplot as plt
    from matplotlib.animation import AbstractMovieWriter, FuncAnimation

    class Writer(AbstractMovieWriter):
        def setup(self, fig, outfile, dpi=None):  # type: ignore[no-untyped-def]  # matplotlib's interface
            super().setup(fig, outfile, dpi)
            self.container = av.open(str(outfile), "w")
            self.stream = self.container.add_stream("libx264", rate=self.fps)
            self.stream.width, self.stream.height, self.stream.pix_fmt = 1920, 1080, "yuv420p"
            self.stream.options = Mp4.options | {"threads": "0"}  # here nothing else is done meanwhile

        def grab_frame(self, **_):  # type: ignore[no-untyped-def]  # matplotlib's interface
            self.fig.canvas.draw()
            image = np.ascontiguousarray(np.asarray(self.fig.canvas.buffer_rgba())[:1080, :1920])
            for packet in self.stream.encode(av.VideoFrame.from_ndarray(image, format="rgba")):
                self.container.mux(packet)

        def finish(self):  # type: ignore[no-untyped-def]  # matplotlib's interface
            for packet in self.stream.encode():
                self.container.mux(packet)
            self.container.close()

    p = mixture(3)
    notebook, g = Notebook(p), torch.Generator().manual_seed(0)
    x = [p.sample(100_000, generator=g)]
    axis = torch.linspace(-6, 6, 256)
    grid = torch.cartesian_prod(axis, axis)
    log_p, score = notebook.log_prob_and_score(grid)
    density = log_p.exp().view(256, 256).T.numpy()
    fig, axes = plt.subplots(1, 2, figsize=(19.2, 10.8), dpi=100, width_ratios=(4, 1))
    axes[0].imshow(density, origin="lower", extent=(-6, 6, -6, 6))
    axes[0].contour(axis, axis, density, 8)
    arrows = score.view(256, 256, 2)[::8, ::8].numpy()
    axes[0].quiver(axis[::8], axis[::8], arrows[..., 0].T, arrows[..., 1].T)
    dots = axes[0].plot([], [], ",", color="orange")[0]

    def draw(_):  # type: ignore[no-untyped-def]  # matplotlib's interface
        x[0] = notebook.step(x[0], 0.02, g)
        dots.set_data(x[0][:, 0].numpy(), x[0][:, 1].numpy())
        axes[1].clear()
        axes[1].hist(x[0][:, 1].numpy(), bins=72, orientation="horizontal")

    animation = FuncAnimation(fig, draw, frames=count, init_func=lambda: None)
    begin = _clocks()
    animation.save(path, writer=Writer(fps=60))
    seconds: NDArray[np.float64] = _clocks() - begin
    plt.close(fig)
    return seconds / count


def rates() -> list[tuple[str, float, float]]:
    """(particles, frames a second, slowest frame in ms) of stage and canvas off screen, default layers, 756 × 680."""
    from visualizer.engine.stage import Stage
    from visualizer.gui.offscreen.capture import Capture

    rows = []
    for n in (10**4, 10**5, 10**6, 10**7):
        scene = load_scene("trapped")
        scene = scene.with_(particles=scene.particles.with_(count=n))
        stage = Stage(scene, "cpu", 64 << 20)
        capture = Capture(scene, Look(756, 680, title=False))
        times = []
        for i in range(60 if n < 10**7 else 8):
            begin = time.perf_counter()
            stage.simulation.advance()
            capture.draw((stage.picture(capture.views[0]),))
            if i >= 3:
                times.append(time.perf_counter() - begin)
        capture.close()
        rows.append((f"{n:,}", 1 / statistics.median(times), 1e3 * max(times)))
    return rows
