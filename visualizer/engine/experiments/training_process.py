"""Training in a process of its own: beside a window two threads of one interpreter would halve each other's speed.

The child reads scenes from its standard input and writes one message for each state; the parent reads them when it
wants to go on. What is not read holds the child up, so a pause needs nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import IO

import numpy as np

from visualizer.engine.experiments.archive import lessons
from visualizer.engine.experiments.fine import little_noise
from visualizer.engine.experiments.training import Training, training
from visualizer.engine.findings.learning import Learning
from visualizer.engine.host.birth import die_with_parent
from visualizer.engine.run.shelf import Shelf
from visualizer.learning import from_bytes, to_bytes
from visualizer.scene.files import dump_scene, parse_scene
from visualizer.scene.model import Scene
from visualizer.scene.networks import NETWORKS

_LENGTH = 8
#: What stands for a scene where digits are learned.
_DIGITS = b"digits"


def training_on(scene: Scene, shelf: Shelf) -> Iterator[Learning]:
    """Trains as the scene says, in another process, and puts every state of the network on the shelf."""
    name = shelf.begin()
    for state in training_beside(scene):
        _ = state.net.law  # worked out here, where no picture waits for it
        shelf.add(name, state.step, state.net, lasting=state.kept)
        yield Learning(name, state.step, state.steps, state.losses, state.errors, state.floor)


def training_beside(scene: Scene) -> Iterator[Training]:
    """The states of `training`, made in another process, which ends with this generator.

    Raises:
        ValueError, RuntimeError: as `Trainer.train`.
    """
    with closing(Trainer()) as trainer:
        yield from trainer.train(scene)


class Trainer:
    """A process that trains one scene after another; starting one takes some seconds. `close` ends it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "visualizer.engine.experiments.training_process", str(os.getpid())]
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)

    def train(self, scene: Scene | None) -> Iterator[Training]:
        """The states of a training, of handwritten digits where there is no scene.

        It is to be read to its end before another begins; who stops closes the trainer.

        Raises:
            ValueError: the training cannot be done, or has left the finite numbers; the message says what to do.
            RuntimeError: the process ended before its work was done.
        """
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        _write(child.stdin, _DIGITS if scene is None else dump_scene(scene).encode())
        child.stdin.flush()
        done = False
        while not done:
            header = json.loads(_read(child.stdout) or b'{"ended": true}')
            if "refused" in header:
                raise ValueError(header["refused"])
            if "ended" in header:
                raise RuntimeError(f"The training stopped unexpectedly: {child.stderr.read().decode()[-500:]}")
            losses = np.frombuffer(_read(child.stdout), np.float32)
            errors = tuple((int(s), float(e)) for s, e in header["errors"])
            net = from_bytes(_read(child.stdout))
            yield Training(header["step"], header["steps"], losses, errors, net, header["kept"], header["floor"])
            done = header["step"] == header["steps"]

    def close(self) -> None:
        """Ends the process, wherever it is."""
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            assert stream is not None
            with suppress(OSError):  # what was not sent yet has nobody to go to
                stream.close()


def _read(stream: IO[bytes]) -> bytes:
    """One part of a message; empty where the stream has ended."""
    length = stream.read(_LENGTH)
    return stream.read(int.from_bytes(length, "little")) if len(length) == _LENGTH else b""


def _write(stream: IO[bytes], part: bytes) -> None:
    stream.write(len(part).to_bytes(_LENGTH, "little") + part)


def main() -> None:
    """The child."""
    import torch

    die_with_parent(int(sys.argv[1]))
    out = sys.stdout.buffer
    while text := _read(sys.stdin.buffer):
        try:
            # Digits are learned while nothing else plays; beside a picture the other core is the window's.
            torch.set_num_threads(2 if text == _DIGITS else 1)
            if text == _DIGITS:
                _tell(lessons(), out)
            else:
                scene = parse_scene(text.decode())
                with little_noise(scene):
                    _tell(training(scene, NETWORKS[scene.training.network].shown_every), out)
        except ValueError as error:
            _write(out, json.dumps({"refused": str(error)}).encode())
            out.flush()


def _tell(states: Iterator[Training], out: IO[bytes]) -> None:
    for state in states:
        if not all(bool(v.isfinite().all()) for v in state.net.weights.values()):
            raise ValueError("The training has left the finite numbers. Choose a smaller learning rate.")
        header = {name: getattr(state, name) for name in ("step", "steps", "errors", "kept", "floor")}
        _write(out, json.dumps(header).encode())
        _write(out, state.losses.tobytes())
        _write(out, to_bytes(state.net))
        out.flush()


if __name__ == "__main__":
    main()
