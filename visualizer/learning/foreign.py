"""Networks of others, as ONNX, run by onnxruntime: nothing in such a file is Python, and what it may do is bounded.

A network has inputs `x` (N, d) and `t` (N,) and one output (N, d), all float32. Its metadata entry `visualizer`, or a
TOML file beside it, says what it predicts, for which process, and between which times.
"""

from __future__ import annotations

import math
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Within
from torch import Tensor

from visualizer.densities import Field
from visualizer.learning.model import ScoreModel
from visualizer.learning.prediction import Prediction, Rates
from visualizer.learning.score import LearnedScore
from visualizer.learning.weights import NetError, refuse_code
from visualizer.processes import Process, process

if TYPE_CHECKING:
    import onnx
    import onnxruntime

#: Operators of a file from others, at most.
MAX_NODES = 20_000
#: Bytes that a run of it may take.
_MAX_MEMORY = 1 << 30
#: Seconds that a probe of it may take.
_PROBE_SECONDS = 10.0
_STANDARD = ("", "ai.onnx")
#: Operators that can go on for ever, or hold text.
_REFUSED = ("Loop", "Scan", "SequenceMap", "StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch")
_META = "visualizer"
_CHUNK = 65_536
#: Step of differences, in units of the scale of x_t.
_DIFFERENCE = 1e-2


