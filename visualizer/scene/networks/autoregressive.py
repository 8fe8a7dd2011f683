"""An autoregressive model."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "autoregressive",
        "Autoregressive: p(x) p(y | x)",
        ("likelihood",),
        frozenset({"order", "components", "width", "depth"}),
        order=5,
        suits={"width": 64, "depth": 2, "batch": 512, "steps": 3000},
    )
)
