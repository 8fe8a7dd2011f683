"""Kernels of noise, and the functions of one number that all kernels share.

Numbers are normal by Box & Muller (1958) from xoshiro128++ (Blackman & Vigna 2021, "Scrambled linear pseudorandom
number generators"), 16 generators side by side, begun anew for every block of 512 particles from the key and the number
of the block: the same numbers whoever does the block. Logarithm, exponential, sine and cosine are the polynomials of
Cephes (Moshier 1989), good to the last bits of float32.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from visualizer.fused.base import BLOCK, HALF, ONE, compiled, f32, helper, i32, inlined, u32

LANES = 16
#: Added and taken away again, it rounds to a whole number.
_ROUND = f32(3 << 22)
#: The bits of √½.
_ROOT = i32(0x3F3504F3)


@intrinsic
def _float_of(_context: Any, _bits: Any) -> Any:
    def gen(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), gen


@intrinsic
def bits_of(_context: Any, _value: Any) -> Any:
    def gen(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), gen


@inlined
def exp2(x):
    """2^x for x ≤ 0; 0 below 2^−100, before numbers become so small that they are slow."""
    much, x = x > f32(-100), max(x, f32(-100))
    n = (x + _ROUND) - _ROUND
    f = x - n
    p = f32(1.535336188319500e-4)
    p = p * f + f32(1.339887440266574e-3)
    p = p * f + f32(9.618437357674640e-3)
    p = p * f + f32(5.550332471162809e-2)
    p = p * f + f32(2.402264791363012e-1)
    p = p * f + f32(6.931472028550421e-1)
    p = p * f + ONE
    return p * _float_of((i32(n) + i32(127)) << i32(23)) if much else f32(0)


@inlined
def log(x):
    """ln x for x > 0."""
    bits = bits_of(x) - _ROOT
    e = f32(bits >> i32(23))
    m = _float_of((bits & i32(0x7FFFFF)) + _ROOT) - ONE
    z = m * m
    y = f32(7.0376836292e-2)
    y = y * m - f32(1.1514610310e-1)
    y = y * m + f32(1.1676998740e-1)
    y = y * m - f32(1.2420140846e-1)
    y = y * m + f32(1.4249322787e-1)
    y = y * m - f32(1.6668057665e-1)
    y = y * m + f32(2.0000714765e-1)
    y = y * m - f32(2.4999993993e-1)
    y = y * m + f32(3.3333331174e-1)
    y = y * m * z - f32(2.12194440e-4) * e - HALF * z
    return m + y + f32(0.693359375) * e


@inlined
def _mixed(h):
    """A permutation of the 32-bit numbers (the finaliser of MurmurHash3, Appleby 2011)."""
    h = u32(h ^ (h >> u32(16))) * u32(0x85EBCA6B)
    h = u32(h ^ (h >> u32(13))) * u32(0xC2B2AE35)
    return u32(h ^ (h >> u32(16)))


@inlined
def _rotated(v, k):
    return u32((v << u32(k)) | (v >> u32(32 - k)))


@helper
def begin(s, low, high, block):
    """States (4, 16) of the generators of a block."""
    for i in range(LANES):
        h = _mixed(u32(low) ^ _mixed(u32(block) + u32(i) * u32(0x9E3779B9)))
        s[0, i] = _mixed(h + u32(0x3C6EF372))
        s[1, i] = _mixed(h + u32(0xDAA66D2B) ^ u32(high))
        s[2, i] = _mixed(h ^ u32(0x78DDE6E4))
        s[3, i] = _mixed(h + u32(high)) | u32(1)


@helper
def _words(s, words):
    """Fills both rows of words (2, n) with bits."""
    for r in range(2):
        for at in range(0, words.shape[1], LANES):
            row = words[r, at : at + LANES]  # a slice: an index that is a sum might be negative, and costs a look-up
            for i in range(LANES):
                s0, s1, s2, s3 = s[0, i], s[1, i], s[2, i], s[3, i]
                row[i] = u32(_rotated(u32(s0 + s3), 7) + s0)
                t = u32(s1 << u32(9))
                s2 ^= s0
                s3 ^= s1
                s1 ^= s2
                s0 ^= s3
                s[0, i], s[1, i], s[2, i], s[3, i] = s0, s1, s2 ^ t, _rotated(s3, 11)


@helper
def _normal(radii, angles, z0, z1):
    """Two normal numbers from two words, of each pair."""
    for i in range(len(z0)):
        a, b = i32(radii[i]), i32(angles[i])
        # Small numbers stay as fine as floats are: the radius reaches 6.6.
        u = f32((a >> i32(1)) & i32(0x7FFFFFFF)) * f32(2.0**-31) + f32(2.0**-32)
        radius = np.sqrt(f32(-2) * log(u))
        # An angle within ±π/4, and by two more bits one of four quarters of the circle.
        f = f32(b >> i32(8)) * f32(math.pi / 2 * 2.0**-24)
        q = f * f
        sine = f + f * q * (f32(-1.6666654611e-1) + q * (f32(8.3321608736e-3) + q * f32(-1.9515295891e-4)))
        tail = f32(4.166664568298827e-2) + q * (f32(-1.388731625493765e-3) + q * f32(2.443315711809948e-5))
        cosine = _float_of(bits_of(ONE - HALF * q + q * q * tail) ^ i32((b & i32(2)) << i32(30)))
        swap = (b & i32(1)) != i32(0)
        z0[i] = radius * (sine if swap else cosine)
        z1[i] = radius * (cosine if swap else sine)


@helper
def draw(s, words, z):
    """Fills z (n,) with normal numbers."""
    _words(s, words)
    half = words.shape[1]
    _normal(words[0], words[1], z[:half], z[half:])


@compiled("void(float32[:, ::1], float32, int64, int64, int64, int64)")
def gaussians(out, std, low, high, first, last):
    """Fills blocks of columns (rows, N) with normal numbers times std."""
    rows = len(out)
    s, words = np.empty((4, LANES), np.uint32), np.empty((2, rows * BLOCK // 2), np.uint32)
    z = np.empty(rows * BLOCK, np.float32)
    for block in range(first, last):
        begin(s, low, high, block)
        draw(s, words, z)
        at = block * BLOCK
        for r in range(rows):
            row, drawn = out[r, at : at + BLOCK], z[r * BLOCK : (r + 1) * BLOCK]
            for i in range(len(row)):
                row[i] = std * drawn[i]
