"""The mean of the particles."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind(
        "middle",
        plane=InPicture(90, "Mean", "Two lines through the mean of the particles"),
        line=InPicture(90, "Mean", "A stroke at the mean of the particles"),
    )
)
