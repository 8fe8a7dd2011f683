"""ONNX files of others: what they say of themselves, what they may hold, and how they are asked.

Nothing in such a file is Python, and what it may do is bounded. Read `foreign.py` first.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Within

from visualizer.learning.prediction import Prediction
from visualizer.learning.weights import NetError

if TYPE_CHECKING:
    import onnx
    import onnxruntime

Array = NDArray[np.float32]
#: Operators of a file from others, at most.
MAX_NODES = 20_000
#: Functions within each other, at most.
_DEEPEST = 50
#: Bytes that a run of it may take.
_MAX_MEMORY = 1 << 30
_STANDARD = ("", "ai.onnx")
#: Operators that can go on for ever, or hold text.
_REFUSED = ("Loop", "Scan", "SequenceMap", "StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch")
META = "visualizer"


class Sidecar(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    prediction: Prediction
    process: dict[str, str | float]
    #: which way its time runs: that of flow matching is often 0 at the noise
    time: Literal["data-to-noise", "noise-to-data"] | None = None
    #: how many steps its whole time has, where it counts them
    steps: Annotated[int, Within(ge=1, le=1_000_000)] | None = None
    #: which output is the prediction, where there are several; else the first
    output: str | None = None
    t_min: Annotated[float, Within(ge=0)] = 0.0
    t_max: Annotated[float, Within(gt=0)] | None = None


@dataclass(frozen=True)
class Plugs:
    """How a file is asked: the names of its inputs and its output, their types, and how it counts time.

    Attributes:
        x, t, output: names.
        x_type, t_type: of NumPy.
        column: whether times are (N, 1).
        backward: whether its time is t_max less ours: its data are at t_max.
        steps: its whole time in steps; None where it is asked at times as they are.
    """

    x: str
    t: str
    output: str
    x_type: str
    t_type: str
    column: bool
    backward: bool
    steps: int | None


def parsed(model: bytes) -> onnx.ModelProto:
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


def refuse_what_is_not_needed(proto: onnx.ModelProto) -> None:
    if any(t.data_location == 1 or t.external_data for t in _tensors(proto)):
        raise NetError("its weights lie in other files. Export it again with the weights inside (external_data=False).")
    local = {(f.domain, f.name) for f in proto.functions}
    nodes = [*_nodes(proto.graph), *(n for f in proto.functions for n in _nodes(f))]
    if len(nodes) > MAX_NODES or _inlined(proto) > MAX_NODES:
        raise NetError(f"with its functions put in it has too many operators; expected at most {MAX_NODES:,}.")
    for node in nodes:
        if node.domain not in _STANDARD and (node.domain, node.op_type) not in local:
            raise NetError(
                f"it uses the operator {node.domain}.{node.op_type}. Export it with standard operators only."
            )
        if node.op_type in _REFUSED:
            raise NetError(f"it uses {node.op_type}, which a score network need not. Export it unrolled.")


def _inlined(proto: onnx.ModelProto) -> float:
    """How many operators there are once functions are put in where they are called; infinite where one calls itself."""
    functions = {(f.domain, f.name): f for f in proto.functions}
    known: dict[tuple[str, str], float] = {}

    def count(graph: Any, within: frozenset[tuple[str, str]]) -> float:
        total = 0.0
        for node in _nodes(graph):
            key = (node.domain, node.op_type)
            if key in within or len(within) > _DEEPEST:
                return math.inf
            if key in functions and key not in known:
                known[key] = count(functions[key], within | {key})
            total += known.get(key, 1.0)
        return total

    return count(proto.graph, frozenset())


def told_by(text: str) -> Sidecar:
    try:
        return Sidecar.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise NetError(f"what it says of itself is not TOML: {error}.") from None
    except RecursionError:
        raise NetError("what it says of itself is not TOML: tables lie too deep in each other.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise NetError(f"what it says of itself is at fault: {where}: {first['msg']}.") from None
    except ValueError:  # a number of thousands of digits
        raise NetError("what it says of itself is at fault: a number in it is too large.") from None


#: The types that x and t may have, by ONNX' numbers.
_X_TYPES = {1: "float32", 11: "float64"}
_T_TYPES = {**_X_TYPES, 6: "int32", 7: "int64"}
#: Steps of the whole time where a network counts them and does not say how many: those of DDPM (Ho et al. 2020).
_DDPM_STEPS = 1000
_EXPECTED = "expected inputs x (N, d) and t (N,) or (N, 1), and an output (N, d)"
_WRAP = "Wrap it so that it has them (manual, Foreign networks)."


def plugs_of(proto: onnx.ModelProto, told: Sidecar) -> tuple[int, Plugs]:
    """d, and how the network is asked, from the declared inputs and outputs."""
    weights = {i.name for i in proto.graph.initializer}
    inputs = [i for i in proto.graph.input if i.name not in weights]
    found = ", ".join(f"{i.name} {_shape(i)}" for i in inputs) or "none"
    if len(inputs) != 2:
        raise NetError(f"{_EXPECTED}; found the inputs {found}. {_WRAP}")
    named = "x" in (i.name for i in inputs)  # else the first with two sizes
    x, t = sorted(inputs, key=lambda i: i.name != "x" if named else not _is_x(i))
    kinds = (x.type.tensor_type.elem_type, t.type.tensor_type.elem_type)
    if not _is_x(x) or len(_sizes(t)) not in (1, 2) or kinds[0] not in _X_TYPES or kinds[1] not in _T_TYPES:
        raise NetError(f"{_EXPECTED}, of float32 or float64, times also whole steps; found {found}. {_WRAP}")
    d = _sizes(x)[1]
    if d not in (1, 2):
        raise NetError(
            f"expected a network in one or two dimensions, with the second size of x fixed; found {d or 'none'}."
        )
    if _sizes(x)[0] or _sizes(t)[0]:
        raise NetError("it takes a fixed number of places. Export it again with the first size dynamic.")
    outputs = [o for o in proto.graph.output if told.output in (None, o.name)]
    if not outputs or len(_sizes(outputs[0])) != 2 or outputs[0].type.tensor_type.elem_type not in _X_TYPES:
        there = ", ".join(f"{o.name} {_shape(o)}" for o in proto.graph.output)
        raise NetError(f"{_EXPECTED}; found {there}. Say in the TOML file which it is: output = the name.")
    steps = told.steps or (_DDPM_STEPS if kinds[1] in (6, 7) else None)
    types = _X_TYPES[kinds[0]], _T_TYPES[kinds[1]]
    column, backward = len(_sizes(t)) == 2, told.time == "noise-to-data"
    return int(d), Plugs(x.name, t.name, outputs[0].name, *types, column, backward, steps)


def _sizes(value: Any) -> list[int]:
    """The declared sizes; 0 where one is free."""
    return [int(dim.dim_value) for dim in value.type.tensor_type.shape.dim]


def _shape(value: Any) -> str:
    return "(" + ", ".join(str(n) if n else "N" for n in _sizes(value)) + ")"


def _is_x(value: Any) -> bool:
    return len(_sizes(value)) == 2


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


class Asked:
    """A file as a function: x (N, d) float32 and our time → its prediction (N, d) float32, in our direction of time."""

    def __init__(self, model: bytes, plugs: Plugs, t_max: float, *, velocity: bool) -> None:
        self._plugs, self._t_max, self._velocity = plugs, t_max, velocity
        self._session = _session(model)

    def __call__(self, x: Array, t: float, limits: Any = None) -> Array:
        plugs = self._plugs
        own = self._t_max - t if plugs.backward else t
        if plugs.steps is not None:
            own = own / self._t_max * plugs.steps
        times = np.full((len(x), 1) if plugs.column else len(x), own)
        if plugs.t_type.startswith("int"):
            times = np.rint(times)
        feed = {plugs.x: x.astype(plugs.x_type, copy=False), plugs.t: times.astype(plugs.t_type)}
        try:
            out: Array = self._session.run([plugs.output], feed, limits)[0]
        except Exception as error:  # onnxruntime has classes of its own for each of its codes
            if limits is not None:
                raise  # a probe knows what it asked for
            said = f"the network cannot be run on {len(x):,} places: it takes too much memory, or its shapes do not fit"
            raise NetError(f"{said}. Use fewer particles, or another network.") from error
        # A velocity is dx/dt: where time runs the other way it has the other sign.
        return -out if plugs.backward and self._velocity else out
