"""Lines of equal density."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need

LAYERS.add(
    LayerKind(
        "contours",
        ink="contour",
        plane=InPicture(
            5, "Contours", "Lines of equal density: p = max p · exp(−r²/2) for r = 0.6, 1.2, …", on=True, key=2
        ),
        needs=Need.DENSITY,
    )
)
