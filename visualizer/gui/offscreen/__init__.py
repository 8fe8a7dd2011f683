"""The same picture drawn off screen, into images, drawings, pages and videos.

`page.py` is a figure with title, caption and equation; `capture.py` makes frames of a run by a fixed clock; `stills.py`
writes PNG, SVG and PDF; `lecture.py` draws a recorded lecture. Read `page.py` first.
"""
