"""Kernels of noise and of Gaussian mixtures: what takes particles through a step.

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

from visualizer.fused.base import BLOCK, HALF, ONE, PART, compiled, f32, helper, i32, inlined, u32

_LANES = 16
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
def _bits_of(_context: Any, _value: Any) -> Any:
    def gen(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), gen


@inlined
def _exp2(x):
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
def _log(x):
    """ln x for x > 0."""
    bits = _bits_of(x) - _ROOT
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
def _begin(s, low, high, block):
    """States (4, 16) of the generators of a block."""
    for i in range(_LANES):
        h = _mixed(u32(low) ^ _mixed(u32(block) + u32(i) * u32(0x9E3779B9)))
        s[0, i] = _mixed(h + u32(0x3C6EF372))
        s[1, i] = _mixed(h + u32(0xDAA66D2B) ^ u32(high))
        s[2, i] = _mixed(h ^ u32(0x78DDE6E4))
        s[3, i] = _mixed(h + u32(high)) | u32(1)


@helper
def _words(s, words):
    """Fills both rows of words (2, n) with bits."""
    for r in range(2):
        for at in range(0, words.shape[1], _LANES):
            row = words[r, at : at + _LANES]  # a slice: an index that is a sum might be negative, and costs a look-up
            for i in range(_LANES):
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
        radius = np.sqrt(f32(-2) * _log(u))
        # An angle within ±π/4, and by two more bits one of four quarters of the circle.
        f = f32(b >> i32(8)) * f32(math.pi / 2 * 2.0**-24)
        q = f * f
        sine = f + f * q * (f32(-1.6666654611e-1) + q * (f32(8.3321608736e-3) + q * f32(-1.9515295891e-4)))
        tail = f32(4.166664568298827e-2) + q * (f32(-1.388731625493765e-3) + q * f32(2.443315711809948e-5))
        cosine = _float_of(_bits_of(ONE - HALF * q + q * q * tail) ^ i32((b & i32(2)) << i32(30)))
        swap = (b & i32(1)) != i32(0)
        z0[i] = radius * (sine if swap else cosine)
        z1[i] = radius * (cosine if swap else sine)


@helper
def _draw(s, words, z):
    """Fills z (n,) with normal numbers."""
    _words(s, words)
    half = words.shape[1]
    _normal(words[0], words[1], z[:half], z[half:])


@compiled("void(float32[:, ::1], float32, int64, int64, int64, int64)")
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


@helper
def _terms(x0, x1, d, mu, whitening, logits, peak):
    """log₂(π_k N_k) of a few columns, and the largest of each."""
    n = len(x0)
    for i in range(n):
        peak[i] = f32(-np.inf)
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


@helper
def _sums(n, table, logits, peak, sums):
    """Σ_k of the rows of the table, weighted by terms relative to the largest of each column."""
    rows = len(table)
    sums[:, :n] = f32(0)
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


@helper
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


@helper
def _logs(total, peak, out):
    """ln Σ r of a few columns, from the sums relative to the largest term."""
    for i in range(len(out)):
        out[i] = _log(total[i]) + f32(math.log(2)) * peak[i]


@helper
def _copied(source, target):
    for i in range(len(source)):
        target[i] = source[i]


@helper
def _field(x0, x1, d, mu, whitening, table, logits, peak, sums, out0, out1):
    """Σ_k r_k (b_k + M_k (x − μ_k)) of a few columns."""
    _terms(x0, x1, d, mu, whitening, logits, peak)
    _sums(len(x0), table, logits, peak, sums)
    _mapped(x0, x1, d, sums, out0, out1)


@helper
def _room(d, table, rows):
    """What a kernel writes on: words and states of generators, numbers (rows · BLOCK), terms, peaks, sums."""
    s, words = np.empty((4, _LANES), np.uint32), np.empty((2, rows * BLOCK // 2), np.uint32)
    z, logits = np.zeros(rows * BLOCK, np.float32), np.empty((table.shape[1], PART), np.float32)
    return s, words, z, logits, np.empty(PART, np.float32), np.empty((len(table), PART), np.float32)


_MIXTURE = "float32[:, ::1], float32[:, ::1], float32[:, ::1]"


@compiled(f"void(float32[:, ::1], float32[:, ::1], float32[::1], {_MIXTURE}, int64, int64)")
def log_prob_and_map(x, out, log_prob, mu, whitening, table, first, last):
    """Σ_k r_k (b_k + M_k (x − μ_k)) into `out`, and log p in nats into `log_prob` unless that is empty."""
    d, n = x.shape
    logits, peak = np.empty((mu.shape[1], PART), np.float32), np.empty(PART, np.float32)
    sums = np.empty((len(table), PART), np.float32)
    for at in range(first * BLOCK, min(last * BLOCK, n), PART):
        x0, x1 = x[0, at : at + PART], x[d - 1, at : at + PART]
        out0, out1 = out[0, at : at + PART], out[d - 1, at : at + PART]
        _field(x0, x1, d, mu, whitening, table, logits, peak, sums, out0, out1)
        if len(log_prob) > 0:
            _logs(sums[len(table) - 1], peak, log_prob[at : at + PART])


@compiled(f"void(float32[:, ::1], float32[:, ::1], {_MIXTURE}, float32, float32, float32, int64, int64, int64, int64)")
def moved(x, out, mu, whitening, table, keep, pull, spread, low, high, first, last):
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε into `out`; no noise is drawn for a spread of 0."""
    d, n = x.shape
    s, words, z, logits, peak, sums = _room(d, table, d)
    there = np.empty((d, PART), np.float32)
    for block in range(first, last):
        if spread != f32(0):
            _begin(s, low, high, block)
            _draw(s, words, z)
        for at in range(block * BLOCK, min((block + 1) * BLOCK, n), PART):
            x0, x1 = x[0, at : at + PART], x[d - 1, at : at + PART]
            m = len(x0)
            _field(x0, x1, d, mu, whitening, table, logits, peak, sums, there[0, :m], there[d - 1, :m])
            for r in range(d):
                old, new, slope = x[r, at : at + PART], out[r, at : at + PART], there[r]
                noise = z[r * BLOCK + at - block * BLOCK :]
                for i in range(m):
                    new[i] = keep * old[i] + pull * slope[i] + spread * noise[i]


