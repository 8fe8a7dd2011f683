"""How large a film will be, told from its first frames."""

from __future__ import annotations

from pathlib import Path

import av

#: So many frames are drawn to tell from.
SAMPLE = 24
#: The encoders begin anew, with a whole picture, every so many frames.
_KEYS = 250
#: Files whose frames lean on those before them.
_LEANING = (".mp4", ".webm")


def expected_bytes(sample: Path, sampled: int, moving: int) -> int:
    """Bytes of a film, of which `sample` holds the beginning.

    In an MP4 or a WebM the first frame is a whole picture and counts once for every 250 frames; the others count as
    the mean of theirs. In other files all frames count alike.

    Args:
        sample: a file, or a folder of pictures.
        sampled: how many frames it has.
        moving: how many frames of the film differ from the one before; what rests costs next to nothing.
    """
    files = sorted(sample.iterdir()) if sample.is_dir() else [sample]
    size = sum(file.stat().st_size for file in files)
    if moving <= sampled:
        return size
    if sample.suffix not in _LEANING:
        return round(size / sampled * moving)
    with av.open(str(sample)) as film:
        packets = [packet.size for packet in film.demux(video=0) if packet.size]
    keys = -(-moving // _KEYS)
    mean = sum(packets[1:]) / (len(packets) - 1)
    return round(size - sum(packets) + keys * packets[0] + (moving - keys) * mean)
