"""Networks of others, as ONNX, run by onnxruntime: nothing in such a file is Python, and what it may do is bounded.

A network has an input x (N, d), one of times, (N,) or (N, 1), and an output (N, d). Numbers are of float32 or float64,
times may be whole steps. Its metadata entry `visualizer`, or a TOML file beside it, says what it predicts, for which
process, between which times, and in which direction it counts them.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from visualizer.densities import Field
from visualizer.learning.foreign_file import (
    META,
    Asked,
    Plugs,
    Sidecar,
    parsed,
    plugs_of,
    refuse_what_is_not_needed,
    told_by,
)
from visualizer.learning.model import ScoreModel
from visualizer.learning.prediction import Prediction, Rates
from visualizer.learning.score import LearnedScore
from visualizer.learning.weights import NetError, refuse_code
from visualizer.processes import Process, process

if TYPE_CHECKING:
    pass

#: Seconds that a probe of it may take.
_PROBE_SECONDS = 10.0
_CHUNK = 65_536
#: Step of differences, in units of the scale of x_t.
_DIFFERENCE = 1e-2


@dataclass(frozen=True, eq=False)
class ForeignNet(ScoreModel):
    """A network of others that has passed its probe. Equal to itself alone.

    Attributes:
        model: the ONNX file.
        d: its dimension.
        prediction: what it predicts.
        process_kind, process_parameters, t_min, t_max: the process it was trained for, and between which times, counted
            from the data.
        plugs: how it is asked.
    """

    model: bytes
    d: int
    prediction: Prediction
    process_kind: str
    process_parameters: dict[str, float]
    t_min: float
    t_max: float
    plugs: Plugs

    classes: ClassVar[int] = 0
    kind: ClassVar[str] = "foreign"
    has_log_prob: ClassVar[bool] = False

    @property
    def one_level(self) -> None:  # type: ignore[override]  # a file says a range of times
        """It knows a range of levels."""
        return None

    @property
    def process(self) -> Process:
        """The process it was trained for."""
        return process(self.process_kind, **self.process_parameters)

    def asked(self) -> Asked:
        """The file as a function."""
        return Asked(self.model, self.plugs, self.process.t_max, velocity=self.prediction == "velocity")

    @property
    def words(self) -> str:
        """What it is, in a line."""
        return f"ONNX that predicts {self.prediction}, {self.process_kind}, t = {self.t_min:.2g} … {self.t_max:.3g}"

    def field(self, device: torch.device | str = "cpu", label: int | None = None) -> Field:
        """Its score field.

        Raises:
            ValueError: it was told no classes.
        """
        if label is not None:
            raise ValueError("expected a class below 0, which this network knows")
        return ForeignScore(ForeignPredictor(self), self.known_ratios)


def foreign_from_bytes(model: bytes, sidecar: str | None, *, probe: bool = True) -> ForeignNet:
    """The network in an ONNX file.

    Args:
        model: the file.
        sidecar: the TOML file beside it, if there is one; the model's own metadata comes first.
        probe: whether it is run once; not where another process has done so.

    Raises:
        NetError: it is not one, or does what a score network need not; the message says what to do.
    """
    refuse_code(model)
    proto = parsed(model)
    refuse_what_is_not_needed(proto)
    said = next((p.value for p in proto.metadata_props if p.key == META), sidecar)
    if said is None:
        raise NetError(
            "it does not say what it predicts. Put a file of the same name ending in .toml beside it, with prediction, "
            "process, t_min and t_max (manual, Foreign networks)."
        )
    told = told_by(said)
    _refuse_undirected(told)
    d, plugs = plugs_of(proto, told)
    parameters = {k: float(v) for k, v in told.process.items() if k != "kind" and not isinstance(v, str)}
    try:
        q = process(str(told.process.get("kind")), **parameters)
    except ValueError as error:
        raise NetError(f"its process is at fault: {error}.") from None
    t_max = q.t_max if told.t_max is None else told.t_max
    if not told.t_min < t_max <= q.t_max:
        raise NetError(f"its times are at fault: expected t_min below t_max, both within 0…{q.t_max:g}.")
    times = (q.t_max - t_max, q.t_max - told.t_min) if plugs.backward else (told.t_min, t_max)
    net = ForeignNet(model, d, told.prediction, q.kind, parameters, *times, plugs)
    if probe:
        _probe(net)
    return net


def _refuse_undirected(told: Sidecar) -> None:
    if told.prediction == "velocity" and told.time is None:  # either way it would run, and only one is right
        raise NetError(
            "it predicts a velocity, and does not say which way its time runs. Add a line to the TOML file beside it: "
            'time\u00a0=\u00a0"noise-to-data" where its noise is at t = 0, as in most of flow matching, else '
            'time\u00a0=\u00a0"data-to-noise".'
        )


def _probe(net: ForeignNet) -> None:
    """Runs it once, against the clock: shapes and numbers must be what they are said to be."""
    import onnxruntime

    limits, places = onnxruntime.RunOptions(), 64
    clock = threading.Timer(_PROBE_SECONDS, lambda: setattr(limits, "terminate", True))
    clock.start()
    try:
        asked, rng = net.asked(), np.random.default_rng(0)
        for t in (net.t_min, 0.5 * (net.t_min + net.t_max), net.t_max):
            out = asked(rng.normal(size=(places, net.d)).astype(np.float32), t, limits)
            if out.shape != (places, net.d):
                raise NetError(f"it gave {out.shape} for {places} places; expected ({places}, {net.d}).")
            if not np.isfinite(out).all():
                raise NetError(
                    f"it gave numbers that are not finite at t = {t:g}. Set t_min and t_max to where it was trained."
                )
    except NetError:
        raise
    except Exception:  # onnxruntime has classes of its own for each of its codes
        if limits.terminate:
            said = f"its first run took longer than {_PROBE_SECONDS:g} s and was stopped"
            raise NetError(f"{said}. A score network answers in milliseconds.") from None
        said = "it cannot be run: its shapes, types or memory do not fit together"
        raise NetError(f"{said}. Try it with onnxruntime, mend it, and export it again.") from None
    finally:
        clock.cancel()


def time_at(q: Process, alpha: float, sigma: float, low: float, high: float) -> float:
    """The t between low and high with σ(t)/α(t) = σ/α, by bisection; the nearer end where there is none."""
    for _ in range(80):
        middle = 0.5 * (low + high)
        below = q.sigma(middle) * alpha < sigma * q.alpha(middle)
        low, high = (middle, high) if below else (low, middle)
    return 0.5 * (low + high)


class ForeignPredictor:
    """A network of others for columns at any (α, σ): asked at the time of its own process with the same σ/α.

    x at (α, σ) is c times x at (α(t), σ(t)) with one and the same x_0 and ε, c = |(α, σ)|/|(α(t), σ(t))|.
    """

    def __init__(self, net: ForeignNet) -> None:
        self.d, self.prediction = net.d, net.prediction
        self._process, self._span = net.process, (net.t_min, net.t_max)
        self._asked = net.asked()
        self._levels: dict[tuple[float, float], float] = {}

    def time(self, alpha: float, sigma: float) -> float:
        """The t with σ(t)/α(t) = σ/α, by bisection; the nearest the network knows."""
        key = (alpha, sigma)
        if key not in self._levels:
            if len(self._levels) > 64:
                self._levels.clear()
            self._levels[key] = time_at(self._process, alpha, sigma, *self._span)
        return self._levels[key]

    def native(self, alpha: float, sigma: float) -> tuple[float, float]:
        """(α(t), σ(t)) of the time it is asked at."""
        t = self.time(alpha, sigma)
        return self._process.alpha(t), self._process.sigma(t)

    def rates(self, alpha: float, sigma: float) -> tuple[float, float]:
        """(α̇, σ̇) there."""
        t = torch.tensor(self.time(alpha, sigma), dtype=torch.float64)
        with torch.enable_grad():
            t.requires_grad_(True)
            found = [torch.autograd.grad(f(t), t)[0] for f in (self._process.alpha, self._process.sigma)]
        return float(found[0]), float(found[1])

    def __call__(self, x: Tensor, alpha: float, sigma: float) -> Tensor:
        """(d, N) → (d, N), at a native level."""
        rows = x.detach().to("cpu", torch.float32).T.contiguous().numpy()
        t = self.time(alpha, sigma)
        parts = [self._asked(rows[i : i + _CHUNK], t) for i in range(0, len(rows), _CHUNK)]
        out = np.concatenate(parts) if len(parts) != 1 else parts[0]
        return torch.from_numpy(np.ascontiguousarray(out.T, dtype=np.float32)).to(x)


class ForeignScore(LearnedScore):
    """The field of a network of others, asked at its own process's level with the same σ/α."""

    def __init__(self, predictor: ForeignPredictor, ratios: tuple[float, float]) -> None:
        super().__init__(predictor, ratios)
        self._foreign = predictor

    def _ask(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor, float, float]:
        a, s = self._foreign.native(alpha, sigma)
        y = x * (s / sigma)
        return self._foreign(y, a, s), y, a, s

    def _rates(self, alpha: float, sigma: float) -> Rates:
        return self._foreign.rates(alpha, sigma) if self._foreign.prediction == "velocity" else (0.0, 0.0)

    def score_and_divergence(self, x: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """(s_θ, ∇·s_θ), by central differences of a hundredth of the scale of x: (d, N) → (d, N), (N,)."""
        a, s = self.known_level(alpha, sigma)
        h = _DIFFERENCE * math.hypot(a, s)
        divergence = torch.zeros_like(x[0])
        for i in range(self.d):
            shift = torch.zeros(self.d, 1, dtype=x.dtype, device=x.device)
            shift[i] = h
            divergence += (self.score(x + shift, alpha, sigma)[i] - self.score(x - shift, alpha, sigma)[i]) / (2 * h)
        return self.score(x, alpha, sigma), divergence
