"""Nets on disk: safetensors with everything else as JSON in its metadata. Nothing in such a file can run."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from visualizer.learning.couplings import Coupling
from visualizer.learning.generative import GenerativeNet
from visualizer.learning.net import Net
from visualizer.learning.networks import NETWORKS, Shape
from visualizer.learning.networks.base import Adversarial, Decoder, Encoder, Flow, Order, loaded
from visualizer.learning.prediction import Prediction
from visualizer.processes import process

#: Larger files are refused unread.
MAX_BYTES = 64_000_000
#: The key of our entry in a file's header.
_KEY = "visualizer"
#: The version of that entry.
_VERSION = 1


class NetError(ValueError):
    """A file that is not a net this program can use; the message says why and what to do instead."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


def _known(architecture: str) -> str:
    if architecture not in NETWORKS:
        raise ValueError(f"expected one of {', '.join(NETWORKS)}")
    return architecture


class _Shape(_Strict):
    architecture: Annotated[str, AfterValidator(_known)]
    d: int
    prediction: Prediction
    width: int
    depth: int
    components: int
    rank: int
    scale: float
    classes: int = 0
    latent: int = 0
    transforms: int = 1
    bins: int = 8
    flow: Flow = "spline"
    decoder: Decoder = "mlp"
    order: Order = "xy"
    levels: int = 0
    untrained: int = 0
    encoder: Encoder = "learned"
    critic_width: int = 64
    adversarial: Adversarial = "non-saturating"
    epsilon: float = 1.0
    source: bool = False


class _Metadata(_Strict):
    version: Literal[1]
    shape: _Shape
    process: dict[str, str | float] = {}
    t_min: Annotated[float, Field(ge=0)] = 0.0
    t_max: Annotated[float, Field(gt=0)] = 1.0
    one_level: float | None = None
    coupling: Coupling = "independent"
    made: Annotated[str, Field(max_length=1000)] = ""


#: What a training makes.
Trained = Net | GenerativeNet


def to_bytes(net: Trained) -> bytes:
    """The net as a safetensors file."""
    usual = {name: field.default for name, field in _Shape.model_fields.items()}
    shape = {name: getattr(net.shape, name) for name in usual if getattr(net.shape, name) != usual[name]}
    metadata: dict[str, Any] = {"version": _VERSION, "shape": shape, "made": net.made}
    if isinstance(net, Net):
        process = {"kind": net.process_kind, **net.process_parameters}
        metadata |= {"process": process, "t_min": net.t_min, "t_max": net.t_max, "one_level": net.one_level}
        metadata |= {"coupling": net.coupling} if net.coupling != "independent" else {}
    weights = {name: v.detach().to("cpu", torch.float32).contiguous() for name, v in net.weights.items()}
    return save(weights, {_KEY: json.dumps(metadata)})


def from_bytes(data: bytes) -> Trained:
    """The net in a safetensors file.

    Raises:
        NetError: it is not one, is damaged, is of another program, or does not fit together.
    """
    refuse_code(data)
    try:
        weights = load(data)
        metadata = _read_metadata(data)
        shape = Shape(**metadata.shape.model_dump())
        if any(v.dtype != torch.float32 for v in weights.values()):
            raise ValueError("expected weights in float32")
        loaded(shape, weights)
        net = _net(shape, weights, metadata)
    except SafetensorError as error:
        raise NetError(f"not a whole safetensors file ({error}). Copy or train it again.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise NetError(f"its metadata is at fault: {where}: {first['msg']}. Save it again from this program.") from None
    except ValueError as error:
        raise NetError(f"it does not fit together: {error}. Save it again from this program.") from None
    return net


def _net(shape: Shape, weights: dict[str, Tensor], metadata: _Metadata) -> Trained:
    if NETWORKS[shape.architecture].field is None:
        return GenerativeNet(shape, weights, metadata.made)
    kind, parameters = _process(metadata.process)
    net = Net(
        shape,
        weights,
        kind,
        parameters,
        metadata.t_min,
        metadata.t_max,
        metadata.one_level,
        metadata.made,
        metadata.coupling,
    )
    if not metadata.t_min < metadata.t_max <= net.process.t_max:
        raise ValueError("expected times within those of the process")
    return net


def _read_metadata(data: bytes) -> _Metadata:
    length = int.from_bytes(data[:8], "little")
    header: Any = json.loads(data[8 : 8 + length])
    text = header.get("__metadata__", {}).get(_KEY)
    if not isinstance(text, str):
        raise NetError(
            "it has weights but no word of what they belong to. Export the network to ONNX (manual, Foreign networks)."
        )
    return _Metadata.model_validate_json(text)


def _process(given: dict[str, str | float]) -> tuple[str, dict[str, float]]:
    kind = given.get("kind")
    parameters = {k: float(v) for k, v in given.items() if k != "kind" and not isinstance(v, str)}
    if not isinstance(kind, str) or len(parameters) != len(given) - 1:
        raise ValueError("expected a process with numbers")
    process(kind, **parameters)
    return kind, parameters


def refuse_code(data: bytes) -> None:
    """Refuses what can run code when it is loaded, by how files begin.

    Raises:
        NetError: saying what it is and what to do instead.
    """
    # A safetensors file begins with the length of its header, which may look like anything, and then the header.
    if data[8:9] == b"{" and len(data) <= MAX_BYTES:
        return
    instead = "Loading it could run somebody's code. Export the network to ONNX instead (manual, Foreign networks)."
    if data[:2] == b"PK":
        raise NetError(f"this is a PyTorch archive (.pt, .pth, .pt2, TorchScript). {instead}")
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise NetError(f"this is a pickle. {instead}")
    if data[:4] == b"\x89HDF":
        raise NetError("this is an HDF5 file (Keras). Export the network to ONNX instead (manual, Foreign networks).")
    if len(data) > MAX_BYTES:
        raise NetError(f"expected a file below {MAX_BYTES // 10**6} MB")
