"""Paths of particles through time."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "paths",
        ink="particles",
        line=InPicture(10, "Paths in the river", "64 particles followed through time", on=True, key=6),
        needs=Need.RIVER,
    )
)
