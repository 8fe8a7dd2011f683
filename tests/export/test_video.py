"""Videos: the right content at the right times, whole or not at all."""

from __future__ import annotations

import av
import numpy as np
import pytest

from visualizer.export import VideoWriter

SIZE = (96, 64)


def card(index: int) -> np.ndarray:
    """A frame whose left half tells its number by its brightness."""
    image = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    image[:, : SIZE[0] // 2] = 20 * index
    image[:, SIZE[0] // 2 :, 2] = 200
    return image


def decoded(path):
    with av.open(str(path)) as container:
        return [(float(f.time), f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]


@pytest.mark.parametrize(("suffix", "slack"), [(".mp4", 12), (".gif", 12)])
def test_frames_come_back_in_order_at_their_times(tmp_path, suffix, slack):
    path = tmp_path / f"v{suffix}"
    with VideoWriter(path, *SIZE, 25) as writer:
        image = card(0)
        for i in range(10):
            image[:] = card(i)  # the writer must have copied the frame before
            writer.write(image)
    frames = decoded(path)
    assert len(frames) == 10
    for i, (time, image) in enumerate(frames):
        assert time == pytest.approx(i / 25, abs=0.011)
        assert abs(float(image[8:-8, 8:40].mean()) - 20 * i) < slack
        assert abs(float(image[8:-8, 56:-8, 0].mean()) - 200) < slack
        assert float(image[8:-8, 56:-8, 1].mean()) < slack


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_an_interrupted_export_leaves_the_old_file_and_no_half_one(tmp_path, suffix):
    path = tmp_path / f"v{suffix}"
    path.write_bytes(b"old")

    def interrupted():
        with VideoWriter(path, *SIZE, 25) as writer:
            writer.write(card(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_failing_encoder_is_reported_and_leaves_nothing(tmp_path, monkeypatch):
    def full_disk(self, image):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("visualizer.export.video._Mp4.add", full_disk)

    def write_many():
        with VideoWriter(tmp_path / "v.mp4", *SIZE, 25) as writer:
            for _ in range(30):
                writer.write(card(0))

    with pytest.raises(OSError, match="No space left"):
        write_many()
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_refused(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", *SIZE, 25) as writer:
        writer.write(card(0))
        with pytest.raises(ValueError, match="expected a frame of shape"):
            writer.write(np.zeros((4, 4, 4), np.uint8))


def test_odd_sizes_are_cut_to_even_ones_for_h264(tmp_path):
    path = tmp_path / "v.mp4"
    with VideoWriter(path, 97, 65, 25) as writer:
        writer.write(np.zeros((65, 97, 4), np.uint8))
    assert decoded(path)[0][1].shape == (64, 96, 3)


def test_unknown_endings_and_missing_folders_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.mp4 or \.gif"):
        VideoWriter(tmp_path / "v.avi", *SIZE, 25)
    with pytest.raises(OSError, match="No such file"):
        VideoWriter(tmp_path / "no" / "v.mp4", *SIZE, 25)
