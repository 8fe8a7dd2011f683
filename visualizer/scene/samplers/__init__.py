"""[sampler]: what moves the particles. One file for each kind.

To add a sampler: write a file here, `my_sampler.py`, with a class below `LevelSampler` or `TimeSampler` that has its
`kind`, `title`, `equation` and the controls of its numbers; and a file of the same name in `visualizer/samplers/` with
`build`, which makes the sampler from the same numbers. Nothing else names it: lists, forms, equations, undo, files and
exports ask the class.
"""

from visualizer.scene.samplers.base import SAMPLERS, AnySampler, SamplerPart

__all__ = ["SAMPLERS", "AnySampler", "SamplerPart"]
