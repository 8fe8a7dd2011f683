"""The target's own score, beside a network's."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "exact-arrows",
        ink="score",
        plane=InPicture(
            8, "Exact score arrows", "The target's own ∇log pₜ, beside that of the network that is followed"
        ),
        needs=Need.DENSITY,
        wanted_with=Need.NETWORK,
    )
)
