"""[target]: the density p_0. One file for each kind.

To add a target: write a file here, `my_target.py`, with a class below `TargetPart` (`GridTarget`, where there is a
log-density and a box it lies in) that has its `kind`, `title`, dimension `d`, `extent` (of a `GridTarget`: `support`)
and the controls of its numbers; and a file of the same name in `visualizer/engine/targets/` that builds its density. A
form with more than sliders goes into `visualizer/gui/cards/targets/`. Nothing else names it.
"""

from visualizer.scene.targets.base import TARGETS, AnyTarget, GridTarget, TargetPart

__all__ = ["TARGETS", "AnyTarget", "GridTarget", "TargetPart"]
