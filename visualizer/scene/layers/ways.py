"""Where particles have come from."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

_TIP = "64 particles from where the run began to now; of a long run the last 4,000 steps"
LAYERS.add(LayerKind("ways", ink="particles", plane=InPicture(14.5, "Whole paths", _TIP)))
