"""The denoiser as arrows."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind(
        "denoiser",
        ink="noise",
        follows=True,
        plane=InPicture(
            11,
            "Denoiser arrows",
            "x → D(x) = E[x_0 | x_t = x], Tweedie's formula; of a network or guided in green",
            key=7,
        ),
    )
)
