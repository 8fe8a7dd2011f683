"""Kernels of Gaussian mixtures: their fields, and the steps that go by them."""

from __future__ import annotations

import math

import numpy as np

from visualizer.fused.base import BLOCK, HALF, PART, compiled, f32, helper, inlined
from visualizer.fused.noise import LANES, begin, draw, exp2, log


@helper
def terms(x0, x1, d, mu, whitening, logits, peak):
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


@inlined
def _add(n, w, t, s0, s1, s2):
    """Three rows at a time: few enough for the compiler to make sure that they do not overlap."""
    t0, t1, t2 = t[0], t[1], t[2]
    for i in range(n):
        s0[i] += w[i] * t0
        s1[i] += w[i] * t1
        s2[i] += w[i] * t2


@inlined
def _add_four(n, w, t, s0, s1, s2):
    """The same of four terms: sums are read and written a quarter as often."""
    w0, w1, w2, w3 = w[0], w[1], w[2], w[3]
    a0, a1, a2, a3 = t[0, 0], t[0, 1], t[0, 2], t[0, 3]
    b0, b1, b2, b3 = t[1, 0], t[1, 1], t[1, 2], t[1, 3]
    c0, c1, c2, c3 = t[2, 0], t[2, 1], t[2, 2], t[2, 3]
    for i in range(n):
        p, q, r, s = w0[i], w1[i], w2[i], w3[i]  # once, or the compiler reads them for each row
        s0[i] += p * a0 + q * a1 + r * a2 + s * a3
        s1[i] += p * b0 + q * b1 + r * b2 + s * b3
        s2[i] += p * c0 + q * c1 + r * c2 + s * c3


@helper
def _sums(n, table, logits, peak, sums):
    """Σ_k of the rows of the table, weighted by terms relative to the largest of each column."""
    rows, count = table.shape
    sums[:, :n] = f32(0)
    for k in range(count):
        for i in range(n):
            logits[k, i] = exp2(logits[k, i] - peak[i])
    fours = count // 4 * 4
    for k in range(0, fours, 4):
        for row in range(0, rows, 3):
            _add_four(n, logits[k : k + 4], table[row : row + 3, k : k + 4], sums[row], sums[row + 1], sums[row + 2])
    for k in range(fours, count):
        for row in range(0, rows, 3):
            _add(n, logits[k], table[row : row + 3, k], sums[row], sums[row + 1], sums[row + 2])


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
def logs_of(total, peak, out):
    """ln Σ r of a few columns, from the sums relative to the largest term."""
    for i in range(len(out)):
        out[i] = log(total[i]) + f32(math.log(2)) * peak[i]


@helper
def field(x0, x1, d, mu, whitening, table, logits, peak, sums, out0, out1):
    """Σ_k r_k (b_k + M_k (x − μ_k)) of a few columns."""
    terms(x0, x1, d, mu, whitening, logits, peak)
    _sums(len(x0), table, logits, peak, sums)
    _mapped(x0, x1, d, sums, out0, out1)


@helper
def room(d, table, rows):
    """What a kernel writes on: words and states of generators, numbers (rows · BLOCK), terms, peaks, sums."""
    s, words = np.empty((4, LANES), np.uint32), np.empty((2, rows * BLOCK // 2), np.uint32)
    z, logits = np.zeros(rows * BLOCK, np.float32), np.empty((table.shape[1], PART), np.float32)
    return s, words, z, logits, np.empty(PART, np.float32), np.empty((len(table), PART), np.float32)


MIXTURE = "float32[:, ::1], float32[:, ::1], float32[:, ::1]"


@compiled(f"void(float32[:, ::1], float32[:, ::1], float32[::1], {MIXTURE}, int64, int64)")
def log_prob_and_map(x, out, log_prob, mu, whitening, table, first, last):
    """Σ_k r_k (b_k + M_k (x − μ_k)) into `out`, and log p in nats into `log_prob` unless that is empty."""
    d, n = x.shape
    logits, peak = np.empty((mu.shape[1], PART), np.float32), np.empty(PART, np.float32)
    sums = np.empty((len(table), PART), np.float32)
    for at in range(first * BLOCK, min(last * BLOCK, n), PART):
        x0, x1 = x[0, at : at + PART], x[d - 1, at : at + PART]
        out0, out1 = out[0, at : at + PART], out[d - 1, at : at + PART]
        field(x0, x1, d, mu, whitening, table, logits, peak, sums, out0, out1)
        if len(log_prob) > 0:
            logs_of(sums[len(table) - 1], peak, log_prob[at : at + PART])


@compiled(
    f"void(float32[:, ::1], float32[:, ::1], {MIXTURE}, float32, float32, float32, int64, int64, int64, int64)",
    early=True,
)
def moved(x, out, mu, whitening, table, keep, pull, spread, low, high, first, last):
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε into `out`; no noise is drawn for a spread of 0."""
    d, n = x.shape
    s, words, z, logits, peak, sums = room(d, table, d)
    there = np.empty((d, PART), np.float32)
    for block in range(first, last):
        if spread != f32(0):
            begin(s, low, high, block)
            draw(s, words, z)
        for at in range(block * BLOCK, min((block + 1) * BLOCK, n), PART):
            x0, x1 = x[0, at : at + PART], x[d - 1, at : at + PART]
            m = len(x0)
            field(x0, x1, d, mu, whitening, table, logits, peak, sums, there[0, :m], there[d - 1, :m])
            for r in range(d):
                old, new, slope = x[r, at : at + PART], out[r, at : at + PART], there[r]
                noise = z[r * BLOCK + at - block * BLOCK :]
                for i in range(m):
                    new[i] = keep * old[i] + pull * slope[i] + spread * noise[i]


@compiled(
    f"void(float32[:, ::1], float32[:, ::1], float32[:, ::1], {MIXTURE}, float32, float32, float32, int64, int64,"
    " float32[:, ::1], float32[:, ::1], float32[:, ::1], int64, int64)"
)
def underdamped(x, p, score, mu, whitening, table, h, keep, spread, low, high, x_out, p_out, score_out, first, last):
    """A step B A O A B of dx = p dt, dp = ∇log p(x) dt − γ p dt + √(2γ) dw, with the score where it ends."""
    d, n = x.shape
    s, words, z, logits, peak, sums = room(d, table, d)
    half = HALF * h
    for block in range(first, last):
        begin(s, low, high, block)
        draw(s, words, z)
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
            field(y0, y1, d, mu, whitening, table, logits, peak, sums, slope0, slope1)
            for r in range(d):
                q, c = p_out[r, at : at + PART], score_out[r, at : at + PART]
                for i in range(m):
                    q[i] += half * c[i]
