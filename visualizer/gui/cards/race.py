"""Several samplers ranked by what an evaluation of the score buys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from visualizer.engine.findings.report import Report
from visualizer.gui.widgets.card import Card, Shown, muted, wrapped
from visualizer.gui.words.digits import big, number
from visualizer.gui.words.names import picture_name
from visualizer.scene.model import MAX_PANELS, Scene

_HEADINGS = ("rank", "picture", "W₂", "evals", "cost")


#: Clouds of exact samples have up to so many times their mean distance.
_AT_FLOOR = 1.5
#: After so many steps the card says who is best.
_TELLING = 50
_TIP = (
    "Ranked by squared error times work (Glynn & Whitt 1992): W₂² to the target × evaluations of the score for "
    "each particle; of walk–jump the jumps count. Errors that exact samples may have, too, count as the floor."
)


class RaceCard(Card):
    """A row for each picture, the best first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Side by side", parent)
        grid = QGridLayout()
        grid.setHorizontalSpacing(9)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for column, heading in enumerate(_HEADINGS):
            label = muted(heading, wrap=False)
            if column != 1:
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
            label.setToolTip("W₂² × evals: what an error costs in evaluations" if heading == "cost" else "")
            grid.addWidget(label, 0, column)
        self.cells = [[QLabel() for _ in _HEADINGS] for _ in range(MAX_PANELS)]
        for row, cells in enumerate(self.cells, 1):
            for column, cell in enumerate(cells):
                if column == 1:  # the name takes another line where there is little room
                    cell.setWordWrap(True)
                    cell.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                else:
                    cell.setAlignment(Qt.AlignmentFlag.AlignRight)
                grid.addWidget(cell, row, column)
        self.body.addLayout(grid)
        self.note = muted()
        self.body.addWidget(self.note)
        self.setToolTip(wrapped(_TIP))
        self.hide()

    def show_result(self, shown: Shown) -> None:
        """Ranks the pictures; hidden where there is only one."""
        self.show_reports(shown.scene, shown.result.reports)

    def show_reports(self, scene: Scene, reports: tuple[Report | None, ...]) -> None:
        """Ranks these."""
        shown = scene.resolved_panels()
        known = [(i, r) for i, r in enumerate(reports) if r is not None]
        racing = len(shown) > 1 and len(known) == len(shown)
        self.setVisible(racing)
        if not racing:
            return
        floor = max(r.target_w2.floor for _, r in known)
        begun = all(r.evaluations > 0 for _, r in known)
        order = sorted(known, key=lambda pair: work_times_error(pair[1])) if begun else known
        ranked = ranks([r for _, r in order]) if begun else ["–"] * len(order)
        best = [picture_name(scene, i) for (i, _), rank in zip(order, ranked, strict=True) if rank[0] == "1"]
        steps = min(r.step for _, r in known)
        won = f"{'Equally good for the cost' if len(best) > 1 else 'Best for its cost'}: {', '.join(best)}. "
        near = f"Exact samples of this number have W₂ = {floor:.2g}; what is near that is equally good."
        self.note.setText(
            (won if steps >= _TELLING else f"After {steps} steps it is early to rank them. ") * begun + near
        )
        for row, cells in enumerate(self.cells):
            for cell in cells:
                cell.setVisible(row < len(order))
            if row >= len(order):
                continue
            i, r = order[row]
            distance = r.target_w2
            texts = (
                ranked[row], f"{i + 1} · {picture_name(scene, i)}", f"{distance.value:.2g}",
                big(r.evaluations), number(work_times_error(r)) if begun else "–",
            )  # fmt: skip
            for cell, text in zip(cells, texts, strict=True):
                cell.setText(text)
                cell.setToolTip(f"W₂ {number(distance.value)}, floor of exact samples {number(distance.floor)}")


def ranks(reports: list[Report]) -> list[str]:
    """The ranks of what is in order, "2=" for a shared one.

    A rank is shared by those that err alike, to what exact samples differ by, for as much work (to a twentieth).
    """
    first = 0
    places: list[int] = []
    for i, r in enumerate(reports):
        best = reports[first]
        alike = (_AT_FLOOR - 1) * max(r.target_w2.floor, best.target_w2.floor)
        if abs(_counted(r) - _counted(best)) > alike or abs(r.evaluations - best.evaluations) > 0.05 * best.evaluations:
            first = i
        places.append(first + 1)
    return [f"{place}=" if places.count(place) > 1 else str(place) for place in places]


def work_times_error(r: Report) -> float:
    """W₂² to the target × evaluations; what exact samples may have counts as their mean. Jumps of walk–jump count."""
    return _counted(r) ** 2 * r.evaluations


def _counted(r: Report) -> float:
    """The error as it counts: what exact samples may have is their mean."""
    distance = r.target_w2
    return distance.value if distance.value > _AT_FLOOR * distance.floor else distance.floor
