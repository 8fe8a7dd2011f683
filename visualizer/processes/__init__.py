"""Noise processes x_t = α(t) x_0 + σ(t) ε, by name. One file for each; the scene's half has the same file name.

This room imports only `visualizer.register`. `base.Process` says what every process has; read it first.
"""

from visualizer.processes.base import PROCESSES, Process, Time

__all__ = ["PROCESSES", "Process", "Time", "process"]


def process(kind: str, **parameters: float) -> Process:
    """The process of that name, for example `process("vp-cosine")`.

    Args:
        kind: one of `PROCESSES`.
        parameters: what the process has: t_max (ve, brownian, ou), delta, sigma_min, sigma_max,
            beta_min, beta_max, s.

    Raises:
        ValueError: an unknown name, a parameter the process does not have, a value out of range.

    >>> q = process("vp-trigonometric")
    >>> q.alpha(0.6), q.sigma(0.6)
    (0.8, 0.6)
    """
    made = PROCESSES[kind]
    try:
        return made(**parameters)
    except TypeError:
        known = ", ".join(made.__dataclass_fields__)
        raise ValueError(f"the process {kind!r} has the parameters {known}, not {', '.join(parameters)}") from None
