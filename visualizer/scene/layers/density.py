"""The density."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "density",
        ink="density",
        plane=InPicture(1, "Density pₜ", "pₜ(x) as an image, indigo", on=True, key=1),
        line=InPicture(2, "Density pₜ", "The density at the noise level shown", on=True, key=2),
        needs=Need.DENSITY,
    )
)
