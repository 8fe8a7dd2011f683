"""The density of the particles over time, without particles."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

_TIP = (
    "The density of the particles at every step, by Fokker and Planck's equation on a grid: of Langevin, and of a "
    "reverse SDE, whether exact or along a network"
)
LAYERS.add(
    LayerKind(
        "fokker-planck",
        ink="particles",
        plane=InPicture(6.3, "Fokker–Planck", _TIP),
        line=InPicture(4.6, "Fokker–Planck", _TIP),
        needs=Need.DENSITY,
    )
)
