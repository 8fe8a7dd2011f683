"""A time-conditioned MLP."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

_SMALL = {"width": 64, "depth": 3, "batch": 512, "steps": 1500}
NETWORKS.add(
    NetworkKind(
        "mlp",
        "MLP over x and t",
        ("denoising", "exact-score-matching", "sliced-score-matching"),
        frozenset({"prediction", "coupling", "labels", "width", "depth"}),
        order=1,
        has_log_prob=False,
        quick=(
            ("Diffusion", {**_SMALL, "prediction": "v"}),
            ("Flow matching", {**_SMALL, "prediction": "velocity"}),
            ("Reflow", {**_SMALL, "prediction": "velocity", "coupling": "reflow", "steps": 1000}),
        ),
    )
)
