"""What the run has come to, in a sentence and in numbers beside their floors."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from visualizer.diagnostics.findings import Distance
from visualizer.engine.findings.report import Report
from visualizer.gui.widgets.card import Card, Shown, muted, wrapped
from visualizer.gui.words.digits import big, number, power

#: A run is called trapped after so many steps without a hop.
_PATIENCE = 100
_MANY = 10
#: R̂ of chains that agree.
_AGREED = 1.01
_TIPS = {
    "w2": "Wasserstein-2 distance of the particles to pₜ (sliced in 2-D: over 32 directions), "
    "beside the mean for exact samples of the same number",
    "kl": "KL(particles ‖ pₜ) in nats over 24 cells along each axis, beside what exact samples give",
    "target": "W₂ of the particles (of walk–jump: of the jumps) to the target itself",
    "passage": "Exact mean first-passage time of Langevin from one mode to the next, the slowest pair, in steps: "
    "τ = ∫ dy/p(y) ∫ p(z) dz",
    "kramers": "Kramers' estimate of the same, 2π e^ΔU/√(U''|U''|), and the barrier ΔU in nats; told from ΔU = 2 on",
    "acceptance": "Share of proposals accepted, over the last steps. Near 0.57 is good for MALA, 0.65–0.8 for HMC, "
    "0.23–0.44 for a random walk",
    "energy": "Mean |ΔH| of the trajectories: halving ε divides it by about four",
    "swaps": "Share of swaps accepted between neighbouring temperatures, cold to hot",
    "rhat": "Rank-normalised R̂ of the followed particles over their last 1,000 steps: 1.00 where they agree. "
    "Blind where all keep to the mode they began in: they agree, and have missed the rest",
    "ess": "Effective sample size: as many independent draws would tell as much, of the bulk and of the tails",
    "evaluations": "Evaluations of the score for each particle so far",
    "log_prob": "Mean |log p carried along the ODE − exact log p| at the particles",
}
_NAMES = {
    "w2": "W₂", "kl": "KL", "target": "W₂ to p",
    "passage": "passage", "kramers": "Kramers", "acceptance": "accepted", "energy": "energy error",
    "swaps": "swaps", "rhat": "R-hat", "ess": "ESS", "evaluations": "evaluations",
    "log_prob": "log p error",
}  # fmt: skip
#: Rows whose value needs the room of the note.
_WIDE = ("swaps", "ess")


class DiagnosticsCard(Card):
    """A verdict, then a row for everything that applies."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Diagnostics", parent)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.body.addWidget(self.verdict)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        self.values: dict[str, QLabel] = {}
        self._notes: dict[str, QLabel] = {}
        self._labels: dict[str, QLabel] = {}
        for row, (key, name) in enumerate(_NAMES.items()):
            label, value, note = muted(name, wrap=False), QLabel(), muted(wrap=False)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            value.setAccessibleName(name)
            for widget in (label, value, note):
                widget.setToolTip(wrapped(_TIPS[key]))
            grid.addWidget(label, row, 0)
            if key in _WIDE:
                grid.addWidget(value, row, 1, 1, 2)
            else:
                grid.addWidget(value, row, 1)
                grid.addWidget(note, row, 2)
            self.values[key], self._notes[key], self._labels[key] = value, note, label
        self.body.addLayout(grid)
        self.measure = QPushButton("Measure passage times…")
        self.measure.setToolTip("Chains timed from mode to mode, beside the exact mean and Kramers' (Shift+P)")
        self.measure.hide()
        self.body.addWidget(self.measure)
        self._report: Report | None = None
        self.hide()

    def show_result(self, shown: Shown) -> None:
        """Follows the run."""
        self.show_report(shown.report, shown.scene.target.known)

    def show_report(self, report: Report | None, measured: bool) -> None:
        """Shows a report. Until the next one is there the last stays, greyed, so that nothing moves.

        Args:
            report: the report; None where there is none yet.
            measured: whether there will be one: without a target there is nothing to measure by.
        """
        if not measured or (report is None and self._report is None):
            self._report = None
            self.hide()
            return
        self.setEnabled(report is not None)
        if report is None or report is self._report:
            return
        self._report = report
        self.show()
        self.verdict.setText(verdict(report))
        self.measure.setVisible(report.passage is not None)
        for key, (value, note) in rows(report).items():
            for widget in (self.values[key], self._labels[key]):
                widget.setVisible(bool(value))
            self._notes[key].setVisible(bool(value and note))
            self.values[key].setText(value)
            self._notes[key].setText(note)


