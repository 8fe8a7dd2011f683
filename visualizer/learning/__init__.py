"""Score fields that are learned: networks, objectives, training (a generator), weights on disk, foreign networks."""

from visualizer.learning.field import LearnedField, NoDensity, learned_field
from visualizer.learning.net import Net, Shape
from visualizer.learning.training import Plan, Progress, train
from visualizer.learning.weights import NetError, from_bytes, to_bytes

__all__ = [
    "LearnedField",
    "Net",
    "NetError",
    "NoDensity",
    "Plan",
    "Progress",
    "Shape",
    "from_bytes",
    "learned_field",
    "to_bytes",
    "train",
]
