"""For the day a GPU is at hand: `python -m tests.gpu_day [--device cuda] [--minutes 4] [--out FILE]`.

Checks the device against the CPU (fed the same noise: positions and pixels; twice the same, bit for bit; the law of a
reverse run), then times frames of six cases at 10⁵, 10⁶ and 10⁷ particles, with memory and the slowest kernels. Every
line is printed as JSON as soon as it is known. `--device cpu` is a rehearsal.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from tests.pictures import Seen
from visualizer.engine.frame import Picture, Viewport
from visualizer.engine.stage import Stage
from visualizer.fused import launching
from visualizer.fused.loading import SWITCH
from visualizer.scene.model import Scene
from visualizer.scene.presets import load_scene

VIEW = Viewport(-5.0, 5.0, -4.5, 4.5, 900, 810)
LAYERS = {"plane": ("density", "contours", "flow", "step", "particles", "marginals")}
#: A preset and a sampler that are checked against the CPU.
CHECKED = (
    ("trapped", "langevin"), ("trapped", "underdamped"), ("trapped", "hmc"), ("trapped", "reverse"),
    ("trapped", "walk-jump"), ("two-moons", "reverse"), ("typed-potential", "annealed-langevin"),
    ("learned-score", "reverse"), ("a-flow", "strokes"), ("spiral", "langevin"),
)  # fmt: skip
#: The same with kernels of ours: those whose noise is drawn by none of them.
WITH_KERNELS = (
    ("trapped", "reverse", {"lambda": 0}), ("trapped", "hmc", {}), ("trapped", "mala", {}),
    ("two-moons", "reverse", {"lambda": 0}), ("two-moons", "hmc", {}), ("reverse-river", "reverse", {"lambda": 0}),
)  # fmt: skip
#: Those that are timed.
TIMED = (
    ("trapped", "langevin"), ("trapped", "mala"), ("trapped", "hmc"), ("trapped", "reverse"),
    ("two-moons", "langevin"), ("learned-score", "reverse"),
)  # fmt: skip
#: Seconds for a timed case, frames at least and at most, and those that are not counted.
_SECONDS, _FEWEST, _MOST, _WARM = 3.0, 12, 120, 3


class Day:
    """What is measured, as it comes."""

    def __init__(self, device: str, seconds: float, out: Path | None) -> None:
        self.device, self.cuda, self._out = device, device == "cuda", out
        self.end = time.monotonic() + seconds
        self.rows: list[dict[str, Any]] = []

    def tell(self, **row: Any) -> None:
        """Prints a line, and keeps it."""
        self.rows.append(row)
        print(json.dumps(row), flush=True)
        if self._out is not None:
            self._out.write_text(json.dumps(self.rows, indent=1), "utf-8")

    def wait(self) -> None:
        """Until the device has done what it was asked."""
        if self.cuda:
            torch.cuda.synchronize()
        elif self.device == "mps":
            torch.mps.synchronize()

    def run(self) -> bool:
        """All of it; whether every check passed."""
        if self.cuda:
            ours = launching.launches(torch.empty(1, 1, device="cuda"))
            self.tell(device=torch.cuda.get_device_name(), torch=torch.__version__, kernels_of_ours=ours)
        without = [(preset, kind, {}) for preset, kind in CHECKED]
        passed = all([
            self.against_the_cpu(without, kernels=False), self.against_the_cpu(WITH_KERNELS, kernels=True),
            self.twice_the_same(), self.the_law(),
        ])  # fmt: skip
        for count in (100_000, 1_000_000, 10_000_000):
            for preset, kind in TIMED:
                if time.monotonic() > self.end:
                    self.tell(stopped="the time is over", particles=count, case=f"{preset} {kind}")
                    return passed
                self.time_one(preset, kind, count)
        return passed

    def against_the_cpu(self, cases: Iterable[tuple[str, str, dict[str, object]]], *, kernels: bool) -> bool:
        """Five steps with the CPU's noise on both, and the pictures after them."""
        passed = True
        for preset, kind, how in cases:
            found = {}
            try:
                with cpu_noise(kernels):
                    for where in ("cpu", self.device):
                        stage = Stage(scene(preset, 20_000, kind, **how), where)
                        stage.simulation.advance(5)
                        found[where] = stage.simulation.state.x.cpu().numpy(), pixels(stage.picture(VIEW))
            except Exception as error:  # the next may do
                said = f"{type(error).__name__}: {error}"[:300]
                self.tell(check=f"{preset} {kind}", kernels=kernels, failed=said)
                passed = False
                continue
            (x, a), (y, b) = found["cpu"], found[self.device]
            off = {name: float((np.abs(a[name].astype(int) - b[name]) > 2).mean()) for name in a if name != "flow"}
            far = float(np.abs(x - y).max())
            self.tell(check=f"{preset} {kind}", kernels=kernels, farthest=far, pixels_off=off)
            passed &= far < 1e-2 and all(share < 1e-2 for share in off.values())
        return passed

    def twice_the_same(self) -> bool:
        """The same run twice on the device, bit for bit."""
        found = []
        for _ in range(2):
            stage = Stage(scene("trapped", 500_000, "langevin"), self.device)
            stage.simulation.advance(20)
            found.append((stage.simulation.state.x.cpu(), pixels(stage.picture(VIEW))))
        (x, a), (y, b) = found
        same = bool(torch.equal(x, y)) and all(np.array_equal(a[name], b[name]) for name in a)
        self.tell(check="twice the same, bit for bit", same=same)
        return same

    def the_law(self) -> bool:
        """Means of a reverse run by the device's own noise, in standard errors of their difference."""
        laws = []
        for where in ("cpu", self.device):
            stage = Stage(scene("trapped", 50_000, "reverse"), where, budget=0)
            stage.simulation.advance(stage.simulation.scene.sampler.steps)
            laws.append(stage.simulation.state.x.cpu().double())
        off = (laws[0].mean(1) - laws[1].mean(1)).abs() / (laws[0].std(1) * (2 / 50_000) ** 0.5)
        self.tell(check="law of a reverse run, in standard errors", off=off.tolist())
        return bool((off < 4).all())

    def time_one(self, preset: str, kind: str, count: int) -> None:
        """Frames a second of one case, the memory it takes, and on CUDA its slowest kernels."""
        try:
            if self.cuda:
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
            begun = time.perf_counter()
            stage = Stage(scene(preset, count, kind), self.device)
            stage.picture(VIEW)
            self.wait()
            first, times = time.perf_counter() - begun, []
            stop = min(time.monotonic() + _SECONDS, self.end)
            while len(times) < _FEWEST or (time.monotonic() < stop and len(times) < _MOST):
                begun = time.perf_counter()
                self.frame(stage)
                times.append(1e3 * (time.perf_counter() - begun))
            ms = np.array(times[_WARM:])
            peak = torch.cuda.max_memory_allocated() / 2**30 if self.cuda else None
            self.tell(
                case=f"{preset} {kind}", particles=count, first_s=round(first, 2), fps=round(1e3 / np.median(ms), 1),
                median_ms=round(float(np.median(ms)), 2), worst_ms=round(float(ms.max()), 2), peak_gib=peak,
            )  # fmt: skip
            if self.cuda and count >= 1_000_000:
                self.kernels(stage, f"{preset} {kind}", count)
        except Exception as error:  # out of memory, say: the next may do
            self.tell(case=f"{preset} {kind}", particles=count, failed=f"{type(error).__name__}: {error}"[:300])

    def frame(self, stage: Stage) -> None:
        """A frame's steps and its picture."""
        if stage.simulation.finished:
            stage.simulation.seek(1, exact=False)
        stage.simulation.advance(stage.simulation.scene.sampler.steps_per_frame)
        stage.picture(VIEW)
        self.wait()

    def kernels(self, stage: Stage, case: str, count: int) -> None:
        """The slowest kernels of a frame, and how many are launched."""
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
            self.frame(stage)
        found = sorted(profile.key_averages(), key=lambda e: -e.self_device_time_total)
        top = [(e.key[:70], e.count, round(e.self_device_time_total)) for e in found[:8]]
        self.tell(case=f"{case} kernels", particles=count, launches=sum(e.count for e in found), top=top)


