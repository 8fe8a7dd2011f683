"""Where the score flows together."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind(
        "sinks",
        plane=InPicture(
            2, "Sinks of the score", "∇·s = Δ log pₜ: teal where the score flows together, red where apart"
        ),
    )
)
