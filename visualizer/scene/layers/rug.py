"""A few particles as ticks."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind("rug", ink="particles", line=InPicture(8, "Rug", "A tick for each of 400 particles", on=True, key=5))
)
