"""[layers]: what pictures are made of. One file for each layer.

To add a layer: write a file here, `my_layer.py`, that adds a `LayerKind` with its name, the colour it is drawn in
(`ink`) and, for each dimension, an `InPicture`: place, title and tip; and a file of the same name in
`visualizer/engine/layers/` with a class below `Layer` that draws it, in 2-D, in 1-D, or in both.
Nothing else names it: the card, the scene's files, the window, SVG and PDF ask the registers. Before you commit it, see
"Before a new kind is committed" in `resources/manual/extending.md`.
"""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind, Need, default_layers, layer_keys, layer_names

__all__ = ["LAYERS", "InPicture", "LayerKind", "Need", "default_layers", "layer_keys", "layer_names"]
