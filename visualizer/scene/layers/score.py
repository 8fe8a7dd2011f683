"""The score on the line."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(LayerKind("score", ink="score", follows=True, line=InPicture(5, "Score", "∇log pₜ(x)", on=True, key=3)))
