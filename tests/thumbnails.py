"""Makes the gallery's pictures: `make thumbnails`, or of some scenes `make thumbnails NAMES="trapped spiral"`.

Each shows its preset some way into the run.
"""

from __future__ import annotations

import sys

from PySide6.QtGui import QImage

from visualizer.gui.offscreen.capture import frames
from visualizer.gui.offscreen.page import Look
from visualizer.gui.offscreen.stills import png_bytes
from visualizer.scene.files import write_atomic
from visualizer.scene.presets import load_scene, preset_names, thumbnail_path

SIZE, DRAWN = (512, 320), (1024, 640)
#: Where in its run a preset looks best, as a share of it.
MOMENT = {
    "denoising-iteration": 0.82, "fourier": 0.1, "trapped": 0.1, "freed-by-smoothing": 0.12, "narrow-axis": 0.1,
    "momentum": 0.1, "corrector": 1.0, "bad-at-small-t": 1.0, "memorised": 1.0, "fast-solvers": 1.0, "stein": 1.0,
    "two-moons": 0.95, "word": 1.0, "a-hierarchy": 1.05, "mode-collapse": 1.05, "one-jump": 1.05, "a-bridge": 1.05,
    "without-particles": 0.2,
}  # fmt: skip


def main(names: list[str]) -> None:
    """Draws presets into resources/thumbnails."""
    thumbnail_path("x").parent.mkdir(exist_ok=True)
    for name in names:
        scene = load_scene(name)
        count = max(2, int(MOMENT.get(name, 0.62) * scene.sampler.steps / scene.sampler.steps_per_frame))
        for image in frames(scene, Look(*DRAWN, title=False, scale=1.0), count, "cpu"):
            last = image.copy()
        # Drawn larger and averaged down: type stays small and lines smooth.
        halved = last.reshape(SIZE[1], 2, SIZE[0], 2, 4).mean((1, 3)).round().astype(last.dtype)
        image = QImage(halved.tobytes(), *SIZE, 4 * SIZE[0], QImage.Format.Format_RGB32)
        write_atomic(thumbnail_path(name), png_bytes(image))
        print(name)


if __name__ == "__main__":
    main(sys.argv[1:] or list(preset_names()))
