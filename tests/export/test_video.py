"""Files that move: the right content at the right times, whole or not at all, with their scene inside."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys

import av
import numpy as np
import pytest

from tests.export.decoding import decoded, planes
from visualizer import fused
from visualizer.export import VideoWriter
from visualizer.export.estimate import SAMPLE, expected_bytes
from visualizer.scene.remember import remembered

SIZE = (96, 64)
KINDS = (".mp4", ".webm", ".mov", ".gif", ".webp", "")


def card(index: int) -> np.ndarray:
    """A frame whose left half tells its number by its brightness."""
    image = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    image[:, : SIZE[0] // 2] = 20 * index
    image[:, SIZE[0] // 2 :, 2] = 200
    image[..., 3] = 255
    return image


@pytest.mark.parametrize("suffix", KINDS)
def test_frames_come_back_in_order_at_their_times(tmp_path, suffix):
    path = tmp_path / f"v{suffix}"
    with VideoWriter(path, *SIZE, 25) as writer:
        image = card(0)
        for i in range(10):
            image[:] = card(i)  # the writer must have copied the frame before
            writer.write(image)
    frames = decoded(path)
    assert len(frames) == 10
    for i, (time, image) in enumerate(frames):
        assert time == pytest.approx(i / 25 if suffix else i, abs=0.011)
        assert abs(float(image[8:-8, 8:40, :3].mean()) - 20 * i) < 12
        assert abs(float(image[8:-8, 56:-8, 0].mean()) - 200) < 12
        assert float(image[8:-8, 56:-8, 1].mean()) < 12
        assert image[..., 3].min() > 250


@pytest.mark.parametrize("suffix", [".webm", ".mov", ".gif", ".webp", ""])
def test_what_is_transparent_stays_so_and_is_not_covered_by_the_frame_before(tmp_path, suffix):
    """A bar of full opacity moves over nothing; where it was before there is nothing again."""
    path = tmp_path / f"v{suffix}"
    with VideoWriter(path, *SIZE, 25, alpha=True) as writer:
        for i in range(4):
            image = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
            image[:, 24 * i : 24 * (i + 1)] = (0, 160, 240, 255)
            writer.write(image)
    for i, (_, image) in enumerate(decoded(path)):
        bars = image[8:-8].reshape(-1, 4, 24, 4)[:, :, 4:-4].mean((0, 2))
        for k in range(4):
            assert bars[k, 3] == pytest.approx(255 if k == i else 0, abs=6)
        assert bars[i, :3] == pytest.approx((240, 160, 0), abs=14)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mov"])
def test_colours_are_what_players_take_them_for(tmp_path, suffix):
    """BT.709, and marked so: a player that reads the mark and one that takes it for granted show the same colour."""
    path = tmp_path / f"v{suffix}"
    image = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    image[...] = (184, 214, 79, 255)  # B, G, R
    with VideoWriter(path, *SIZE, 25) as writer:
        for _ in range(3):
            writer.write(image)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert (frame.colorspace, frame.color_range) == (1, 1)
    y, blue, red = (float(np.asarray(plane)[:1, :1].item()) for plane in planes(frame))
    # ITU-R BT.709-6, item 3: luma from the primaries, and the differences over 1.8556 and 1.5748.
    r, g, b = 79 / 255, 214 / 255, 184 / 255
    luma = 0.2126 * r + 0.7152 * g + 0.0722 * b
    expected = (16 + 219 * luma, 128 + 224 * (b - luma) / 1.8556, 128 + 224 * (r - luma) / 1.5748)
    assert (y, blue, red) == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mov", ".gif"])
def test_colours_that_somebody_else_makes_are_asked_for_where_a_file_has_such(tmp_path, suffix):
    """Planes of a colour of their own: the file has that, or the image's where its pixels are others."""
    path, asked = tmp_path / f"v{suffix}", []

    def grey(image):
        asked.append(image.shape)
        return np.full((3 * SIZE[1] // 2, SIZE[0]), 128, np.uint8)

    with VideoWriter(path, *SIZE, 25, planes=grey) as writer:
        for _ in range(3):
            writer.write(card(0))
    planar = suffix in (".mp4", ".webm")
    assert len(asked) == 3 * planar
    red = [image[8:-8, 56:-8, 0].mean() for _, image in decoded(path)]
    assert red == pytest.approx([255 / 219 * 112 if planar else 200] * 3, abs=6)
    with VideoWriter(tmp_path / f"w{suffix}", *SIZE, 25, planes=lambda _: None) as writer:
        writer.write(card(0))
    assert decoded(tmp_path / f"w{suffix}")[0][1][8:-8, 56:-8, 0].mean() == pytest.approx(200, abs=6)


@pytest.mark.skipif(fused.kernels() is None, reason="no compiled kernels on this machine")
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize(("width", "height"), [(96, 62), (98, 66), (97, 63), (100, 64)])
def test_planes_of_any_size_are_those_of_the_library(tmp_path, suffix, width, height):
    """Of colours that change slowly, which filters leave as they are; all that is left is what the codec does."""
    down, across = np.linspace(0, 220, height)[:, None], np.linspace(0, 120, width)
    image = np.full((height, width, 4), 255, np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = 220 - down, across, down
    found = []
    for made in (fused.planes, lambda _: None):
        path = tmp_path / f"{len(found)}{suffix}"
        with VideoWriter(path, width, height, 25, planes=made) as writer:
            writer.write(image)
        with av.open(str(path)) as container:
            found.append(planes(next(container.decode(video=0))))
    for ours, theirs in zip(*found, strict=True):
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= 4


@pytest.mark.parametrize("suffix", ["", ".mp4", ".webm", ".gif"])
def test_the_size_of_a_film_is_told_from_its_beginning(tmp_path, suffix):
    """Noise that stays as rich: the whole is as the beginning promises, to a tenth."""

    def film(name, count):
        rng = np.random.default_rng(5)
        with VideoWriter(tmp_path / f"{name}{suffix}", *SIZE, 25) as writer:
            for _ in range(count):
                writer.write(rng.integers(0, 255, (SIZE[1], SIZE[0], 4), dtype=np.uint8))
        path = tmp_path / f"{name}{suffix}"
        return path, sum(p.stat().st_size for p in (path.iterdir() if path.is_dir() else [path]))

    beginning, size = film("a", SAMPLE)
    _, whole = film("b", 120)
    assert expected_bytes(beginning, SAMPLE, 120) == pytest.approx(whole, rel=0.1)
    assert expected_bytes(beginning, SAMPLE, SAMPLE) == size


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("length", [10, 3000])
def test_a_file_remembers_its_scene(tmp_path, suffix, length):
    rng = np.random.default_rng(1)
    text = "title = 'μ → σ²'\n" + "".join(chr(int(c)) for c in rng.integers(0x30, 0x2FF, length))
    path = tmp_path / f"v{suffix}"
    with VideoWriter(path, *SIZE, 25, scene=text) as writer:
        for i in range(3):
            writer.write(card(i))
    assert len(decoded(path)) == 3
    assert remembered(path if suffix else path / "00002.png") == text


@pytest.mark.parametrize("suffix", KINDS)
def test_an_interrupted_export_leaves_the_old_file_and_no_half_one(tmp_path, suffix):
    path = tmp_path / f"v{suffix}"
    if suffix:
        path.write_bytes(b"old")

    def interrupted():
        with VideoWriter(path, *SIZE, 25) as writer:
            writer.write(card(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ([path.name] if suffix else [])
    assert not suffix or path.read_bytes() == b"old"


FULL = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from visualizer.export import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as on a full disk, the write fails
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
rng = np.random.default_rng(0)
try:
    with VideoWriter(Path(sys.argv[1]), 256, 256, 25) as writer:
        for _ in range(40):
            writer.write(rng.integers(0, 256, (256, 256, 4), dtype=np.uint8))
except OSError as error:
    print("refused:", error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE") or not hasattr(signal, "SIGXFSZ"), reason="POSIX only")
@pytest.mark.parametrize("suffix", KINDS)
def test_a_disk_that_takes_no_more_is_an_error_that_leaves_nothing(tmp_path, suffix):
    command = [sys.executable, "-c", FULL, str(tmp_path / f"v{suffix}")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "refused:" in result.stdout, result.stderr
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_refused(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", *SIZE, 25) as writer:
        writer.write(card(0))
        with pytest.raises(ValueError, match="expected a frame of shape"):
            writer.write(np.zeros((4, 4, 4), np.uint8))


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_odd_sizes_are_cut_to_even_ones_for_video(tmp_path, suffix):
    path = tmp_path / f"v{suffix}"
    with VideoWriter(path, 97, 65, 25) as writer:
        writer.write(np.zeros((65, 97, 4), np.uint8))
    assert decoded(path)[0][1].shape == (64, 96, 4)


def test_what_cannot_be_written_is_refused_before_anything_is_drawn(tmp_path):
    with pytest.raises(ValueError, match=r"\.mp4, \.webm, \.mov, \.gif, \.webp, or a new folder"):
        VideoWriter(tmp_path / "v.avi", *SIZE, 25)
    with pytest.raises(ValueError, match="cannot be transparent"):
        VideoWriter(tmp_path / "v.mp4", *SIZE, 25, alpha=True)
    with pytest.raises(OSError, match="No such file"):
        VideoWriter(tmp_path / "no" / "v.mp4", *SIZE, 25)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    with pytest.raises(OSError, match="choose a new folder"):
        VideoWriter(tmp_path / "full", *SIZE, 25)
    assert [p.name for p in tmp_path.iterdir()] == ["full"]
