"""Equations, and the words that stand beside the picture of a lecture."""