def scene(preset: str, count: int, kind: str, **how: object) -> Scene:
    """A preset's first picture with another sampler, from noise."""
    picture = load_scene(preset).resolved_panels()[0]
    particles = {"count": count, "start": {"kind": "prior"}}
    return picture.with_(particles=particles, sampler={"kind": kind, **how}, layers=LAYERS)


def pixels(picture: Picture) -> dict[str, np.ndarray[Any, np.dtype[np.uint8]]]:
    """The images of a picture by layer, as bytes."""
    return {name: found.view(np.uint8) for name, found in Seen(picture).images.items()}


@contextmanager
def cpu_noise(kernels: bool) -> Iterator[None]:
    """Feeds numbers of the CPU's generator to both devices: a GPU's own streams are others.

    So are those of kernels of ours, which are there only for what asks them for none.
    """
    taken = {
        m: m.noise for name, m in sys.modules.items() if name.startswith("visualizer.samplers") and hasattr(m, "noise")
    }

    def same(like: Tensor, generator: torch.Generator, std: float = 1.0) -> Tensor:
        own = torch.Generator().manual_seed(generator.initial_seed())
        return torch.empty(like.shape, dtype=like.dtype).normal_(0.0, std, generator=own).to(like.device)

    for module in taken:
        module.noise = same
    try:
        with nullcontext() if kernels else mock.patch.object(launching, "_kernels", return_value=None):
            yield
    finally:
        for module, noise in taken.items():
            module.noise = noise


def main() -> int:
    """Exit status 1 where a check failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.gpu_day", description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cuda", "mps", "cpu"))
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    os.environ[SWITCH] = "1"  # the CPU's compiled kernels draw noise of their own: both sides run torch's code
    return 0 if Day(options.device, 60 * options.minutes, options.out).run() else 1


if __name__ == "__main__":
    sys.exit(main())
