"""The score as arrows."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind(
        "arrows",
        ink="score",
        follows=True,
        plane=InPicture(9, "Score arrows", "∇log pₜ on a grid; of a network or under guidance in green", key=4),
    )
)
