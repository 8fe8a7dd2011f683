"""A stack of denoisers, one for each range of noise levels."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "stack",
        "Stack of denoisers",
        ("denoising",),
        frozenset({"levels", "untrained", "width", "depth"}),
        order=2.5,
        has_log_prob=False,
        suits={"width": 64, "depth": 2, "steps": 3000},
        quick=(("Stack of denoisers", {"width": 32, "batch": 512, "steps": 1200}),),
    )
)
