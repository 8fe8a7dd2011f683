"""The target's own denoiser, beside a network's."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "exact-denoiser",
        ink="noise",
        plane=InPicture(10, "Exact denoiser arrows", "The target's own x → D(x), beside the network's"),
        needs=Need.DENSITY,
        wanted_with=Need.NETWORK,
    )
)
