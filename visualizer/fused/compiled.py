"""The kernels. Particles are columns (d, N) in float32, d = 1 or 2; a kernel does the blocks from `first` to `last`.

Numbers are normal by Box & Muller (1958) from xoshiro128++ (Blackman & Vigna 2021, "Scrambled linear pseudorandom
number generators"), 16 generators side by side, begun anew for every block of 512 particles from the key and the number
of the block: the same numbers whoever does the block. Logarithm, exponential, sine and cosine are the polynomials of
Cephes (Moshier 1989), good to the last bits of float32. A kernel is compiled when it is asked for first, or found on
disk.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

#: Particles of a block of noise, and how many of them are taken through a step together.
BLOCK, PART = 512, 128
_LANES = 16
_F, _I, _U = np.float32, np.int32, np.uint32
_ONE, _HALF = _F(1), _F(0.5)
#: Added and taken away again, it rounds to a whole number.
_ROUND = _F(3 << 22)
#: The bits of √½.
_ROOT = _I(0x3F3504F3)


@intrinsic
def _float_of(_context: Any, _bits: Any) -> Any:
    def gen(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), gen


@intrinsic
def _bits_of(_context: Any, _value: Any) -> Any:
    def gen(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), gen


_inlined: Callable[..., Any] = njit(inline="always")
_helper: Callable[..., Any] = njit(nogil=True, error_model="numpy", fastmath={"contract"})


_all: list[tuple[Any, str]] = []


def _compiled(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """A kernel: it is compiled when it is asked for first, or taken from the disk."""

    def made(function: Callable[..., Any]) -> Any:
        kernel = njit(nogil=True, error_model="numpy", fastmath={"contract"}, cache=True)(function)
        _all.append((kernel, signature))
        return kernel

    return made


def compile_all() -> None:
    """Compiles every kernel that is not on the disk yet, some ten seconds on the first day."""
    for kernel, signature in _all:
        kernel.compile(signature)


@_inlined
def _exp2(x):
    """2^x for x ≤ 0; 0 below 2^−100, before numbers become so small that they are slow."""
    much, x = x > _F(-100), max(x, _F(-100))
    n = (x + _ROUND) - _ROUND
    f = x - n
    p = _F(1.535336188319500e-4)
    p = p * f + _F(1.339887440266574e-3)
    p = p * f + _F(9.618437357674640e-3)
    p = p * f + _F(5.550332471162809e-2)
    p = p * f + _F(2.402264791363012e-1)
    p = p * f + _F(6.931472028550421e-1)
    p = p * f + _ONE
    return p * _float_of((_I(n) + _I(127)) << _I(23)) if much else _F(0)


@_inlined
def _log(x):
    """ln x for x > 0."""
    bits = _bits_of(x) - _ROOT
    e = _F(bits >> _I(23))
    m = _float_of((bits & _I(0x7FFFFF)) + _ROOT) - _ONE
    z = m * m
    y = _F(7.0376836292e-2)
    y = y * m - _F(1.1514610310e-1)
    y = y * m + _F(1.1676998740e-1)
    y = y * m - _F(1.2420140846e-1)
    y = y * m + _F(1.4249322787e-1)
    y = y * m - _F(1.6668057665e-1)
    y = y * m + _F(2.0000714765e-1)
    y = y * m - _F(2.4999993993e-1)
    y = y * m + _F(3.3333331174e-1)
    y = y * m * z - _F(2.12194440e-4) * e - _HALF * z
    return m + y + _F(0.693359375) * e


@_inlined
def _within(v, most):
    """Between 0 and the most there is; what is no number becomes 0."""
    v = v if v > _F(0) else _F(0)
    return v if v < most else most


@_inlined
def _mixed(h):
    """A permutation of the 32-bit numbers (the finaliser of MurmurHash3, Appleby 2011)."""
    h = _U(h ^ (h >> _U(16))) * _U(0x85EBCA6B)
    h = _U(h ^ (h >> _U(13))) * _U(0xC2B2AE35)
    return _U(h ^ (h >> _U(16)))


@_inlined
def _rotated(v, k):
    return _U((v << _U(k)) | (v >> _U(32 - k)))


@_helper
def _begin(s, low, high, block):
    """States (4, 16) of the generators of a block."""
    for i in range(_LANES):
        h = _mixed(_U(low) ^ _mixed(_U(block) + _U(i) * _U(0x9E3779B9)))
        s[0, i] = _mixed(h + _U(0x3C6EF372))
        s[1, i] = _mixed(h + _U(0xDAA66D2B) ^ _U(high))
        s[2, i] = _mixed(h ^ _U(0x78DDE6E4))
        s[3, i] = _mixed(h + _U(high)) | _U(1)


@_helper
def _words(s, words):
    """Fills both rows of words (2, n) with bits."""
    for r in range(2):
        for at in range(0, words.shape[1], _LANES):
            row = words[r, at : at + _LANES]  # a slice: an index that is a sum might be negative, and costs a look-up
            for i in range(_LANES):
                s0, s1, s2, s3 = s[0, i], s[1, i], s[2, i], s[3, i]
                row[i] = _U(_rotated(_U(s0 + s3), 7) + s0)
                t = _U(s1 << _U(9))
                s2 ^= s0
                s3 ^= s1
                s1 ^= s2
                s0 ^= s3
                s[0, i], s[1, i], s[2, i], s[3, i] = s0, s1, s2 ^ t, _rotated(s3, 11)


@_helper
def _normal(radii, angles, z0, z1):
    """Two normal numbers from two words, of each pair."""
    for i in range(len(z0)):
        a, b = _I(radii[i]), _I(angles[i])
        # Small numbers stay as fine as floats are: the radius reaches 6.6.
        u = _F((a >> _I(1)) & _I(0x7FFFFFFF)) * _F(2.0**-31) + _F(2.0**-32)
        radius = np.sqrt(_F(-2) * _log(u))
        # An angle within ±π/4, and by two more bits one of four quarters of the circle.
        f = _F(b >> _I(8)) * _F(math.pi / 2 * 2.0**-24)
        q = f * f
        sine = f + f * q * (_F(-1.6666654611e-1) + q * (_F(8.3321608736e-3) + q * _F(-1.9515295891e-4)))
        tail = _F(4.166664568298827e-2) + q * (_F(-1.388731625493765e-3) + q * _F(2.443315711809948e-5))
        cosine = _float_of(_bits_of(_ONE - _HALF * q + q * q * tail) ^ _I((b & _I(2)) << _I(30)))
        swap = (b & _I(1)) != _I(0)
        z0[i] = radius * (sine if swap else cosine)
        z1[i] = radius * (cosine if swap else sine)


@_helper
def _draw(s, words, z):
    """Fills z (n,) with normal numbers."""
    _words(s, words)
    half = words.shape[1]
    _normal(words[0], words[1], z[:half], z[half:])


@_compiled("void(float32[:, ::1], float32, int64, int64, int64, int64)")
def gaussians(out, std, low, high, first, last):
    """Fills blocks of columns (rows, N) with normal numbers times std."""
    rows = len(out)
    s, words = np.empty((4, _LANES), np.uint32), np.empty((2, rows * BLOCK // 2), np.uint32)
    z = np.empty(rows * BLOCK, np.float32)
    for block in range(first, last):
        _begin(s, low, high, block)
        _draw(s, words, z)
        at = block * BLOCK
        for r in range(rows):
            row, drawn = out[r, at : at + BLOCK], z[r * BLOCK : (r + 1) * BLOCK]
            for i in range(len(row)):
                row[i] = std * drawn[i]


@_helper
def _terms(x0, x1, d, mu, whitening, logits, peak):
    """log₂(π_k N_k) of a few columns, and the largest of each."""
    n = len(x0)
    for i in range(n):
        peak[i] = _F(-np.inf)
    for k in range(mu.shape[1]):
        c = whitening[-1, k]
        m0, m1, a = mu[0, k], mu[-1, k], whitening[0, k]
        if d == 1:
            for i in range(n):
                p = a * (x0[i] - m0)
                logits[k, i] = c - p * p
        else:
            b, e = whitening[1, k], whitening[2, k]
            for i in range(n):
                dx, dy = x0[i] - m0, x1[i] - m1
                p, q = a * dx + b * dy, e * dy
                logits[k, i] = c - p * p - q * q
        for i in range(n):
            peak[i] = logits[k, i] if logits[k, i] > peak[i] else peak[i]


@_helper
def _sums(n, table, logits, peak, sums):
    """Σ_k of the rows of the table, weighted by terms relative to the largest of each column."""
    rows = len(table)
    sums[:, :n] = _F(0)
    s0, s1, s2 = sums[0], sums[1], sums[2]
    s3, s4, s5 = sums[rows - 3], sums[rows - 2], sums[rows - 1]
    for k in range(table.shape[1]):
        for i in range(n):
            logits[k, i] = _exp2(logits[k, i] - peak[i])
        # Three at a time: few enough for the compiler to make sure that they do not overlap.
        t0, t1, t2 = table[0, k], table[1, k], table[2, k]
        for i in range(n):
            w = logits[k, i]
            s0[i] += w * t0
            s1[i] += w * t1
            s2[i] += w * t2
        if rows == 6:
            t3, t4, t5 = table[3, k], table[4, k], table[5, k]
            for i in range(n):
                w = logits[k, i]
                s3[i] += w * t3
                s4[i] += w * t4
                s5[i] += w * t5


@_helper
def _mapped(x0, x1, d, sums, out0, out1):
    """(constant + M x)/Σ r of a few columns."""
    n = len(x0)
    if d == 1:
        c, m, total = sums[0], sums[1], sums[2]
        for i in range(n):
            out0[i] = (c[i] + m[i] * x0[i]) / total[i]
        return
    c0, c1, m00, m01, m11, total = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]
    for i in range(n):
        out0[i] = (c0[i] + m00[i] * x0[i] + m01[i] * x1[i]) / total[i]
    for i in range(n):
        out1[i] = (c1[i] + m01[i] * x0[i] + m11[i] * x1[i]) / total[i]


@_helper
def _logs(total, peak, out):
    """ln Σ r of a few columns, from the sums relative to the largest term."""
    for i in range(len(out)):
        out[i] = _log(total[i]) + _F(math.log(2)) * peak[i]


@_helper
def _copied(source, target):
    for i in range(len(source)):
        target[i] = source[i]


_MIXTURE = "float32[:, ::1], float32[:, ::1], float32[:, ::1]"


@_compiled(f"void(float32[:, ::1], float32[:, ::1], float32[::1], {_MIXTURE}, int64, int64)")
def log_prob_and_map(x, out, log_prob, mu, whitening, table, first, last):
    """Σ_k r_k (b_k + M_k (x − μ_k)) into `out`, and log p in nats into `log_prob` unless that is empty."""
    d, n = x.shape
    logits, peak = np.empty((mu.shape[1], PART), np.float32), np.empty(PART, np.float32)
    sums = np.empty((len(table), PART), np.float32)
    for at in range(first * BLOCK, min(last * BLOCK, n), PART):
        x0, x1 = x[0, at : at + PART], x[d - 1, at : at + PART]
        _terms(x0, x1, d, mu, whitening, logits, peak)
        _sums(len(x0), table, logits, peak, sums)
        _mapped(x0, x1, d, sums, out[0, at : at + PART], out[d - 1, at : at + PART])
        if len(log_prob) > 0:
            _logs(sums[len(table) - 1], peak, log_prob[at : at + PART])


@_compiled(f"void(float32[:, ::1], float32[:, ::1], {_MIXTURE}, float32, float32, float32, int64, int64, int64, int64)")
def moved(x, out, mu, whitening, table, keep, pull, spread, low, high, first, last):
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε into `out`, which may be x itself."""
    d, n = x.shape
    s, words = np.empty((4, _LANES), np.uint32), np.empty((2, d * BLOCK // 2), np.uint32)
    z = np.empty(d * BLOCK, np.float32)
    logits, peak = np.empty((mu.shape[1], PART), np.float32), np.empty(PART, np.float32)
    sums, there = np.empty((len(table), PART), np.float32), np.empty((d, PART), np.float32)
    for block in range(first, last):
        _begin(s, low, high, block)
        _draw(s, words, z)
        for at in range(block * BLOCK, min((block + 1) * BLOCK, n), PART):
            x0, x1 = x[0, at : at + PART], x[d - 1, at : at + PART]
            _terms(x0, x1, d, mu, whitening, logits, peak)
            _sums(len(x0), table, logits, peak, sums)
            _mapped(x0, x1, d, sums, there[0], there[d - 1])
            for r in range(d):
                old, new, slope = x[r, at : at + PART], out[r, at : at + PART], there[r]
                noise = z[r * BLOCK + at - block * BLOCK :]
                for i in range(len(x0)):
                    new[i] = keep * old[i] + pull * slope[i] + spread * noise[i]


@_compiled(
    f"void(float32[:, ::1], float32[:, ::1], float32[:, ::1], {_MIXTURE}, float32, int64, float32[:, ::1],"
    " float32[:, ::1], float32[:, ::1], float32[::1], float32[:, :, ::1], int64, int64)"
)
def leapfrogs(x, p, score, mu, whitening, table, h, steps, x_out, p_out, score_out, log_prob, path, first, last):
    """Leapfrog steps of H = −log p(x) + |p|²/2 from x and p, where the score is known; `path` has the first few's x."""
    d, n = x.shape
    logits, peak = np.empty((mu.shape[1], PART), np.float32), np.empty(PART, np.float32)
    sums, half = np.empty((len(table), PART), np.float32), _HALF * h
    y, momentum, slope = (
        np.empty((d, PART), np.float32),
        np.empty((d, PART), np.float32),
        np.empty((d, PART), np.float32),
    )
    for at in range(first * BLOCK, min(last * BLOCK, n), PART):
        m = min(PART, n - at)
        for r in range(d):
            _copied(x[r, at : at + m], y[r])
            _copied(p[r, at : at + m], momentum[r])
            _copied(score[r, at : at + m], slope[r])
        y0, y1 = y[0, :m], y[d - 1, :m]
        for step in range(steps):
            for r in range(d):
                a, b, c = y[r], momentum[r], slope[r]
                for i in range(m):
                    b[i] += half * c[i]
                    a[i] += h * b[i]
            _terms(y0, y1, d, mu, whitening, logits, peak)
            _sums(m, table, logits, peak, sums)
            _mapped(y0, y1, d, sums, slope[0], slope[d - 1])
            for r in range(d):
                b, c = momentum[r], slope[r]
                for i in range(m):
                    b[i] += half * c[i]
            if at == 0:
                for r in range(d):
                    _copied(y[r, : path.shape[2]], path[step, r])
        for r in range(d):
            _copied(y[r, :m], x_out[r, at : at + m])
            _copied(momentum[r, :m], p_out[r, at : at + m])
            _copied(slope[r, :m], score_out[r, at : at + m])
        _logs(sums[len(table) - 1], peak, log_prob[at : at + PART])


@_compiled(
    "void(float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[::1], float32[::1],"
    " float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[::1],"
    " float32[::1], boolean[::1], int64, int64)"
)
def tested(x, y, score, score_y, log_prob, log_prob_y, p, p_y, z, x_out, score_out, log_out, error, taken, first, last):
    """Metropolis' test: y where −½|z|², the logarithm of a uniform number, is below H(x, p) − H(y, p_y)."""
    d, n = x.shape
    for at in range(first * BLOCK, min(last * BLOCK, n), PART):
        m = min(PART, n - at)
        old, new, drop, yes = log_prob[at : at + m], log_prob_y[at : at + m], error[at : at + m], taken[at : at + m]
        for i in range(m):
            drop[i] = old[i] - new[i]
        for r in range(d):
            a, b = p[r, at : at + m], p_y[r, at : at + m]
            for i in range(m):
                drop[i] += _HALF * (b[i] * b[i] - a[i] * a[i])
        z0, z1, logs = z[0, at : at + m], z[1, at : at + m], log_out[at : at + m]
        for i in range(m):
            yes[i] = drop[i] < _HALF * (z0[i] * z0[i] + z1[i] * z1[i])  # what is no number is a refusal
            logs[i] = new[i] if yes[i] else old[i]
        for r in range(d):
            a, b, c = x[r, at : at + m], y[r, at : at + m], x_out[r, at : at + m]
            for i in range(m):
                c[i] = b[i] if yes[i] else a[i]
            a, b, c = score[r, at : at + m], score_y[r, at : at + m], score_out[r, at : at + m]
            for i in range(m):
                c[i] = b[i] if yes[i] else a[i]


@_inlined
def _hermite(t):
    """Cubic weights of the nodes at 0 and 1: of value and slope, and the derivatives of both."""
    t2 = t * t
    t3 = t2 * t
    rise, fall = _F(3) * t2 - _F(2) * t3, _F(6) * (t - t2)
    near = (_ONE - rise, t - _F(2) * t2 + t3, -fall, _ONE - _F(4) * t + _F(3) * t2)
    return near, (rise, t3 - t2, fall, _F(3) * t2 - _F(2) * t)


@_inlined
def _corner(f, a, b):
    """What a node with value, slopes and twist adds to the value and to its slopes."""
    along, across = f[0] * a[0] + f[1] * a[1], f[2] * a[0] + f[3] * a[1]
    steep = (f[0] * a[2] + f[1] * a[3]) * b[0] + (f[2] * a[2] + f[3] * a[3]) * b[1]
    return along * b[0] + across * b[1], steep, along * b[2] + across * b[3]


@_compiled(
    "void(float32[:, ::1], float32[:, ::1], int64[::1], float32[::1], float32[::1], float32[::1], float32[:, ::1],"
    " boolean[::1], int64, int64)"
)
def interpolated(x, rows, sizes, origin, cell, value, slope, inside, first, last):
    """Cubic along each axis, of rows (nodes, 2^d) with value and slopes; whether x lies 4 nodes from every edge."""
    d = len(x)
    low, high0, high1 = _F(4), _F(sizes[0] - 5), _F(sizes[d - 1] - 5)
    for i in range(first * BLOCK, min(last * BLOCK, x.shape[1])):
        u, v = (x[0, i] - origin[0]) / cell[0], (x[d - 1, i] - origin[d - 1]) / cell[d - 1]
        inside[i] = u >= low and u <= high0 and v >= low and v <= high1
        u = low + _within(u - low, high0 - low - _F(1e-3))
        k = _I(u)
        near, far = _hermite(u - _F(k))
        if d == 1:
            f, g = rows[_U(k)], rows[_U(k + _I(1))]
            value[i] = f[0] * near[0] + f[1] * near[1] + g[0] * far[0] + g[1] * far[1]
            slope[0, i] = (f[0] * near[2] + f[1] * near[3] + g[0] * far[2] + g[1] * far[3]) / cell[0]
            continue
        v = low + _within(v - low, high1 - low - _F(1e-3))
        m = _I(v)
        left, right = _hermite(v - _F(m))
        at, wide = _U(k * _I(sizes[1]) + m), _U(sizes[1])
        p0, s0, r0 = _corner(rows[at], near, left)
        p1, s1, r1 = _corner(rows[at + _U(1)], near, right)
        p2, s2, r2 = _corner(rows[at + wide], far, left)
        p3, s3, r3 = _corner(rows[at + wide + _U(1)], far, right)
        value[i] = p0 + p1 + p2 + p3
        slope[0, i] = (s0 + s1 + s2 + s3) / cell[0]
        slope[1, i] = (r0 + r1 + r2 + r3) / cell[1]


# Where things go is found for a part of the particles at once, and then they go there one by one. Places are unsigned:
# those with a sign would be looked at once more, for they might count from the end.


@_compiled("void(float32[:, ::1], float32[::1], float32[::1], int64, int64, int32[::1], int64, int64)")
def count(x, scale, origin, width, height, out, first, last):
    """Adds each particle to its pixel of `out`, an image with a border of one for those outside."""
    right, down, wide = _F(width - 1), _F(height - 1), _I(width)
    places = np.empty(PART, np.uint32)
    for at in range(first * BLOCK, min(last * BLOCK, x.shape[1]), PART):
        x0, x1 = x[0, at : at + PART], x[1, at : at + PART]
        for i in range(len(x0)):
            column = _I(_within((x0[i] - origin[0]) * scale[0], right))
            row = _I(_within((x1[i] - origin[1]) * scale[1], down))
            places[i] = _U(row * wide + column)
        for i in range(len(x0)):
            out[places[i]] += 1


@_compiled("void(float32[::1], float32, float32, int32[::1], int64, int64)")
def tally(x, scale, shift, out, first, last):
    """Adds each number to its cell of `out`; the first and the last are for those outside."""
    most = _F(len(out) - 1)
    places = np.empty(PART, np.uint32)
    for at in range(first * BLOCK, min(last * BLOCK, len(x)), PART):
        part = x[at : at + PART]
        for i in range(len(part)):
            places[i] = _U(_I(_within(part[i] * scale + shift, most)))
        for i in range(len(part)):
            out[places[i]] += 1


@_compiled("void(float32[:, ::1], float32[::1], float32[::1], float32[::1], int64, int64, int64, float32[::1])")
def deposit(x, weights, scale, origin, border, width, height, out):
    """Shares each particle among the four nearest pixels of `out`, an image with a border for those outside."""
    right, down, wide = _F(width - 2), _F(height - 2), _I(width)
    shift = _F(border) - _HALF
    places = np.empty(PART, np.uint32)
    shares = np.empty((4, PART), np.float32)
    s0, s1, s2, s3 = shares[0], shares[1], shares[2], shares[3]
    below, beside = _U(width), _U(width + 1)
    for at in range(0, x.shape[1], PART):
        x0, x1 = x[0, at : at + PART], x[1, at : at + PART]
        for i in range(len(x0)):
            u = _within((x0[i] - origin[0]) * scale[0] + shift, right)
            v = _within((x1[i] - origin[1]) * scale[1] + shift, down)
            column, row = _I(u), _I(v)
            a, b = u - _F(column), v - _F(row)
            places[i] = _U(row * wide + column)
            s0[i], s1[i], s2[i], s3[i] = (_ONE - a) * (_ONE - b), a * (_ONE - b), (_ONE - a) * b, a * b
        if len(weights) > 0:
            w = weights[at : at + PART]
            for i in range(len(w)):
                s0[i] *= w[i]
                s1[i] *= w[i]
                s2[i] *= w[i]
                s3[i] *= w[i]
        for i in range(len(x0)):
            place = places[i]
            out[place] += s0[i]
            out[place + _U(1)] += s1[i]
            out[place + below] += s2[i]
            out[place + beside] += s3[i]


@_compiled("int64(float32[::1], int64, int64, float32, float32, int32[::1], int32[:, ::1])")
def toned(values, pitch, width, factor, most, table, out):
    """The entries of a table for values times a factor, between 0 and `most`; returns whether some are no numbers."""
    strange = _I(0)
    for r in range(len(out)):
        row, colours = values[r * pitch : r * pitch + width], out[r]
        for i in range(len(row)):
            colours[i] = table[_U(_I(_within(row[i] * factor, most)))]
            strange |= _I(row[i] != row[i])
    return strange


@_compiled("void(int32[::1], int64, int64, float32[:, ::1])")
def blurred(counts, width, height, out):
    """[1 2 1]/4 along both axes of an image with a border of one; what would leave the image stays at its edge."""
    across = np.empty((3, width), np.float32)
    for r in range(-1, height + 1):
        row = counts[(min(max(r, 0), height - 1) + 1) * (width + 2) + 1 :]
        line = across[(r + 3) % 3]
        line[0] = _F(3 * row[0] + row[min(1, width - 1)])
        line[width - 1] = _F(3 * row[width - 1] + row[max(width - 2, 0)])
        for i in range(1, width - 1):
            line[i] = _F(row[i - 1] + 2 * row[i] + row[i + 1])
        if r > 0:
            above, middle, image = across[(r + 1) % 3], across[(r + 2) % 3], out[r - 1]
            for i in range(width):
                image[i] = (above[i] + _F(2) * middle[i] + line[i]) * _F(1 / 16)
