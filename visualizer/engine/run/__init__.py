"""A scene becomes a run.

`Simulation` holds the state of a run, makes the next one, remembers those before, and takes edits in without losing
the particles. Read `simulation.py` first; `build.py`, `make_sampler.py` and `nets.py` make what it needs.
"""
