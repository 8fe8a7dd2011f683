"""Which wells are hard to reach from which."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "reach",
        plane=InPicture(
            3.05,
            "Wells by reach",
            "The two slowest modes of Langevin as hue: wells of like hue are reached from each other soon, others late",
        ),
        needs=Need.DENSITY,
    )
)
