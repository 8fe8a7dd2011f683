"""What a run is doing, in numbers: distances, hops, escape times, convergence of chains, smaller models.

This room imports densities, and knows nothing of scenes. `distances.py` measures particles against a
density, beside what exact samples of the same number would measure; read it first. `engine/report.py` puts the numbers
together for the window.
"""
