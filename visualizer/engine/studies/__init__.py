"""Studies: many runs, measured beside each other in processes of their own, and kept so that nothing is run twice.

`cell.py` runs one cell, `store.py` keeps what came of it, `runner.py` does all of them.
"""
