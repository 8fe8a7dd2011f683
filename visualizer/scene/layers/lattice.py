"""Where a network carries its latents."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "lattice",
        ink="learned",
        plane=InPicture(
            6.1, "Lattice of latents", "Where the strokes so far have carried an even lattice of z, |z| ≤ 2.5 an axis"
        ),
        wanted_with=Need.NETWORK,
    )
)
