"""A consistency model."""

from visualizer.scene.networks.base import NETWORKS, SLICED, NetworkKind

NETWORKS.add(
    NetworkKind(
        "consistency",
        "Consistency model",
        ("consistency-distillation",),
        frozenset({"width", "depth"}),
        order=8,
        error=SLICED,
        shown_every=100,
        shows=("lattice",),
        suits={"width": 96, "depth": 4, "batch": 512, "steps": 4000},
        draws=True,
        quick=(("Consistency", {"steps": 700}),),
    )
)
