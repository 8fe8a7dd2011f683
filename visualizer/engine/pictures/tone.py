"""Numbers → pixels through a colour table of LEVELS entries."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from visualizer import fused
from visualizer.engine.drawings import Pixels
from visualizer.engine.palette import LEVELS

#: Premultiplied grey, seen on dark and on light, and the width of the stripes that say "no number here".
_UNKNOWN = 0x66383838
_STRIPE = 3


@lru_cache(maxsize=64)
def _tensor(table_bytes: bytes, device: str) -> Tensor:
    return torch.frombuffer(bytearray(table_bytes), dtype=torch.int32).to(device)


def table_on(table: NDArray[np.uint32], device: torch.device) -> Tensor:
    """A colour table as an int32 tensor."""
    return _tensor(table.tobytes(), str(device))


def tone(unit: Tensor, table: NDArray[np.uint32]) -> Pixels:
    """Values in 0…1, (h, w), → pixels. Values outside are clamped."""
    return pixels(_toned(unit, table))


def tone_scaled(unit: Tensor, table: NDArray[np.uint32], size: tuple[int, int]) -> Pixels:
    """The same for an image of another (h, w): colours are interpolated bilinearly, as bytes."""
    image = _toned(unit, table)
    if image.shape == size:
        return pixels(image)
    channels = image.view(torch.uint8).view(1, *image.shape, 4).permute(0, 3, 1, 2)
    if image.device.type != "cpu":
        channels = channels.to(torch.float32)
    large = interpolate(channels, size=size, mode="bilinear", align_corners=False)
    if image.device.type != "cpu":
        large = large.round_().to(torch.uint8)
    return pixels(large.permute(0, 2, 3, 1).contiguous().view(torch.int32)[0, :, :, 0])


def _toned(unit: Tensor, table: NDArray[np.uint32]) -> Tensor:
    at_once = fused.toned(unit, LEVELS - 1, table_on(table, unit.device))
    if at_once is not None:
        image, strange = at_once
        return torch.where(torch.isnan(unit), _hatching(unit), image) if strange else image
    scaled = (unit * (LEVELS - 1)).clamp_(0, LEVELS - 1)
    # One pass, for every picture is toned; a GPU would have to be waited for.
    if unit.device.type == "cpu" and not bool(torch.isnan(scaled.sum())):
        return _looked_up(scaled, table)
    image = _looked_up(scaled.nan_to_num(0.0), table)
    return torch.where(torch.isnan(scaled), _hatching(unit), image)


def _looked_up(scaled: Tensor, table: NDArray[np.uint32]) -> Tensor:
    index = scaled.to(torch.int32).reshape(-1)
    return torch.index_select(table_on(table, scaled.device), 0, index).view(scaled.shape)


def _hatching(unit: Tensor) -> Tensor:
    """Grey stripes from the lower left to the upper right, for what is no number; as large as an image of values."""
    rows, columns = (torch.arange(n, device=unit.device) for n in unit.shape)
    striped = ((rows[:, None] + columns[None, :]) // _STRIPE) % 2 == 0
    return striped.to(torch.int32).mul_(_UNKNOWN)


def toned_counts(counts: Tensor, peak: float | None, table: NDArray[np.uint32], scale: float = 1.0) -> Tensor:
    """Counts, (h, w), → an int32 image where they are, on a log scale: log(1+c)/log(1+peak) along the table.

    The logarithm is composed with the table once for each peak, so an image costs one look-up for each pixel. Without a
    peak it is the largest count, rounded (see `round_peak`); a GPU is not waited for to learn it, and its counts may be
    in fixed point, times a scale.
    """
    if peak is None and counts.device.type != "cpu":
        peaks, tables = _log_tables(table.tobytes(), str(counts.device), scale)
        which = torch.searchsorted(peaks, counts.amax().view(1))
        index = fused.log_entries(counts, 1 / scale)
        return tables.index_select(0, which)[0].index_select(0, index.view(-1)).view(counts.shape)
    composed = log_table(round_peak(counts) if peak is None else peak, table, counts.device)
    at_once = fused.log_toned(counts, composed)
    if at_once is not None:
        return at_once
    return composed.index_select(0, fused.log_entries(counts).reshape(-1)).view(counts.shape)


def round_peak(counts: Tensor) -> float:
    """The largest count, at least 2, rounded up to a power of √2 so that brightness does not flicker."""
    peak = max(2.0, float(counts.amax(1).max()))  # in two goes: rows of a picture with a border are not one block
    return float(2.0 ** (math.ceil(2 * math.log2(peak)) / 2))


@lru_cache(maxsize=8)
def _log_tables(table_bytes: bytes, device: str, scale: float) -> tuple[Tensor, Tensor]:
    """All that a peak can be rounded to, and the table of the logarithm for each."""
    peaks = [2.0 ** (j / 2) for j in range(2, 62)]
    tables = torch.stack([_log_table(peak, table_bytes, "cpu") for peak in peaks])
    return torch.tensor([scale * peak for peak in peaks], device=device), tables.to(device)


def log_table(peak: float, table: NDArray[np.uint32], device: torch.device) -> Tensor:
    """The table of the logarithm: colours for `fused.log_counts`."""
    return _log_table(round(max(1.0, peak), 3), table.tobytes(), str(device))


@lru_cache(maxsize=256)
def _log_table(peak: float, table_bytes: bytes, device: str) -> Tensor:
    unit = np.clip(np.log1p(fused.log_counts()) / np.log1p(peak), 0, 1)
    table = np.frombuffer(table_bytes, dtype=np.uint32)
    composed = table[np.rint(unit * (LEVELS - 1)).astype(int)]
    return torch.from_numpy(composed.view(np.int32)).to(device)


def pixels(image: Tensor) -> Pixels:
    """An int32 image as NumPy pixels on the host."""
    return image.to("cpu").numpy().view(np.uint32)
