"""An energy whose gradient is minus the score."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "energy",
        "Energy MLP, score = −∇E",
        ("denoising", "exact-score-matching", "sliced-score-matching", "contrastive-divergence", "noise-contrastive"),
        frozenset({"width", "depth"}),
        order=2,
        quick=(("Energy model", {"width": 64, "depth": 3, "batch": 512, "steps": 700}),),
    )
)
