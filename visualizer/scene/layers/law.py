"""The density of a network whose law is known."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "law",
        ink="learned",
        plane=InPicture(6.2, "Density of the network", "Lines of equal p_θ, the network's own density, in green"),
        line=InPicture(4.5, "Density of the network", "p_θ, the network's own density, in green"),
        wanted_with=Need.NETWORK,
    )
)
