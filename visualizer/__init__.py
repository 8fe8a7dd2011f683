"""Densities, score fields and the samplers that move through them."""

__version__ = "0.1.0"
