"""Modes and the borders of their basins."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "modes",
        plane=InPicture(
            18,
            "Modes",
            "The modes by number, and the lines along which their basins meet: from there ẋ = ∇log p falls "
            "to either side",
            on=True,
        ),
        line=InPicture(
            11,
            "Modes",
            "The modes by number, and the lines along which their basins meet: from there ẋ = ∇log p falls "
            "to either side",
            on=True,
        ),
        needs=Need.DENSITY | Need.NO_HANDLES,
    )
)
