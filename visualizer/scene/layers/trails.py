"""Where particles have been."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind("trails", ink="particles", plane=InPicture(15, "Trails", "The last 60 steps of 64 particles", key=6))
)
