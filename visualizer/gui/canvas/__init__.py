"""Pictures on the screen and on paper: a canvas for the plane, one for the line, a view of frequencies.

`drawn.py` gives each sort of drawing of `engine/drawings.py` to the item that draws it: `raster.py` images,
`vectors.py` lines and arrows, `curves.py`, `marks.py`, `key.py`, `text.py`. Handles and brushes turn the mouse into
edited scenes. Read `base.py`, then `drawn.py`. Files are drawn by the same canvases (`gui/offscreen`).
"""
