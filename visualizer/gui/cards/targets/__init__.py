"""Forms for the kinds of targets that have more than sliders, one file for each; the others have a `PlainForm`."""

from visualizer.gui.cards.targets.base import FORMS, PlainForm, TargetForm, make_form

__all__ = ["FORMS", "PlainForm", "TargetForm", "make_form"]
