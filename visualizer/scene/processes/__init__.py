"""[process]: how noise is added, x_t = α(t) x_0 + σ(t) ε. One file for each kind.

To add a process: write a file here, `my_process.py`, with a class below `ProcessPart` that has its `kind`, `title`,
`formula` and the controls of its numbers; and a file of the same name in `visualizer/processes/` with a class below
`Process` that has α, σ, f (`drift`) and g² (`diffusion2`) and takes the same numbers. Nothing else names it.
"""

from visualizer.scene.processes.base import PROCESSES, AnyProcess, ProcessPart

__all__ = ["PROCESSES", "AnyProcess", "ProcessPart"]