def verdict(r: Report) -> str:
    """A plain sentence about hops between modes, else about the distance."""
    if r.guided:
        return "Guidance is on: the particles are not meant to follow pₜ. Distances are to pₜ all the same."
    if r.hops is None:
        return _closeness(r)
    relaxing = (
        "" if r.relaxation_steps is None else f" Exact Langevin relaxes in about {big(r.relaxation_steps)} steps."
    )
    if r.hops == 0 and r.relaxation_steps is not None and r.seen > _MANY * r.relaxation_steps:
        return _closeness(r) + relaxing  # who has had time enough is not trapped
    if r.hops == 0 and r.seen < _PATIENCE:
        return "No hop between modes yet." + relaxing
    # After hops a pause is told only when it is many times the usual one.
    usual = (r.seen - r.quiet) / r.hops if r.hops else 0.0
    if r.quiet >= max(_PATIENCE, _MANY * usual):
        return f"Trapped: no hop among {r.watched} particles in {big(r.quiet)} steps." + relaxing
    if r.relaxation_steps is not None and r.seen < r.relaxation_steps:
        hops = "one hop" if r.hops == 1 else f"{r.hops:,} hops"
        state = "Still trapped" if r.hops < 0.1 * r.watched else "Not yet relaxed"
        return f"{state}: {hops} among {r.watched} particles in {big(r.seen)} steps." + relaxing
    return f"A particle changes modes every {big(r.watched * r.seen / max(1, r.hops))} steps or so." + relaxing


def _closeness(r: Report) -> str:
    (ratio, measure) = max((d.value / max(d.floor, 1e-12), name) for d, name in ((r.w2, "W₂"), (r.kl, "KL")))
    if ratio < 1.5:
        return "As close to pₜ as exact samples of this number."
    return f"{number(ratio)} times as far from pₜ as exact samples of this number, by {measure}."


def rows(r: Report) -> dict[str, tuple[str, str]]:
    """(value, note) of every row; "" for those that do not apply."""
    c = r.convergence
    return {
        "w2": (number(r.w2.value), _floor(r.w2)),
        "kl": (number(r.kl.value), _floor(r.kl)),
        "target": ("", "") if r.target_w2 == r.w2 else (number(r.target_w2.value), _floor(r.target_w2)),
        **_passages(r),
        "acceptance": ("" if r.acceptance is None else f"{100 * r.acceptance:.1f} %", _hint(r)),
        "energy": ("" if r.energy_error is None else number(r.energy_error), ""),
        "swaps": (" ".join(f"{100 * s:.0f}" for s in r.swaps) + " %" if r.swaps else "", ""),
        "rhat": ("" if c is None else f"{c.rhat:.2f}", "" if c is None else _agreement(r, c.rhat)),
        "ess": ("" if c is None else f"{big(c.ess_bulk)} bulk, {big(c.ess_tail)} tail", ""),
        "evaluations": (big(r.evaluations), "a particle"),
        "log_prob": ("" if r.log_prob_error is None else power(r.log_prob_error), "nats"),
    }


def _agreement(r: Report, rhat: float) -> str:
    """What R̂ can tell: chains that keep to the mode they began in agree with each other, whatever they have missed."""
    if r.blind:
        return "blind"  # the tip says why; a longer note would widen the column
    return "" if rhat < _AGREED else "should be 1"


def _floor(distance: Distance) -> str:
    return f"exact {number(distance.floor)}"


def _passages(r: Report) -> dict[str, tuple[str, str]]:
    p = r.passage
    if p is None or r.step_size is None:
        return {"passage": ("", ""), "kramers": ("", "")}
    rows = {"passage": (f"{big(p.time / r.step_size)} steps", f"{p.start:.2g} → {p.end:.2g}"), "kramers": ("", "")}
    if p.barrier is not None and p.barrier.high:
        rows["kramers"] = (f"{big(p.barrier.kramers_time / r.step_size)} steps", f"ΔU = {p.barrier.height:.2f}")
    return rows


def _hint(r: Report) -> str:
    if r.acceptance is None:
        return ""
    if r.acceptance < 0.2:
        return "step too large?"
    return "step can grow" if r.acceptance > 0.95 else ""
