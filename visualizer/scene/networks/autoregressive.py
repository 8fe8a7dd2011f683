"""An autoregressive model."""

from visualizer.scene.networks.base import NATS, NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "autoregressive",
        "Autoregressive: p(x) p(y | x)",
        ("likelihood",),
        frozenset({"order", "components", "width", "depth"}),
        order=5,
        error=NATS,
        shown_every=100,
        shows=("law",),
        suits={"width": 64, "depth": 2, "batch": 512, "steps": 3000},
        quick=(("Autoregressive", {"steps": 1200}),),
    )
)
