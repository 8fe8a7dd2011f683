"""Where the exact triangular map carries latents."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "rosenblatt",
        plane=InPicture(
            6.15,
            "Exact triangular map",
            "Where the map of Knothe and Rosenblatt carries the lattice of z: one coordinate, then the other, exactly",
        ),
        needs=Need.DENSITY,
        wanted_with=Need.NETWORK,
    )
)
