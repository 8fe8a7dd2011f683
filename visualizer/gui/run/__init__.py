"""The thread that a run lives in, and threads for experiments.

`player.py` hands the newest scene and view to the thread and the newest moment back; what is older is dropped. Read it
first.
"""
