"""Where a network errs."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "error",
        ink="error",
        plane=InPicture(
            4, "Error of the network", "σ‖s_θ − s‖: transparent where the network is right, opaque red from 1"
        ),
        needs=Need.DENSITY,
        wanted_with=Need.NETWORK,
    )
)
