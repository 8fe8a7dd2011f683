"""Particles by mode."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "responsibilities",
        plane=InPicture(16, "Responsibilities", "Each particle in the colour of its component, or of its mode", key=9),
        needs=Need.DENSITY,
    )
)
