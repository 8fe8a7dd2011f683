"""The score as flow."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind(
        "flow",
        ink="score",
        follows=True,
        plane=InPicture(7, "Score flow", "Tracers that drift along ∇log pₜ and leave fading trails", on=True, key=3),
    )
)
