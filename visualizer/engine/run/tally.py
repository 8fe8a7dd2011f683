"""Running totals of what the steps of a run did."""

from __future__ import annotations

import torch

from visualizer.samplers import Info

#: Weight of the last step in running means.
_NEW = 0.05


class Tally:
    """Evaluations up to each step, and running means of acceptance and energy error, kept on the device."""

    def __init__(self, step: int = 0, evaluations: float = 0.0) -> None:
        self._evaluations = [evaluations] * (step + 1)
        self._acceptance: torch.Tensor | None = None
        self._energy: torch.Tensor | None = None
        self._swaps: torch.Tensor | None = None
        self._tries: torch.Tensor | None = None

    def add(self, step: int, info: Info) -> None:
        """Counts the step that led to state number `step`; what was counted after it is of another run."""
        del self._evaluations[step:]
        self._evaluations.append(self._evaluations[-1] + info.evaluations)
        if info.accepted is not None:
            self._acceptance = _mixed(self._acceptance, info.accepted.to(torch.float32).mean())
        if info.energy_error is not None:
            self._energy = _mixed(self._energy, info.energy_error.abs().nan_to_num(posinf=0.0).mean())
        if info.swapped is not None:
            tried = (~info.swapped.isnan()).to(info.swapped.dtype)
            done = info.swapped.nan_to_num()
            self._swaps = done if self._swaps is None else self._swaps + done
            self._tries = tried if self._tries is None else self._tries + tried

    def evaluations(self, step: int) -> float:
        """For each particle up to a step."""
        return self._evaluations[min(step, len(self._evaluations) - 1)]

    def facts(self, step: int) -> dict[str, object]:
        """As the fields of a report at a step."""
        swaps: tuple[float, ...] = ()
        if self._swaps is not None and self._tries is not None:
            swaps = tuple((self._swaps / self._tries.clamp(min=1)).tolist())
        return {
            "evaluations": self.evaluations(step),
            "acceptance": None if self._acceptance is None else float(self._acceptance),
            "energy_error": None if self._energy is None else float(self._energy),
            "swaps": swaps,
        }


def _mixed(old: torch.Tensor | None, new: torch.Tensor) -> torch.Tensor:
    return new if old is None else old + _NEW * (new - old)
