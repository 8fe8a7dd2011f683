"""Where particles have come from."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(LayerKind("ways", plane=InPicture(14.5, "Whole paths", "64 particles from where the run began to now")))