@compiled(
    f"void(float32[:, ::1], float32[:, ::1], float32[:, ::1], {_MIXTURE}, float32, float32, float32, int64, int64,"
    " float32[:, ::1], float32[:, ::1], float32[:, ::1], int64, int64)"
)
def underdamped(x, p, score, mu, whitening, table, h, keep, spread, low, high, x_out, p_out, score_out, first, last):
    """A step B A O A B of dx = p dt, dp = ∇log p(x) dt − γ p dt + √(2γ) dw, with the score where it ends."""
    d, n = x.shape
    s, words, z, logits, peak, sums = _room(d, table, d)
    half = HALF * h
    for block in range(first, last):
        _begin(s, low, high, block)
        _draw(s, words, z)
        for at in range(block * BLOCK, min((block + 1) * BLOCK, n), PART):
            y0, y1 = x_out[0, at : at + PART], x_out[d - 1, at : at + PART]
            m = len(y0)
            for r in range(d):
                a, b, c = x[r, at : at + PART], p[r, at : at + PART], score[r, at : at + PART]
                y, q = x_out[r, at : at + PART], p_out[r, at : at + PART]
                noise = z[r * BLOCK + at - block * BLOCK :]
                for i in range(m):
                    momentum = b[i] + half * c[i]
                    there = a[i] + half * momentum
                    momentum = keep * momentum + spread * noise[i]
                    y[i], q[i] = there + half * momentum, momentum
            slope0, slope1 = score_out[0, at : at + PART], score_out[d - 1, at : at + PART]
            _field(y0, y1, d, mu, whitening, table, logits, peak, sums, slope0, slope1)
            for r in range(d):
                q, c = p_out[r, at : at + PART], score_out[r, at : at + PART]
                for i in range(m):
                    q[i] += half * c[i]


@helper
def _decided(drop, z0, z1, old, new, logs, yes):
    """Metropolis' test of a few columns: taken where −½|z|², the logarithm of a uniform number, is below −drop."""
    for i in range(len(drop)):
        yes[i] = drop[i] < HALF * (z0[i] * z0[i] + z1[i] * z1[i])  # what is no number is a refusal
        logs[i] = new[i] if yes[i] else old[i]