class _Sidecar(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    prediction: Prediction
    process: dict[str, str | float]
    t_min: Annotated[float, Within(ge=0)] = 0.0
    t_max: Annotated[float, Within(gt=0)] | None = None


@dataclass(frozen=True, eq=False)
class ForeignNet(ScoreModel):
    """A network of others that has passed its probe. Equal to itself alone.

    Attributes:
        model: the ONNX file.
        d: its dimension.
        prediction: what it predicts.
        process_kind, process_parameters, t_min, t_max: the process it was trained for, and between which times.
    """

    model: bytes
    d: int
    prediction: Prediction
    process_kind: str
    process_parameters: dict[str, float]
    t_min: float
    t_max: float

    classes: ClassVar[int] = 0
    has_log_prob: ClassVar[bool] = False

    @property
    def one_level(self) -> None:  # type: ignore[override]  # a file says a range of times
        """It knows a range of levels."""
        return None

    @property
    def process(self) -> Process:
        """The process it was trained for."""
        return process(self.process_kind, **self.process_parameters)

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


def foreign_from_bytes(model: bytes, sidecar: str | None) -> ForeignNet:
    """The network in an ONNX file.

    Args:
        model: the file.
        sidecar: the TOML file beside it, if there is one; the model's own metadata comes first.

    Raises:
        NetError: it is not one, or does what a score network need not; the message says what to do.
    """
    refuse_code(model)
    proto = _parsed(model)
    _refuse_what_is_not_needed(proto)
    said = next((p.value for p in proto.metadata_props if p.key == _META), sidecar)
    if said is None:
        raise NetError(
            "it does not say what it predicts. Put a file of the same name ending in .toml beside it, with prediction, "
            "process, t_min and t_max (manual, Foreign networks)."
        )
    told = _told(said)
    d = _dimension(proto)
    parameters = {k: float(v) for k, v in told.process.items() if k != "kind" and not isinstance(v, str)}
    try:
        q = process(str(told.process.get("kind")), **parameters)
    except ValueError as error:
        raise NetError(f"its process is at fault: {error}.") from None
    t_max = q.t_max if told.t_max is None else told.t_max
    if not told.t_min < t_max <= q.t_max:
        raise NetError(f"its times are at fault: expected t_min below t_max, both within 0…{q.t_max:g}.")
    net = ForeignNet(model, d, told.prediction, q.kind, parameters, told.t_min, t_max)
    _probe(net)
    return net


def _parsed(model: bytes) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        proto = onnx.load_model_from_string(model)
    except DecodeError:
        raise NetError("this is not an ONNX file, or not a whole one. Copy or export it again.") from None
    if not proto.graph.node:
        raise NetError("this is not an ONNX file, or an empty one. Copy or export it again.")
    return proto


def _nodes(graph: Any) -> Iterator[Any]:
    """All nodes, those of inner graphs too."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _tensors(proto: onnx.ModelProto) -> Iterator[Any]:
    """All constants, wherever they are."""
    graphs: list[Any] = [proto.graph, *proto.functions]
    while graphs:
        graph = graphs.pop()
        yield from getattr(graph, "initializer", ())
        for sparse in getattr(graph, "sparse_initializer", ()):
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                yield from (attribute.t, *attribute.tensors)
                graphs += [attribute.g, *attribute.graphs]


def _refuse_what_is_not_needed(proto: onnx.ModelProto) -> None:
    if any(t.data_location == 1 or t.external_data for t in _tensors(proto)):
        raise NetError("its weights lie in other files. Export it again with the weights inside (external_data=False).")
    local = {(f.domain, f.name) for f in proto.functions}
    nodes = [*_nodes(proto.graph), *(n for f in proto.functions for n in _nodes(f))]
    if len(nodes) > MAX_NODES:
        raise NetError(f"it has {len(nodes):,} operators; expected at most {MAX_NODES:,}.")
    for node in nodes:
        if node.domain not in _STANDARD and (node.domain, node.op_type) not in local:
            raise NetError(
                f"it uses the operator {node.domain}.{node.op_type}. Export it with standard operators only."
            )
        if node.op_type in _REFUSED:
            raise NetError(f"it uses {node.op_type}, which a score network need not. Export it unrolled.")


def _told(text: str) -> _Sidecar:
    try:
        return _Sidecar.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise NetError(f"what it says of itself is not TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise NetError(f"what it says of itself is at fault: {where}: {first['msg']}.") from None


def _dimension(proto: onnx.ModelProto) -> int:
    """d, from the declared shapes of the inputs x (N, d) and t (N,) and the output (N, d)."""
    weights = {i.name for i in proto.graph.initializer}
    inputs = {i.name: i.type.tensor_type for i in proto.graph.input if i.name not in weights}
    outputs = [o.type.tensor_type for o in proto.graph.output]
    expected = "expected inputs x (N, d) and t (N,) and one output (N, d), all float32"
    if set(inputs) != {"x", "t"} or len(outputs) != 1:
        raise NetError(f"{expected}; found inputs {', '.join(sorted(inputs)) or 'none'} and {len(outputs)} output(s).")
    for tensor, rank in ((inputs["x"], 2), (inputs["t"], 1), (outputs[0], 2)):
        if tensor.elem_type != 1 or len(tensor.shape.dim) != rank:
            raise NetError(f"{expected}. Export it again with these shapes.")
    d = inputs["x"].shape.dim[1].dim_value
    if d not in (1, 2):
        raise NetError(
            f"expected a network in one or two dimensions, with the second size of x fixed; found {d or 'none'}."
        )
    for tensor in (inputs["x"], inputs["t"]):
        if tensor.shape.dim[0].dim_value:
            raise NetError("it takes a fixed number of places. Export it again with the first size dynamic.")
    return int(d)


@lru_cache(maxsize=1)
def _bound_memory() -> None:
    """All sessions share one allocator that refuses to grow beyond the bound."""
    import onnxruntime

    place = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(place, onnxruntime.OrtArenaCfg({"max_mem": _MAX_MEMORY}))


def _session(model: bytes) -> onnxruntime.InferenceSession:
    import onnxruntime

    _bound_memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Folding constants would do a hostile file's work while it is loaded, where no clock can stop it.
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"], disabled_optimizers=["ConstantFolding"]
    )


def _probe(net: ForeignNet) -> None:
    """Runs it once, against the clock: shapes and numbers must be what they are said to be."""
    import onnxruntime

    limits, places = onnxruntime.RunOptions(), 64
    clock = threading.Timer(_PROBE_SECONDS, lambda: setattr(limits, "terminate", True))
    clock.start()
    try:
        session = _session(net.model)
        rng = np.random.default_rng(0)
        for t in (net.t_min, 0.5 * (net.t_min + net.t_max), net.t_max):
            x = rng.normal(size=(places, net.d)).astype(np.float32)
            (out,) = session.run(None, {"x": x, "t": np.full(places, t, np.float32)}, limits)
            if out.shape != (places, net.d) or out.dtype != np.float32:
                raise NetError(
                    f"it gave {out.dtype} {out.shape} for {places} places; expected float32 ({places}, {net.d})."
                )
            if not np.isfinite(out).all():
                raise NetError(
                    f"it gave numbers that are not finite at t = {t:g}. Set t_min and t_max to where it was trained."
                )
    except NetError:
        raise
    except Exception as error:  # onnxruntime has classes of its own for each of its codes
        if limits.terminate:
            said = f"its first run took longer than {_PROBE_SECONDS:g} s and was stopped"
            raise NetError(f"{said}. A score network answers in milliseconds.") from None
        raise NetError(f"it cannot be run: {str(error).splitlines()[0][:300]}.") from None
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
        self._session = _session(net.model)
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
        t = np.full(len(rows), self.time(alpha, sigma), np.float32)
        parts = [
            self._session.run(None, {"x": rows[i : i + _CHUNK], "t": t[i : i + _CHUNK]})[0]
            for i in range(0, len(rows), _CHUNK)
        ]
        out = np.concatenate(parts) if len(parts) != 1 else parts[0]
        return torch.from_numpy(np.ascontiguousarray(out.T)).to(x)


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
