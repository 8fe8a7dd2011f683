"""A device that is not there: runs the engine's GPU code paths on a CPU, and is as strict as a GPU is.

Tensors of the pretended device are wrappers around CPU tensors. They say that they live on cuda:0 (or mps:0), so that
the program takes the branches it takes on a GPU, and every operation on them

* raises where a GPU would: operands on two devices, a generator of another device, `.numpy()` of a device tensor,
  on MPS everything in float64;
* is counted: kernels it would launch (`launches`), moments at which the host would wait (`waits`), bytes that would
  cross the bus (`copies`) and bytes that kernels would read and write (`traffic`), each by the line that asked.

Numbers are computed by the CPU's kernels, so results can be held against those of a plain CPU run.

    with Pretend("cuda") as gpu:                     # or "mps"
        sim = Simulation(scene, "cuda")              # pick_device says yes within the block
        with gpu.counted() as cost:
            sim.advance()
    print(cost)

Not seen: what only real kernels do (races, non-determinism, memory limits, index errors in device code), operators a
backend lacks (see `missing_operators`, which reads that from torch's own table), code in other threads.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

_WIDE = (torch.float64, torch.complex128)
#: Operations on device tensors that make the host wait, and how often. (CUDA; checked against ATen's sources.)
_WAITS = {
    "_local_scalar_dense": 1, "nonzero": 1, "masked_select": 1, "bincount": 2, "unique2": 1, "_unique2": 1, "equal": 1,
    "linalg_inv_ex": 0, "linalg_solve_ex": 0, "_linalg_check_errors": 1, "linalg_eigh": 1, "_linalg_eigh": 1,
}  # fmt: skip
#: Kernels of operations that take more than one; views take none.
_KERNELS = {
    "bincount": 5, "nonzero": 4, "sort": 3, "median": 4, "logsumexp": 5, "linalg_inv_ex": 6, "_linalg_slogdet": 6,
    "linalg_vector_norm": 1, "empty": 0, "empty_like": 0, "empty_strided": 0, "new_empty": 0, "new_empty_strided": 0,
    "_local_scalar_dense": 0, "_linalg_check_errors": 2, "is_same_size": 0, "lift_fresh": 0, "_pdist_forward": 1,
}  # fmt: skip
#: In place or into `out`, without reading what was there.
_WRITERS = {"normal_", "uniform_", "zero_", "fill_", "copy_", "random_", "exponential_"}


class WrongDevice(RuntimeError):
    """What a GPU would have refused."""


@dataclass
class Cost:
    """What was asked of the device, by operation and by the line of the program that asked."""

    launches: Counter[str] = field(default_factory=Counter)
    launch_lines: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    traffic: Counter[str] = field(default_factory=Counter)
    operators: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        to = {w: sum(n for k, n in self.copies.items() if k.startswith(w)) for w in ("to host", "to device")}
        return (
            f"{sum(self.launches.values())} launches, {sum(self.waits.values())} waits, "
            f"{to['to host'] / 1e6:.3f} MB to the host, {to['to device'] / 1e6:.3f} MB to the device, "
            f"{sum(self.traffic.values()) / 1e6:.1f} MB of memory traffic"
        )


@functools.cache
def _place(name: str) -> tuple[bool, str]:
    """Whether a file is the program's, and what it is called here; nothing for torch and this file."""
    if name == __file__ or "/torch/" in name or "importlib" in name:
        return False, ""
    parts = Path(name).parts
    if "visualizer" not in parts:
        return False, parts[-1]
    return True, "/".join(parts[len(parts) - parts[::-1].index("visualizer") :])


def _line() -> str:
    """The innermost line of the program on the stack."""
    frame, fallback = sys._getframe(1), ""
    while frame is not None:
        ours, name = _place(frame.f_code.co_filename)
        if ours:
            return f"{name}:{frame.f_lineno}"
        fallback = fallback or (name and f"{name}:{frame.f_lineno}")
        frame = frame.f_back  # type: ignore[assignment]
    return fallback or "elsewhere"