@helper
def _chosen(yes, new, old, out):
    for i in range(len(yes)):
        out[i] = new[i] if yes[i] else old[i]


@helper
def _squares(rows, m, factor, out):
    """Adds factor · |·|² of a few columns."""
    for r in range(len(rows)):
        row = rows[r]
        for i in range(m):
            out[i] += factor * row[i] * row[i]


@helper
def _pushed(p, score, y, beta, rest, half):
    """p + half (β ∇log p(y) − rest y), of one coordinate of a few columns."""
    for i in range(len(y)):
        p[i] += half * (beta * score[i] - rest * y[i])


@compiled(
    f"void(float32[:, ::1], float32[:, ::1], float32[:, ::1], {_MIXTURE}, float32[:, ::1], int64, int64, int64,"
    " float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], boolean[:, ::1],"
    " float32[:, :, ::1], int64, int64)"
)
def hamiltonian(
    x, log_prob, score, mu, whitening, table, kinds, steps, low, high,
    x_out, log_out, score_out, y_out, error, taken, path, first, last,
):  # fmt: skip
    """Momenta, leapfrog steps of H = −log π(x) + |p|²/2, and their test; `path` has the x of the first few.

    There are several kinds of columns, d rows of x for each: kinds has h, β and `rest`, log π = β log p − ½ rest |x|².
    """
    n, d = x.shape[1], len(x) // len(kinds)
    s, words, z, logits, peak, sums = _room(d, table, d + 2)
    p, slope, logs = np.empty((d, PART), np.float32), np.empty((d, PART), np.float32), np.empty(PART, np.float32)
    for kind in range(len(kinds)):
        h, beta, rest = kinds[kind]
        half, rows = HALF * h, slice(kind * d, (kind + 1) * d)
        old_x, new_x, y, old_score, new_score = x[rows], x_out[rows], y_out[rows], score[rows], score_out[rows]
        for block in range(first, last):
            _begin(s, low, high, block + kind * (-(-n // BLOCK)))
            _draw(s, words, z)
            for at in range(block * BLOCK, min((block + 1) * BLOCK, n), PART):
                y0, y1, drop = y[0, at : at + PART], y[d - 1, at : at + PART], error[kind, at : at + PART]
                m, off, old = len(y0), at - block * BLOCK, log_prob[kind, at : at + PART]
                for i in range(m):
                    drop[i] = beta * old[i]
                for r in range(d):
                    _copied(old_x[r, at : at + PART], y[r, at : at + PART])
                    _copied(z[r * BLOCK + off : r * BLOCK + off + m], p[r])
                    _copied(old_score[r, at : at + PART], slope[r])
                _squares(y[:, at : at + PART], m, -HALF * rest, drop)
                _squares(p, m, -HALF, drop)
                for r in range(d):
                    _pushed(p[r], slope[r], y[r, at : at + PART], beta, rest, half)
                for step in range(steps):
                    for r in range(d):
                        a, b = y[r, at : at + PART], p[r]
                        for i in range(m):
                            a[i] += h * b[i]
                    _field(y0, y1, d, mu, whitening, table, logits, peak, sums, slope[0, :m], slope[d - 1, :m])
                    kick = h if step + 1 < steps else half  # two halves in one
                    for r in range(d):
                        _pushed(p[r], slope[r], y[r, at : at + PART], beta, rest, kick)
                    if at == 0 and kind == 0:
                        for r in range(d):
                            _copied(y[r, : path.shape[2]], path[step, r])
                _logs(sums[len(table) - 1], peak, logs)
                for i in range(m):
                    drop[i] -= beta * logs[i]
                _squares(y[:, at : at + PART], m, HALF * rest, drop)
                _squares(p, m, HALF, drop)
                yes, z0, z1 = taken[kind, at : at + PART], z[d * BLOCK + off :], z[(d + 1) * BLOCK + off :]
                _decided(drop, z0, z1, old, logs, log_out[kind, at : at + PART], yes)
                for r in range(d):
                    _chosen(yes, y[r, at : at + PART], old_x[r, at : at + PART], new_x[r, at : at + PART])
                    _chosen(yes, slope[r], old_score[r, at : at + PART], new_score[r, at : at + PART])


@compiled(
    f"void(float32[:, ::1], float32[::1], {_MIXTURE}, float32, int64, int64, float32[:, ::1], float32[::1],"
    " float32[:, ::1], boolean[::1], int64, int64)"
)
def walked(x, log_prob, mu, whitening, table, spread, low, high, x_out, log_out, y_out, taken, first, last):
    """x + spread ε into `y_out`, and its test."""
    d, n = x.shape
    s, words, z, logits, peak, sums = _room(d, table, d + 2)
    drop, logs, total = np.empty(PART, np.float32), np.empty(PART, np.float32), sums[0]
    for block in range(first, last):
        _begin(s, low, high, block)
        _draw(s, words, z)
        for at in range(block * BLOCK, min((block + 1) * BLOCK, n), PART):
            old, off = log_prob[at : at + PART], at - block * BLOCK
            m = len(old)
            for r in range(d):
                a, b, noise = x[r, at : at + PART], y_out[r, at : at + PART], z[r * BLOCK + off :]
                for i in range(m):
                    b[i] = a[i] + spread * noise[i]
            _terms(y_out[0, at : at + PART], y_out[d - 1, at : at + PART], d, mu, whitening, logits, peak)
            total[:] = f32(0)
            for k in range(mu.shape[1]):
                for i in range(m):
                    total[i] += _exp2(logits[k, i] - peak[i])
            _logs(total, peak, logs)
            for i in range(m):
                drop[i] = old[i] - logs[i]
            yes, z0, z1 = taken[at : at + PART], z[d * BLOCK + off :], z[(d + 1) * BLOCK + off :]
            _decided(drop[:m], z0, z1, old, logs, log_out[at : at + PART], yes)
            for r in range(d):
                _chosen(yes, y_out[r, at : at + PART], x[r, at : at + PART], x_out[r, at : at + PART])


@compiled("void(float32[:, ::1], float32[:, ::1], boolean[::1], int64, int64)")
def exchanged(one, other, swap, first, last):
    """Exchanges the columns that swap says, in place."""
    for r in range(len(one)):
        at, upto = first * BLOCK, last * BLOCK
        a, b, yes = one[r, at:upto], other[r, at:upto], swap[at:upto]
        for i in range(len(yes)):
            p, q = a[i], b[i]
            a[i] = q if yes[i] else p
            b[i] = p if yes[i] else q


@compiled(
    "void(float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[::1], float32[::1],"
    " float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[:, ::1], float32[::1],"
    " float32[::1], boolean[::1], int64, int64)"
)
def tested(x, y, score, score_y, log_prob, log_prob_y, p, p_y, z, x_out, score_out, log_out, error, taken, first, last):
    """Metropolis' test of a proposal y with a momentum p_y, of whatever density: the tests of `hamiltonian`."""
    d, n = x.shape
    for at in range(first * BLOCK, min(last * BLOCK, n), PART):
        old, new = log_prob[at : at + PART], log_prob_y[at : at + PART]
        drop, yes = error[at : at + PART], taken[at : at + PART]
        for i in range(len(old)):
            drop[i] = old[i] - new[i]
        _squares(p_y[:, at : at + PART], len(old), HALF, drop)
        _squares(p[:, at : at + PART], len(old), -HALF, drop)
        _decided(drop, z[0, at : at + PART], z[1, at : at + PART], old, new, log_out[at : at + PART], yes)
        for r in range(d):
            _chosen(yes, y[r, at : at + PART], x[r, at : at + PART], x_out[r, at : at + PART])
            _chosen(yes, score_y[r, at : at + PART], score[r, at : at + PART], score_out[r, at : at + PART])


@compiled("void(float32[:, ::1], int32[::1], int64, int64)")
def astray(x, out, first, last):
    """Adds the coordinates that are no numbers, or beyond 10¹⁹, to out[0]."""
    found = i32(0)
    for r in range(len(x)):
        row = x[r, first * BLOCK : last * BLOCK]
        for i in range(len(row)):
            found += i32(not (row[i] * row[i] < f32(1e38)))
    out[0] += found
