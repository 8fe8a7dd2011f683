"""The density without noise."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "target",
        ink="density",
        line=InPicture(1, "Target p", "The density p_0, dashed", on=True, key=1),
        needs=Need.DENSITY,
    )
)
