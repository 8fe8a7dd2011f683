"""Lectures given from the program itself: tours, large type, a second screen, recording.

`presenter.py` takes the window over and gives it back as it was; read it first.
"""