class Pretend(TorchFunctionMode):
    """Within the block `kind` is a device; see above."""

    #: the one that is in force
    current: Pretend | None = None

    def __init__(self, kind: str = "cuda", kernels: object = None) -> None:
        super().__init__()
        self.kind, self.device = kind, torch.device(kind, 0)
        self.cost, self.counting = Cost(), False
        self._kernels = kernels
        #: copies into pinned memory that nobody has waited for, (number, what does them)
        self.under_way: list[tuple[int, Callable[[], object]]] = []
        self.queued = 0
        #: where the pinned memory that was asked for lies
        self.pinned: set[int] = set()
        self._patches = contextlib.ExitStack()

    def __enter__(self) -> Pretend:
        assert Pretend.current is None, "one at a time"
        Pretend.current = self
        for target, new in (
            ("visualizer.fused.launching._kernels", lambda _: self._kernels),
            ("torch.Generator", DeviceGenerator),
            ("torch.cuda.Event", Event),
            ("torch._has_compatible_shallow_copy_type", lambda a, b: type(a) is type(b)),  # modules take our parameters
            (f"torch.{'cuda' if self.kind == 'cuda' else 'backends.mps'}.is_available", lambda: True),
        ):
            self._patches.enter_context(mock.patch(target, new))
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._patches.close()
        Pretend.current = None
        for cached in _caches():  # they hold tensors of a device that is gone
            cached.cache_clear()

    @contextlib.contextmanager
    def counted(self) -> Iterator[Cost]:
        """What is asked of the device within a block."""
        outer, self.cost, self.counting = self.cost, Cost(), True
        try:
            yield self.cost
        finally:
            self.cost, self.counting = outer, False

    def is_ours(self, device: Any) -> bool:
        """Whether that is the device that is pretended."""
        return device is not None and torch.device(device).type == self.kind

    def checked(self, x: torch.Tensor) -> torch.Tensor:
        """Of a CPU tensor that is to be on the device: whether it can be."""
        if self.kind == "mps" and x.dtype in _WIDE:
            raise WrongDevice(f"MPS has no {x.dtype} ({_line()})")
        return x

    def copied(self, way: str, x: torch.Tensor) -> None:
        """Notes a copy across the bus: from memory that is not pinned, so the host waits for it."""
        if not self.counting:
            return
        line = _line()
        self.cost.copies[f"{way} {line}"] += x.numel() * x.element_size()
        self.cost.waits[f"copy {way} {line}"] += 1

    def sent(self, x: torch.Tensor) -> None:
        """Notes a copy from pinned memory, for which nobody waits."""
        if self.counting:
            self.cost.copies[f"to device {_line()}"] += x.numel() * x.element_size()

    def queue(self, place: torch.Tensor, x: torch.Tensor) -> None:
        """A copy into pinned memory, which has nothing in it before somebody has waited."""
        if self.counting:
            self.cost.copies[f"to host {_line()}"] += x.numel() * x.element_size()
            if not x.is_contiguous():
                self.cost.launches["contiguous"] += 1
        if place.is_floating_point():
            place.fill_(torch.nan)
        content, self.queued = x.detach().clone(), self.queued + 1
        self.under_way.append((self.queued, lambda: place.copy_(content)))

    def arrive(self, upto: int) -> None:
        """The host waits for what was queued up to a number, unless all of that is there."""
        coming = [copy for number, copy in self.under_way if number <= upto]
        self.under_way = [pair for pair in self.under_way if pair[0] > upto]
        if coming and self.counting:
            self.cost.waits[f"event {_line()}"] += 1
        for copy in coming:
            copy()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _call(self, func, args, kwargs or {})


def _caches() -> list[Any]:
    rooms = [module for name, module in list(sys.modules.items()) if name.startswith("visualizer.")]
    return [v for module in rooms for v in list(vars(module).values()) if hasattr(v, "cache_clear")]


_Generator = torch.Generator


def plain_generator(seed: int) -> torch.Generator:
    """One of the CPU."""
    return _Generator().manual_seed(seed)


class DeviceGenerator(_Generator):
    """A CPU generator that says it lives where it was asked for."""

    def __new__(cls, device: Any = "cpu") -> DeviceGenerator:
        self = super().__new__(cls, "cpu")
        place = torch.device(device)
        self._device = torch.device(place.type, 0) if _now().is_ours(place) else place
        return self

    @property
    def device(self) -> torch.device:
        return self._device


class Event:
    """A place in what was queued."""

    def record(self) -> None:
        self._number = _now().queued

    def synchronize(self) -> None:
        with torch._C.DisableTorchFunction():
            _now().arrive(self._number)


