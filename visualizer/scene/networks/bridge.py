"""A Schrödinger bridge."""

from visualizer.scene.networks.base import NATS, NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "bridge",
        "Schrödinger bridge",
        ("schroedinger-bridge",),
        frozenset({"components", "epsilon", "source"}),
        order=9,
        error=NATS,
        shown_every=100,
        shows=("law",),
        suits={"components": 10, "batch": 512, "steps": 2500, "rate": 0.01},
        draws=True,
        quick=(("Bridge from noise", {"steps": 800}),),
    )
)
