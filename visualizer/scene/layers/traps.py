"""The slowest mode of Langevin."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "traps",
        ink="noise",
        plane=InPicture(
            3, "Traps", "The slowest mode of Langevin, relaxation time 1/λ₂: teal and red are the two traps it parts"
        ),
        line=InPicture(
            4,
            "Traps",
            "The slowest mode of Langevin, relaxation time 1/λ₂: under pₜ its two signs, teal and red, "
            "beside the score the eigenfunction itself",
        ),
        needs=Need.DENSITY,
    )
)