class DeviceTensor(torch.Tensor):
    """A CPU tensor (`inner`) that says it is on the device."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> DeviceTensor:
        self = torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device="cpu",
        )
        self.inner = inner
        return self

    def __init__(self, inner: torch.Tensor) -> None: ...

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return _now().device

    def __repr__(self, *, tensor_contents: object = None) -> str:
        return f"DeviceTensor({tuple(self.shape)}, {self.dtype})"

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _call(_now(), func, args, kwargs or {})

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _dispatch(_now(), func, args, kwargs or {})


def _now() -> Pretend:
    if Pretend.current is None:
        raise WrongDevice("a tensor of the pretended device is used where there is none")
    return Pretend.current


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    if isinstance(values, torch.Tensor):
        yield values
    elif isinstance(values, dict):
        for v in values.values():
            yield from _tensors(v)
    elif isinstance(values, list | tuple):
        for v in values:
            yield from _tensors(v)


_PLAIN = torch._C.DisableTorchFunctionSubclass
_TO = {torch.Tensor.to, torch.Tensor.cpu, torch.Tensor.cuda}
_DEVICE = torch.Tensor.device.__get__  # type: ignore[attr-defined]
_HOST = {torch.Tensor.numpy, torch.Tensor.__array__}


def _call(pretend: Pretend, func: Any, args: Any, kwargs: Any) -> Any:
    """What torch is asked for by name: here devices are chosen, and tensors leave for NumPy."""
    if func in _TO:
        return _to(pretend, func, args, kwargs)
    if func in _HOST and isinstance(args[0], DeviceTensor):
        raise WrongDevice(f"can't convert {pretend.device} device type tensor to numpy ({_line()})")
    if func is torch.Tensor.pin_memory:
        with _PLAIN():
            place = args[0].clone()
        pretend.pinned.add(place.untyped_storage().data_ptr())
        return place
    if func is torch.Tensor.tolist and isinstance(args[0], DeviceTensor):
        pretend.copied("to host", args[0].inner)
        return args[0].inner.tolist()
    if isinstance(args[0] if args else None, DeviceTensor) and func == _DEVICE:
        return pretend.device
    generator = kwargs.get("generator")
    if isinstance(generator, _Generator):
        place = torch.device(kwargs.get("device") or "cpu")
        if isinstance(args[0] if args else None, torch.Tensor):
            place = args[0].device
        if generator.device.type != place.type:
            raise WrongDevice(f"Expected a '{place.type}' generator, found '{generator.device.type}' ({_line()})")
    if kwargs.pop("pin_memory", False):
        with _PLAIN():
            place = func(*args, **kwargs)
        pretend.pinned.add(place.untyped_storage().data_ptr())
        return place
    device = kwargs.get("device")
    if device is not None and not (isinstance(args[0] if args else None, DeviceTensor)) and pretend.is_ours(device):
        name = getattr(func, "__name__", str(func))
        with _PLAIN():
            made = func(*args, **{**kwargs, "device": "cpu"})
        pretend.checked(made)
        if name in ("tensor", "as_tensor"):
            pretend.copied("to device", made)
        elif name != "empty":
            launch(pretend, name, [], [made])
        return DeviceTensor(made)
    if device is not None and isinstance(args[0] if args else None, DeviceTensor):
        if not pretend.is_ours(device):
            raise WrongDevice(f"{func} from {pretend.device} to {device} is not pretended")
        kwargs = {k: v for k, v in kwargs.items() if k != "device"}
    with _PLAIN():
        return func(*args, **kwargs)


def _to(pretend: Pretend, func: Any, args: Any, kwargs: Any) -> Any:
    x, device, dtype = args[0], kwargs.get("device"), kwargs.get("dtype")
    if func is torch.Tensor.cpu:
        device = "cpu"
    elif func is torch.Tensor.cuda:
        device = pretend.device
    for a in (*args[1:], *([kwargs["other"]] if "other" in kwargs else ())):
        if isinstance(a, torch.Tensor):
            device, dtype = a.device, a.dtype
        elif isinstance(a, torch.dtype):
            dtype = a
        elif isinstance(a, torch.device | str):
            device = a
    ours = isinstance(x, DeviceTensor)
    there = ours if device is None else pretend.is_ours(device)
    dtype = dtype or x.dtype
    if ours and there:
        with _PLAIN():
            return x.to(dtype)
    if not ours and not there:
        with _PLAIN():
            return func(*args, **kwargs)
    with _PLAIN(), torch.no_grad():
        if ours:  # copied, then converted; MPS converts while it copies, and cannot make float64
            if pretend.kind == "mps" and dtype != x.dtype and dtype in _WIDE:
                raise WrongDevice(f"MPS cannot copy to {dtype} ({_line()})")
            pretend.copied("to host", x.inner)
            return x.inner.detach().clone().to(dtype)
        made = pretend.checked(x.detach().clone().to(dtype))
        if kwargs.get("non_blocking") and x.untyped_storage().data_ptr() in pretend.pinned:
            pretend.sent(made)
        else:
            pretend.copied("to device", made)
        return DeviceTensor(made)


def _dispatch(pretend: Pretend, func: Any, args: Any, kwargs: Any) -> Any:
    """Every operation on tensors of the device."""
    name = func._schema.name.split("::")[1]
    plain = [t for t in _tensors((args, kwargs)) if not isinstance(t, DeviceTensor)]
    home = name == "copy_" and isinstance(args[1], DeviceTensor) and not isinstance(args[0], DeviceTensor)
    if home and args[0].untyped_storage().data_ptr() in pretend.pinned:
        pretend.queue(args[0], args[1].inner)
        return args[0]
    for t in plain:
        if name == "copy_":
            pretend.copied("to host" if t is args[0] else "to device", t)
        elif name in ("index", "index_put_", "index_put") and t.dtype in (torch.int64, torch.bool, torch.int32):
            pretend.copied("to device", t)  # allowed: an index of the host is copied
        elif not (t.ndim == 0 and (torch.Tag.pointwise in func.tags or name in ("fill_", "where"))):
            raise WrongDevice(
                f"Expected all tensors to be on the same device, but found {pretend.device} and cpu, of shape "
                f"{tuple(t.shape)}: {func} ({_line()})"
            )
    if kwargs.get("device") is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    unwrapped: dict[int, DeviceTensor] = {}

    def unwrap(v: Any) -> Any:
        if isinstance(v, DeviceTensor):
            unwrapped[id(v.inner)] = v
            return v.inner
        return v

    inner_args, inner_kwargs = tree_map(unwrap, args), tree_map(unwrap, kwargs)
    out = func(*inner_args, **inner_kwargs)
    given = [t for t in _tensors((inner_args, inner_kwargs)) if id(t) in unwrapped]
    made = list(_tensors(out))
    launch(pretend, name, given, made, func)

    def wrap(v: Any) -> Any:
        if not isinstance(v, torch.Tensor):
            return v
        return unwrapped[id(v)] if id(v) in unwrapped else DeviceTensor(pretend.checked(v))

    return tree_map(wrap, out)


def launch(pretend: Pretend, name: str, given: list[torch.Tensor], made: list[torch.Tensor], func: Any = None) -> None:
    cost = pretend.cost
    if func is not None:
        cost.operators.add(str(func))
        returns = func._schema.returns
        if returns and all(r.alias_info is not None and not r.alias_info.is_write for r in returns):
            return  # a view
    if not pretend.counting:
        return
    waits = _WAITS.get(name, 0)
    if name in ("index", "index_put_", "index_put"):
        masks = sum(t.dtype == torch.bool for t in given)
        waits += masks
        if masks:
            cost.launches["nonzero"] += 4 * masks
    kernels = _KERNELS.get(name, 1)
    if not waits and not kernels:
        return
    line = _line()
    if waits:
        cost.waits[f"{name} {line}"] += waits
    cost.launches[name] += kernels
    cost.launch_lines[line] += kernels
    written = {id(t) for t in made}
    once = {id(t): t for t in given}
    reads = [t for i, t in once.items() if not (i in written and (name in _WRITERS or _is_out(func)))]
    cost.traffic[line] += sum(_nbytes(t) for t in reads) + sum(_nbytes(t) for t in made)
    if name == "bincount":
        cost.traffic[line] += 2 * sum(_nbytes(t) for t in reads)  # the least and the largest are looked for first


def _is_out(func: Any) -> bool:
    return func is not None and func._overloadname.endswith("out")


def _nbytes(t: torch.Tensor) -> int:
    """Bytes that are really there: what is expanded is read from the cache."""
    n = 1
    for size, stride in zip(t.shape, t.stride(), strict=True):
        n *= size if stride else 1
    return n * t.element_size()


def missing_operators(operators: set[str], backend: str) -> set[str]:
    """Of these operators those that torch's own table has no kernel of for a backend (CUDA or MPS)."""
    kernels = _table()
    general = {"CompositeImplicitAutograd", "CompositeExplicitAutograd", "CompositeExplicitAutogradNonFunctional"}
    missing = set()
    for op in operators:
        name, _, overload = op.removeprefix("aten.").rpartition(".")
        found = kernels.get(name if overload == "default" else f"{name}.{overload}")
        if found is not None and "_for_cpu" not in name and not found & {backend, *general}:
            missing.add(op)
    return missing


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, set[str]]:
    """Of each operator the backends it has kernels for, from the table torch is generated from."""
    import torchgen

    path = Path(torchgen.__file__).parent / "packaged/ATen/native/native_functions.yaml"
    found: dict[str, set[str]] = {}
    delegates: dict[str, str] = {}
    name, dispatch = "", False
    for line in path.read_text().splitlines():
        if line.startswith("- func: "):
            name, dispatch = line.removeprefix("- func: ").split("(")[0], False
            found[name] = set()
        elif line.startswith("  structured_delegate: "):
            delegates[name] = line.split(": ")[1].strip()
        elif line.startswith("  dispatch:"):
            dispatch = True
        elif line.startswith("  ufunc_inner_loop:"):
            found[name] |= {"CPU", "CUDA"}
        elif dispatch and line.startswith("    ") and not line.lstrip().startswith("#"):
            found[name] |= {key.strip() for key in line.split(":")[0].split(",")}
        elif line.startswith("  ") and not line.startswith("    "):
            dispatch = False
    for name, keys in found.items():
        if name in delegates:
            keys |= found[delegates[name]]
        elif not keys:
            keys.add("CompositeImplicitAutograd")
    return found
