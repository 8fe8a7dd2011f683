"""The particles."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind(
        "particles",
        ink="particles",
        plane=InPicture(
            13, "Particles", "The particles; many of them as an image of counts on a log scale", on=True, key=5
        ),
        line=InPicture(6, "Histogram", "The particles' histogram, amber", on=True, key=4),
    )
)
