"""Networks, one file for each kind; the scene's half has the same file name in `visualizer/scene/networks/`.

All see the noise level as (α, σ) and places as rows (N, d), in units of the data's standard deviation s; they do not
know which process the pair belongs to. Read `base.py` first: an `Architecture` says how a network is built, and which
field follows from it. An architecture without a field builds a `Generative` network (`generative.py`), which maps
N(0, I) to its own law in strokes; its density has the field.
"""

from visualizer.learning.networks.base import NETWORKS, Architecture, Network, Shape

__all__ = ["NETWORKS", "Architecture", "Network", "Shape"]
