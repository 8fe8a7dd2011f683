"""[sampler]: what moves the particles. One file for each kind.

To add a sampler: write a file here, `my_sampler.py`, with a class below `LevelSampler` or `TimeSampler` that has its
`kind`, `title`, `equation` and the controls of its numbers; and a file of the same name in `visualizer/samplers/` with
`build`, which makes the sampler from the same numbers. Nothing else names it: lists, forms, equations, undo, files and
exports ask the class. What a class may say besides, with what holds where it says nothing, stands in
`base.SamplerPart`: `needs_log_prob`, `langevin_time`, `warning`, `diverged`, `words`, `max_count`. Before you commit
it, see "Before a new kind is committed" in `resources/manual/extending.md`.
"""

from visualizer.scene.samplers.base import SAMPLERS, AnySampler, SamplerPart

__all__ = ["SAMPLERS", "AnySampler", "SamplerPart"]
