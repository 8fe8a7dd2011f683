"""Prints the tables: `make bench`."""

from __future__ import annotations

import os
import platform
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch

from tests.bench import drawing, fused, kernels, window
from tests.bench.timing import Row
from visualizer.engine.run.memory import prepare_process, prepare_thread


def show(rows: list[Row]) -> None:
    """Lines of the table, as they come."""
    for r in rows:
        ratio = f"{r.ratio:.0f}×" if r.ratio >= 10 else f"{r.ratio:.1f}×" if r.ratio >= 1 else f"1/{1 / r.ratio:.1f}"
        cells = (r.what, r.against, f"{r.ours_ms:.2f}", f"{r.theirs_ms:.2f}", ratio, r.reach, r.hold)
        print("| " + " | ".join(cells) + " |", flush=True)


CASES = (
    ("playing, 10⁵", {"drag": False}),
    ("dragging, 10⁵", {"drag": True}),
    ("playing, 10⁶", {"drag": False, "count": 1_000_000}),
    ("playing, 10⁷", {"drag": False, "count": 10_000_000}),
    ("dragging, 10⁶", {"drag": True, "count": 1_000_000}),
    ("playing four pictures, 10⁵", {"drag": False, "pictures": 4}),
    ("playing, a training and an experiment, 10⁵", {"drag": False, "errands": True}),
)


def show_window() -> None:
    """Frames in the real window, with the engine in this process and in one of its own."""
    print(
        "\n| in the window | engine | frames/s | 95 % of gaps under, ms | slowest | CPU of the window | of the engine |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, case in CASES:
        for where, apart in (("in one process", False), ("apart", True)):
            f = window.frame_times(apart, **case)
            cells = [
                name,
                where,
                f"{f.rate:.1f}",
                f"{f.under:.0f}",
                f"{f.slowest:.0f}",
                f"{f.window:.1f}",
                f"{f.engine:.1f}",
            ]
            print(
                "| " + " | ".join(cells) + f" | {f.paints:.2f} paints a frame, longest stall {f.stall:.0f} ms",
                flush=True,
            )


def main() -> None:
    """Everything, or only the parts named on the command line: kernels fused drawing video window learning chains."""
    prepare_process()
    prepare_thread()
    wanted = sys.argv[1:] or ["kernels", "fused", "drawing", "video", "window", "learning", "chains"]
    cores = os.cpu_count()
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {cores} cores, torch {torch.__version__}, one torch thread\n"
    )
    if not set(wanted) <= {"learning", "chains"}:
        print("| what | against | ours, ms | theirs, ms | ratio | to reach | to hold |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
    if "kernels" in wanted:
        show(kernels.steps())
        show(kernels.fields())
    if "fused" in wanted:
        show(fused.rows())
    if "drawing" in wanted:
        show(drawing.particles())
    if "video" in wanted:
        show(drawing.video())
    if "window" in wanted:
        show([window.first_paint()])
        show_window()
        print("\n| particles | frames/s in one thread | slowest, ms |\n| --- | --- | --- |")
        for name, rate, slowest in drawing.rates():
            print(f"| {name} | {rate:.0f} | {slowest:.0f} |")
    if "learning" in wanted:
        show_learning()
    if "chains" in wanted:
        show_chains()


def show_learning() -> None:
    """Training to a given error, and inference."""
    from tests.bench import learning

    print("\n| step | seconds of training | E_t σ_t² E|s_θ − s|² |\n| --- | --- | --- |")
    for step, seconds, error in learning.training():
        print(f"| {step} | {seconds:.1f} | {error:.4f} |", flush=True)
    print("\n| network: error | training | bar | reached after, s | at the end after, s | error | budget, s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for kind, said, bar, reached, spent, error, budget in learning.budgets():
        when = "–" if reached is None else f"{reached:.1f}"
        print(f"| {kind} | {said} | {bar:g} | {when} | {spent:.1f} | {error:.4f} | {budget:g} |", flush=True)
    print("\n| particles | following the network, ms | its bare forward pass, ms | ratio |\n| --- | --- | --- | --- |")
    for count, ours, bare in learning.inference():
        print(f"| {count:,} | {ours:.1f} | {bare:.1f} | {ours / bare:.2f} |")


def show_chains() -> None:
    """Samplers beside blackjax. It is imported last: it brings JAX and threads of its own."""
    from tests.bench import chains

    print("\n| sampler | particles | ours, 10⁶ particle-steps/s | blackjax | ratio |\n| --- | --- | --- | --- | --- |")
    for r in chains.rates():
        theirs = ("–", "–") if r.theirs is None else (f"{r.theirs / 1e6:.2f}", f"{r.ours / r.theirs:.1f}×")
        print(f"| `{r.kind}` | {r.count:,} | {r.ours / 1e6:.2f} | {theirs[0]} | {theirs[1]} |", flush=True)
    print("\n| ours and blackjax from the same law | Kolmogorov–Smirnov p |\n| --- | --- |")
    values = list(chains.agreement())
    for name, value in values:
        print(f"| {name} | {value:.2g} |")
    # 4 standard errors, two-sided.
    assert min(v for _, v in values) > 6.3e-5, "ours and blackjax differ"


if __name__ == "__main__":
    main()
