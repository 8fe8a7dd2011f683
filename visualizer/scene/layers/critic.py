"""What the discriminator of a GAN says."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "critic",
        ink="learned",
        plane=InPicture(
            5.8,
            "Discriminator",
            "D of a GAN: green where it says data, violet where it says drawn; D = ½ as a line, and dashed the best "
            "there is, D* = p/(p + q); arrows say where draws are pulled",
        ),
        line=InPicture(
            8.5,
            "Discriminator",
            "2 D − 1 of a GAN beside the score: +1 says data, −1 says drawn; dashed the best, (p − q)/(p + q)",
        ),
        wanted_with=Need.NETWORK,
    )
)
