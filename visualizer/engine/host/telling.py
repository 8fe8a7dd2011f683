"""What the user is told of an error."""

from __future__ import annotations

import traceback

import torch

from visualizer.densities.grid_source import TooFine
from visualizer.learning import NetError
from visualizer.plugins import PluginError

#: What a network, a density or a plug-in says of itself that it cannot do.
REFUSALS = (NetError, TooFine, PluginError)


def told(error: Exception) -> tuple[str, str]:
    """What is told of an error that nobody has caught: its kind, and a sentence or the whole trace."""
    if isinstance(error, REFUSALS):
        return "refused", sentence(error)
    lacks = _lacks_memory(error)
    return ("memory", lacks) if lacks else ("crash", "".join(traceback.format_exception(error)))


def sentence(error: Exception) -> str:
    """What an error says, as a sentence."""
    said = str(error)
    return said[:1].upper() + said[1:]


def _lacks_memory(error: Exception) -> str:
    """A sentence for an error that says there is no memory left, of Python, NumPy or torch; "" for others."""
    fewer = "Use fewer particles, or Undo what was done last"
    if isinstance(error, torch.OutOfMemoryError):
        return f"The GPU has not enough memory for this scene. {fewer}; `--device cpu` has the memory of the machine."
    if isinstance(error, MemoryError) or "allocate" in str(error) or "out of memory" in str(error):
        return f"There is not enough memory for this scene. {fewer}."
    return ""
