"""What cards are made of: forms from the controls that a part of the scene names, sliders, formulas.

`card.py` has `Card` itself; `form.py` makes a form of any part of a scene. Read these two first.
"""
