"""The points of a data set."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "data",
        plane=InPicture(14, "Data", "The points of the data set, in the colour of text", on=True),
        line=InPicture(7, "Data", "The points of the data set, in the colour of text", on=True),
        needs=Need.POINTS,
    )
)
