"""The kernel of films: pixels into brightness and two differences of colour, as videos keep them.

Y' = 0.2126 R + 0.7152 G + 0.0722 B, C_b = (B − Y')/1.8556, C_r = (R − Y')/1.5748, brightness from 16 to 235 and
differences from 16 to 240 (ITU-R 2015, "Recommendation BT.709-6", https://www.itu.int/rec/R-REC-BT.709).
"""

from __future__ import annotations

import numpy as np

from visualizer.fused.base import compiled, i32

_RED, _GREEN, _BLUE = 0.2126, 0.7152, 0.0722
#: Fractions have so many bits; those of sums of four pixels have two more.
_BITS = 15
_FINE, _SUMMED, _EIGHT = i32(_BITS), i32(_BITS + 2), i32(0xFF)


def _fractions(*weights: float) -> tuple[np.int32, ...]:
    return tuple(i32(round(w / 255 * (1 << _BITS))) for w in weights)


_Y_R, _Y_G, _Y_B = _fractions(219 * _RED, 219 * _GREEN, 219 * _BLUE)
_B_R, _B_G, _B_B = _fractions(*(224 / 1.8556 * w for w in (-_RED, -_GREEN, 1 - _BLUE)))
_R_R, _R_G, _R_B = _fractions(*(224 / 1.5748 * w for w in (1 - _RED, -_GREEN, -_BLUE)))
_Y_0, _C_0 = i32(16 << _BITS | 1 << _BITS - 1), i32(128 << _BITS + 2 | 1 << _BITS + 1)


@compiled("void(int32[::1], int64, int64, int64, uint8[::1])")
def planes(image, pitch, width, height, out):
    """Y' of each pixel, then C_b and C_r of the mean of 2 × 2, of B, G, R, X in rows of `pitch`; sizes are even."""
    half, n = width // 2, width * height
    for r in range(0, height, 2):
        above, below = image[r * pitch : r * pitch + width], image[(r + 1) * pitch : (r + 1) * pitch + width]
        for q, row in enumerate((above, below)):
            y = out[(r + q) * width : (r + q + 1) * width]
            for i in range(width):
                p = row[i]
                red, green, blue = (p >> i32(16)) & _EIGHT, (p >> i32(8)) & _EIGHT, p & _EIGHT
                y[i] = (_Y_R * red + _Y_G * green + _Y_B * blue + _Y_0) >> _FINE
        at = n + r // 2 * half
        cb, cr = out[at : at + half], out[at + n // 4 : at + n // 4 + half]
        for i in range(half):
            red = green = blue = i32(0)
            for p in (above[2 * i], above[2 * i + 1], below[2 * i], below[2 * i + 1]):
                red += (p >> i32(16)) & _EIGHT
                green += (p >> i32(8)) & _EIGHT
                blue += p & _EIGHT
            cb[i] = (_B_R * red + _B_G * green + _B_B * blue + _C_0) >> _SUMMED
            cr[i] = (_R_R * red + _R_G * green + _R_B * blue + _C_0) >> _SUMMED
