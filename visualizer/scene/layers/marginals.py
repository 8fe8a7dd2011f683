"""The laws of the coordinates."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind(
        "marginals",
        ink="density",
        plane=InPicture(
            19, "Marginals", "Exact marginals and the particles' histograms along the axes", on=True, key=8
        ),
        beside=True,
    )
)
