"""Equations, titles of pictures, and what stands beside the picture of a lecture.

Read `equations.py`, then `billboard.py`.
"""
