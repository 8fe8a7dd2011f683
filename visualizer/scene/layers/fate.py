"""Where noise ends: basins of fate."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "fate",
        plane=InPicture(
            3.1,
            "Basins of fate",
            "Each place of xₜ in the colour of the mode that the exact ODE takes it to; of a network that jumps to the "
            "data, in green, where its jumps change the mode",
        ),
        needs=Need.DENSITY,
    )
)
