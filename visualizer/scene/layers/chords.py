"""Which noise goes with which data, and how straight the flow is."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "chords",
        ink="noise",
        plane=InPicture(
            6.05,
            "Chords",
            "Pairs of noise and data that a velocity is learned from; beside them how straight the flow that is "
            "followed is: S = 0 is straight, and its energy is at least W₂² (process linear)",
        ),
        needs=Need.DENSITY,
    )
)
