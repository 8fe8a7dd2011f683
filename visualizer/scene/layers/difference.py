"""Particles minus p."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "difference",
        plane=InPicture(17, "Particles − p", "The particles' density minus pₜ: too many red, too few indigo"),
        needs=Need.DENSITY,
    )
)
