"""A normalizing flow."""

from visualizer.scene.networks.base import NATS, NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "flow",
        "Normalizing flow",
        ("likelihood", "reverse-kl"),
        frozenset({"flow", "transforms", "bins", "width", "depth"}),
        order=4,
        error=NATS,
        shown_every=50,
        shows=("law", "lattice"),
        suits={"width": 64, "depth": 2, "batch": 512, "steps": 1500},
        quick=(("Normalizing flow", {"steps": 300}),),
    )
)
