"""The process that parses: reads requests from its standard input, writes answers to its standard output.

A request is a line of JSON: the address of a function, its arguments, and the bounds. An answer is a line of JSON, then
the bytes of the arrays in it. Only functions of the program's own are called.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import IO, Any

import numpy as np

_OURS = "visualizer."


def main() -> None:
    """Answers until nobody asks any more."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    while line := requests.readline():
        answer, arrays = _answer(json.loads(line))
        answers.write(json.dumps(answer).encode() + b"\n")
        for array in arrays:
            answers.write(memoryview(array).cast("B"))  # type: ignore[arg-type]  # an array is a buffer
        answers.flush()


def bring(function: str) -> None:
    """Imports what a function needs: whoever has this answered knows that the process has begun."""
    import_module(function.partition(":")[0])


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], list[np.ndarray[Any, Any]]]:
    arrays: list[np.ndarray[Any, Any]] = []
    try:
        _bound(request["memory"], request["seconds"])
        module, _, name = request["function"].partition(":")
        if not module.startswith(_OURS):
            raise ValueError("a function of the program's own was expected")
        found = getattr(import_module(module), name)(*request["arguments"])
        return {"value": _without_arrays(found, arrays)}, arrays
    except ValueError as error:
        return {"refused": str(error)}, []
    except MemoryError:
        return {"refused": "this takes more memory than there is for it"}, []
    except OSError as error:
        return {"refused": f"cannot be read: {error.strerror or error}"}, []
    except Exception as error:  # whatever parsers stumble over in the files of others
        return {"stumbled": f"{type(error).__name__}: {error}"[:2000]}, []


def _bound(memory: int, seconds: float) -> None:
    """From now on at most so many bytes of memory, and so many seconds of CPU time."""
    if sys.platform == "win32":
        return  # there the client's patience bounds it
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 1, resource.RLIM_INFINITY))


def _without_arrays(value: Any, arrays: list[np.ndarray[Any, Any]]) -> Any:
    """The value with arrays told by their types and shapes."""
    if isinstance(value, np.ndarray):
        arrays.append(np.ascontiguousarray(value))
        return {"array": [value.dtype.str, list(value.shape)]}
    if isinstance(value, dict):
        return {"table": [[key, _without_arrays(v, arrays)] for key, v in value.items()]}
    if isinstance(value, list | tuple):
        return {"list": [_without_arrays(v, arrays) for v in value]}
    return value


def read_value(told: Any, answers: IO[bytes], most: int) -> Any:
    """In the client: the value again. `most` bounds the bytes of an array.

    Raises:
        ValueError: that is no answer.
    """
    if not isinstance(told, dict):
        return told
    ((kind, content),) = told.items()
    if kind == "table":
        return {str(key): read_value(value, answers, most) for key, value in content}
    if kind == "list":
        return [read_value(value, answers, most) for value in content]
    dtype, shape = np.dtype(content[0]), tuple(int(n) for n in content[1])
    if dtype.kind not in "fiubUS" or any(n < 0 for n in shape):
        raise ValueError("no array that may come")
    size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    if size > most:
        raise ValueError("an array that is too large")
    data = answers.read(size)
    if len(data) < size:
        raise ValueError("the answer ends too early")
    return np.frombuffer(data, dtype).reshape(shape)


if __name__ == "__main__":
    main()
