"""A network held against the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from visualizer.engine.host.talk import SHELF, Errand
from visualizer.gui.desk import Desk
from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment
from visualizer.gui.sizes import px, sized
from visualizer.scene.model import Scene

_HEADINGS = ("", "network", "exact")
#: Of the table, in pixels.
_WIDE = 430


@EXPERIMENTS.add
class Judging(Experiment):
    """The error over t above, the denoising loss and its least below; samples and likelihood in a table."""

    kind, order = "judging", 30
    docks = True
    action = Action("Judge the network…", ("J",), "Errors over t, samples, likelihood, against the truth")
    heading = "The network against the truth"
    explanation = (
        "Above: how far the network's score is from the exact one, over t. Below: the denoising loss and the least any "
        "network can reach, the uncertainty of the noise itself; the gap between them is the violet curve above."
    )
    start_text = "Judge"

    def __init__(self, desk: Desk, prepared: Any = None) -> None:
        super().__init__(desk)
        t = self.theme
        self.error = self.plot(0, 0, "error", "")
        self.error.setLogMode(x=True, y=True)
        self.losses = self.plot(1, 0, "denoising loss", "t, noise level, logarithmic")
        self.losses.setLogMode(x=True, y=False)
        self.losses.setXLink(self.error)
        self.curves = {
            "fisher": self.curve(self.error, "Fisher divergence E|s<sub>θ</sub> − s|²", t.error, dots=True),
            "epsilon": self.curve(self.error, "as noise, σ² E|s<sub>θ</sub> − s|²", t.noise, dots=True),
            "loss": self.curve(self.losses, "of the network", t.learned, dots=True),
            "least": self.curve(self.losses, "the least possible", t.density, dash=True),
        }

        self.table = QTableWidget(0, len(_HEADINGS))
        self.table.setAccessibleName("Judgement")
        self.table.setHorizontalHeaderLabels(_HEADINGS)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        sized(self.table, lambda w: w.setFixedWidth(px(_WIDE)))
        self.middle.addWidget(self.table)
        self.resize(1120, 640)

    @classmethod
    def refusal(cls, scene: Scene) -> str:
        if not scene.target.known:
            return "There is no target to judge the network by: choose one first."
        if scene.field.kind != "learned":
            return "There is no network to judge: the exact score is followed. Train one (Ctrl+T)."
        return ""

    def work(self) -> Errand:
        return Errand("visualizer.engine.experiments.judging:judge", self.scene, SHELF)

    def clear(self) -> None:
        super().clear()
        self.table.setRowCount(0)

    def draw(self, value: Any) -> tuple[float, str]:
        j = value
        for name, curve in self.curves.items():
            curve.setData(j.t, np.maximum(getattr(j, name), 1e-12))
        found = rows(j)
        self.table.setRowCount(len(found))
        for i, row in enumerate(found):
            for k, text in enumerate(row):
                self.table.setItem(i, k, QTableWidgetItem(text))
        return j.done, "Judged." if j.done == 1 else f"{j.doing}…"


def rows(j: Any) -> list[tuple[str, str, str]]:
    """What a judgement comes to: what it is, of the network, and of the truth."""
    found: list[tuple[str, str, str]] = []
    if len(j.t) > 1:
        worst = int(np.argmax(j.fisher))
        found.append((f"largest E|s_θ − s|², at t = {j.t[worst]:.2g}", f"{j.fisher[worst]:.2g}", "0"))
    if j.w2 is not None:
        found.append(("W₂ of samples", f"{j.w2.value:.2g}", f"{j.w2.floor:.2g}"))
        found.append(("W₂ by the exact score, same steps", f"{j.exact_w2.value:.2g}", f"{j.w2.floor:.2g}"))
        if j.shares is not None and len(j.shares) <= 12:
            shares, wanted = (" ".join(f"{100 * s:.0f}" for s in v) for v in (j.shares, j.weights))
            found.append(("occupancy of modes, %", shares, wanted))
    if j.log_prob is not None:
        found.append(("mean log p, nats", f"{j.log_prob:.3f}", f"{j.exact_log_prob:.3f}"))
        found.append(("KL(p ‖ network), nats", f"{j.kl:.2g}", "0"))
    if j.reverse_kl is not None:
        found.append(("KL(network ‖ p), nats", f"{j.reverse_kl:.2g}", "0"))
    if j.bound is not None:
        found.append(("its bound of log p, nats", f"{j.bound:.3f}", f"{j.exact_log_prob:.3f}"))
    if j.junk is not None:
        found.append(("junk, %", f"{100 * j.junk:.1f}", "0.1"))
    if j.integral is not None:
        found.append(("integral of its density", f"{j.integral:.3f}", "1"))
    return found
