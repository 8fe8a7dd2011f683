"""Models that are learned: networks, objectives, training (a generator), weights on disk, foreign networks.

This room imports densities, processes, samplers and the register. Read `model.py` first: what every learned model has.
Then `net.py`, a score network as a value, `generative.py`, a network whose law is known, and `training.py`. How to add
a model stands in `model.py`, how to add a network in `networks/__init__.py`.
"""

from visualizer.learning.foreign import ForeignNet, foreign_from_bytes
from visualizer.learning.generative import GenerativeNet
from visualizer.learning.model import Model
from visualizer.learning.net import Net
from visualizer.learning.networks import Shape
from visualizer.learning.score import NoDensity
from visualizer.learning.training import Plan, Progress, train
from visualizer.learning.weights import NetError, Trained, from_bytes, to_bytes

__all__ = [
    "ForeignNet",
    "GenerativeNet",
    "Model",
    "Net",
    "NetError",
    "NoDensity",
    "Plan",
    "Progress",
    "Shape",
    "Trained",
    "foreign_from_bytes",
    "from_bytes",
    "to_bytes",
    "train",
]
