"""Frames to files. No Qt."""

from visualizer.export.video import VIDEO_SUFFIXES, VideoWriter

__all__ = ["VIDEO_SUFFIXES", "VideoWriter"]
