"""A flow from one law to another."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "interpolant",
        "Flow between two laws",
        ("flow-matching",),
        frozenset({"source", "width", "depth"}),
        order=9.5,
        error="W₂ of what it draws",
        suits={"width": 96, "depth": 3, "batch": 512, "steps": 3000},
        draws=True,
    )
)
