"""How layers are drawn: one file for each, with a class below `Layer`. The scene's half has the same file name.

A layer is asked for its drawings of a moment, a `Seen`, in the plane or on the line. It answers with drawings of
`visualizer.engine.drawings` and knows nothing of who draws them. What costs time is kept in the cache of what is seen,
under everything it depends on. Read `base.py` first, then a layer that makes the sort of drawing that you want:
`contours.py` lines, `sinks.py` an image, `error.py` an image with a key to its colours, `arrows.py` arrows, `score.py`
a curve, `particles.py` bars, `modes.py` marks.
"""

from visualizer.engine.layers.base import LAYERS, Layer, Seen

__all__ = ["LAYERS", "Layer", "Seen"]
