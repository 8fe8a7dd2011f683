"""A time-conditioned MLP."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "mlp",
        "MLP over x and t",
        ("denoising", "exact-score-matching", "sliced-score-matching"),
        frozenset({"prediction", "coupling", "labels", "width", "depth"}),
        order=1,
        has_log_prob=False,
    )
)
