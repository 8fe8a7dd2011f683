"""What is measured over many runs, and what is written as numbers.

An experiment is a generator that yields what there is so far; the dialogs of `visualizer/gui/experiments` draw it, and
commands print it. Read `passages.py` first.
"""
