"""What is done to very many particles, in one pass over them: compiled kernels for the CPU, beside torch.

torch goes over all particles once for every operation, some twenty times a step; past the caches the time goes into
memory. A kernel takes 128 particles at a time through the whole step. Kernels are compiled by numba, once on a machine,
and kept on the disk; torch stays the reference, and what runs wherever there is no numba, no AVX2, a field that is no
mixture, or too few particles to matter. On a GPU Triton makes the kernels of steps, where torch brought it along.

    loading.py    whether there are kernels here, and how they come in
    compiled.py   the kernels: noise.py draws numbers, mixtures.py and proposals.py move particles, grids.py asks
                  tables, pictures.py draws, films.py turns colours for films
    passes.py     a pass over all particles, by one thread or several
    painting.py   pixels and colours, by one thread
    watching.py   what is asked of particles as a step makes them, in the same pass
    on_gpu.py     kernels for a GPU, in Triton; launching.py finds them, proves them there and launches them
    room.py       large blocks of memory that are used again

Which of the two runs depends on the machine and on the number of particles alone: the same scene gives the same run.
Pictures in the window begin without kernels and go on with them once they are there, a last bit apart.
"""

from visualizer.fused.launching import interpolated_on_gpu, launched, launches
from visualizer.fused.loading import kernels, need, ready, warm_up
from visualizer.fused.painting import (
    blended,
    blurred,
    deposit,
    dotted,
    drifted,
    log_counts,
    log_entries,
    log_toned,
    planes,
    toned,
)
from visualizer.fused.passes import (
    ENOUGH,
    Tried,
    at_hand,
    count,
    exchanged,
    finite,
    gaussians,
    hamiltonian,
    interpolated,
    known_or_counted,
    log_prob_and_map,
    moved,
    sloped,
    suits,
    tested,
    underdamped,
    walked,
)
from visualizer.fused.room import ROOM, mapped
from visualizer.fused.watching import Cells, Watch

__all__ = [
    "ENOUGH",
    "ROOM",
    "Cells",
    "Tried",
    "Watch",
    "at_hand",
    "blended",
    "blurred",
    "count",
    "deposit",
    "dotted",
    "drifted",
    "exchanged",
    "finite",
    "gaussians",
    "hamiltonian",
    "interpolated",
    "interpolated_on_gpu",
    "kernels",
    "known_or_counted",
    "launched",
    "launches",
    "log_counts",
    "log_entries",
    "log_prob_and_map",
    "log_toned",
    "mapped",
    "moved",
    "need",
    "planes",
    "ready",
    "sloped",
    "suits",
    "tested",
    "toned",
    "underdamped",
    "walked",
    "warm_up",
]
