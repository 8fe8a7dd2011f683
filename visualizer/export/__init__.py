"""Frames to files: videos, animations, tables, and the scene that every file remembers. No Qt, no torch.

This room imports the scene's room. `video.py` and `store.py` write frames so that a file is whole or not there;
`remember.py` puts the scene into what was written. Read `video.py` first.
"""

from visualizer.export.video import VIDEO_SUFFIXES, VideoWriter

__all__ = ["VIDEO_SUFFIXES", "VideoWriter"]
