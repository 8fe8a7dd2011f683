"""Score fields that are learned: networks, objectives, training (a generator), weights on disk, foreign networks."""

from visualizer.learning.field import LearnedField, NoDensity, learned_field
from visualizer.learning.foreign import ForeignNet, foreign_from_bytes
from visualizer.learning.net import Net, Shape
from visualizer.learning.training import Plan, Progress, train
from visualizer.learning.weights import NetError, from_bytes, to_bytes

__all__ = [
    "ForeignNet",
    "LearnedField",
    "Net",
    "NetError",
    "NoDensity",
    "Plan",
    "Progress",
    "Shape",
    "foreign_from_bytes",
    "from_bytes",
    "learned_field",
    "to_bytes",
    "train",
]
