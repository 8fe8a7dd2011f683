"""Attention over the components of a learnable mixture."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "attention",
        "Attention: a learnable mixture",
        ("denoising",),
        frozenset({"components", "rank"}),
        order=3,
    )
)
