"""A linear score."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(NetworkKind("linear", "Linear", ("denoising",), frozenset(), has_log_prob=False))
