"""What guidance aims at."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "tilted",
        ink="noise",
        plane=InPicture(
            6, "Tilted density", "pₜ(x)^(1−w) pₜ(x | y)^w, violet: what guidance aims at at this noise level"
        ),
        line=InPicture(
            3, "Tilted density", "pₜ(x)^(1−w) pₜ(x | y)^w, violet: what guidance aims at at this noise level"
        ),
        needs=Need.DENSITY,
        wanted_with=Need.GUIDANCE,
    )
)
