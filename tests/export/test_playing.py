"""Held at the end, and there and back."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.export.playing import played, shown_count
from visualizer.export.store import FrameStore


def numbered(count):
    image = np.zeros((24, 32, 4), np.uint8)
    for i in range(count):
        image[:] = i  # one array for all, as a capture has it
        yield image


@pytest.mark.parametrize(
    ("count", "hold", "loop"), [(1, 0, True), (2, 0, True), (5, 0, False), (5, 3, False), (40, 2, True)]
)
def test_the_order_of_frames(tmp_path, count, hold, loop):
    seen = [int(v[0, 0, 0]) for v in played(numbered(count), hold, loop, tmp_path / "x.mp4", True)]
    there = list(range(count))
    assert seen == there + [count - 1] * hold + (there[-2:0:-1] if loop else [])
    assert len(seen) == shown_count(count, hold, loop)
    assert list(tmp_path.iterdir()) == []


def test_a_loop_given_up_leaves_no_temporary_file(tmp_path):
    frames = played(numbered(30), 0, True, tmp_path / "x.mp4", False)
    for _ in range(35):
        next(frames)
    frames.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("alpha", [True, False])
def test_stored_frames_are_the_same_to_the_bit(tmp_path, alpha):
    images = np.random.default_rng(0).integers(0, 256, (37, 20, 30, 4), dtype=np.uint8)
    store = FrameStore(tmp_path / "x.mp4", 30, 20, alpha)
    for image in images:
        store.add(image)
    store.finish()
    channels = 4 if alpha else 3
    for got, want in zip(store.backwards(), images[::-1], strict=True):
        np.testing.assert_array_equal(got[..., :channels], want[..., :channels])
    store.remove()
