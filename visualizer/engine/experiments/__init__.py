"""What is measured over many runs, and what is written as numbers.

An experiment is a generator that yields what there is so far; the dialogs of `visualizer/gui/experiments` draw it, and
`visualizer train` prints one. `tables.py` and `export_fields.py` make numbers for files, `norms.py` a law for the
billboard. Read `passages.py` first.
"""
