"""Files of others, changed at random, through what the window calls: `python -m tests.fuzz --minutes 5`.

Every input must do what it should or be refused by an error that has a sentence (SceneError, ValueError), within seconds.
What does something else is kept in a folder, and named with its seed.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from visualizer.engine.run.net_files import net_in_file
from visualizer.gui.document.images import image_target
from visualizer.scene.columns import parse_text, read_columns
from visualizer.scene.files import read_scene
from visualizer.scene.formula import parse
from visualizer.scene.link import as_link, from_link
from visualizer.scene.paths import data_folder
from visualizer.scene.presets import load_scene
from visualizer.scene.tour import load_scene_or_tour

CASES = Path(__file__).parent / "cases"
#: Seconds that an input may take before it is worth a look.
SLOW = 10.0
#: What is put into texts.
_PIECES = (
    "1e999", "-", "nan", "true", '"', "'", "[", "]]", "{", "}", "=", "\n", "\0", "é", "9" * 400, "a." * 60, ",", ";", "\t", "#",
    "1,5", "1.234,5", "[[target]]", 'kind = "shape"', "0", "-1", "1e-300", "x" * 3000, "\\frac{", "|", "√", "²", "(" * 70, "^" * 30,
)  # fmt: skip


def _arrays(random: Random) -> bytes:
    rng, file = np.random.default_rng(random.randrange(2**32)), io.BytesIO()
    kind = random.choice(["f8", "f4", "i8", "u1", "?", "c16", "U4"])
    shape = tuple(random.choice([0, 1, 2, 3, 50]) for _ in range(random.randint(0, 3)))
    array = rng.integers(0, 9, shape).astype(kind)
    if random.random() < 0.5:
        np.save(file, array)
    else:
        np.savez_compressed(file, a=array, b=rng.normal(size=(20, 2)))
    return file.getvalue()


def _seeds() -> dict[str, list[bytes]]:
    """Whole files of each sort, by ending."""
    presets = data_folder("presets")
    nets = data_folder("resources") / "nets"
    found: dict[str, list[bytes]] = {
        ".toml": [p.read_bytes() for p in [*presets.glob("*.toml"), *presets.glob("tours/*.toml")]],
        ".csv": [p.read_bytes() for p in CASES.glob("*.csv")],
        ".parquet": [p.read_bytes() for p in CASES.glob("*.parquet")],
        ".onnx": [p.read_bytes() for p in CASES.glob("*.onnx")],
        ".safetensors": [p.read_bytes() for p in nets.glob("*.safetensors")],
        ".webp": [p.read_bytes() for p in CASES.glob("*.webp")],
        ".jpg": [p.read_bytes() for p in CASES.glob("*.jpg")],
        ".link": [as_link(load_scene(name)).encode() for name in ("trapped", "reverse-river", "race", "word")],
        ".png": [p.read_bytes() for p in (data_folder("resources") / "thumbnails").glob("*.png")][:5],
    }
    return found


def changed(data: bytes, random: Random) -> bytes:
    """Some bytes of a file other, gone, twice or put in."""
    data = bytearray(data[: random.choice([200, 5_000, 200_000])])
    for _ in range(random.choice([1, 1, 2, 5, 20])):
        at, what = random.randrange(len(data) + 1), random.randrange(5)
        if what == 0 and data:
            data[at % len(data)] = random.randrange(256)
        elif what == 1:
            del data[at : at + random.choice([1, 2, 10, 500])]
        elif what == 2:
            data[at:at] = data[at : at + random.choice([1, 10, 500])]
        else:
            data[at:at] = random.choice(_PIECES).encode()
    return bytes(data)


def _text(of: Callable[[str], object]) -> Callable[[Path], object]:
    return lambda path: of(path.read_text("utf-8", "replace"))


#: What the window calls for each sort of file.
CALLS: dict[str, tuple[Callable[[Path], object], ...]] = {
    ".toml": (read_scene, load_scene_or_tour),
    ".csv": (read_columns, _text(parse_text)),
    ".parquet": (read_columns,),
    ".npy": (read_columns,),
    ".npz": (read_columns,),
    ".onnx": (lambda path: net_in_file(str(path)),),
    ".safetensors": (lambda path: net_in_file(str(path)),),
    ".webp": (lambda path: image_target(str(path)),),
    ".jpg": (lambda path: image_target(str(path)),),
    ".png": (lambda path: image_target(str(path)), read_scene),
    ".link": (_text(from_link),),
    ".formula": (_text(lambda text: parse(text[:2000])),),
}
_FORMULAS = (
    b"-(x^2 - 4)^2/4 - k*y^2",
    b"-\\frac{1}{2}x^2 + log(sigmoid(3*x))",
    b"-|x - |y|| + max(x, y, 2)",
    b"-x\xc2\xb2/(2s^2)",
)


def one(seed: int, seeds: dict[str, list[bytes]], folder: Path) -> tuple[str, Path]:
    """An input by its number: its ending, and where it lies."""
    random = Random(seed)
    ending = random.choice([".toml", ".toml", ".csv", ".csv", ".formula", ".formula", ".npy", *seeds])
    if ending == ".npy":
        data = _arrays(random)
        ending = ".npz" if data[:2] == b"PK" else ".npy"
    else:
        data = random.choice(_FORMULAS if ending == ".formula" else seeds[ending])
    path = folder / f"input{ending}"
    path.write_bytes(changed(data, random))
    return ending, path


def main() -> None:
    """Inputs for so many minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0, help="the number of the first input")
    options = parser.parse_args()
    from visualizer.gui.offscreen.capture import application

    application()
    seeds, folder = _seeds(), Path(tempfile.mkdtemp())
    end, seed = time.monotonic() + 60 * options.minutes, options.seed
    outcomes: Counter[str] = Counter()
    while time.monotonic() < end:
        ending, path = one(seed, seeds, folder)
        for call in CALLS[ending]:
            began = time.monotonic()
            try:
                call(path)
                outcome = "read"
            except ValueError:  # SceneError is one
                outcome = "refused"
            except Exception:
                outcome = "FAULT"
                traceback.print_exc()
            if time.monotonic() - began > SLOW:
                outcome = "SLOW"
            outcomes[f"{ending} {outcome}"] += 1
            if outcome.isupper():
                kept = folder / f"{outcome.lower()}-{seed}{ending}"
                kept.write_bytes(path.read_bytes())
                print(f"seed {seed}: {outcome}, kept as {kept}", flush=True)
        seed += 1
    print(f"{seed - options.seed:,} inputs: " + ", ".join(f"{k} {n:,}" for k, n in sorted(outcomes.items())))
    sys.exit(any(k.split()[1].isupper() for k in outcomes))


if __name__ == "__main__":
    main()
