"""A normalizing flow."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "flow",
        "Normalizing flow",
        ("likelihood", "reverse-kl"),
        frozenset({"flow", "transforms", "bins", "width", "depth"}),
        order=4,
        suits={"width": 64, "depth": 2, "batch": 512, "steps": 1500},
    )
)
