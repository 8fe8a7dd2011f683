"""Experiments: dialogs beside the window that measure something of the scene and draw what comes.

To add an experiment: write a file here, `my_experiment.py`, with a class below `Experiment`, decorated with
`EXPERIMENTS.add`, that has its `kind`, `action` (for the menu: text, keys, tip), `heading`, what to `work` on, and how
to `draw` what comes. The work is a generator in `visualizer/engine/experiments/my_experiment.py`, which the host
iterates over: `work` gives its address and its arguments. What it yields are arrays, numbers, or a class of
`visualizer/engine/findings/`, which needs no torch. Nothing else names it: the menu, the keys and the help sheet ask
the register. Read `base.py` first, then `passages.py`.
"""

from visualizer.gui.experiments.base import EXPERIMENTS, Action, Experiment

__all__ = ["EXPERIMENTS", "Action", "Experiment"]
