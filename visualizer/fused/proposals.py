"""Kernels of proposals to columns, and of their tests."""

from __future__ import annotations

import numpy as np

from visualizer.fused.base import BLOCK, HALF, PART, compiled, f32, helper
from visualizer.fused.mixtures import MIXTURE, field, logs_of, room, terms
from visualizer.fused.noise import begin, draw, exp2


@helper
def copied(source, target):
    for i in range(len(source)):
        target[i] = source[i]


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
    f"void(float32[:, ::1], float32[:, ::1], float32[:, ::1], {MIXTURE}, float32[:, ::1], int64, int64, int64,"
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
    s, words, z, logits, peak, sums = room(d, table, d + 2)
    p, slope, logs = np.empty((d, PART), np.float32), np.empty((d, PART), np.float32), np.empty(PART, np.float32)
    for kind in range(len(kinds)):
        h, beta, rest = kinds[kind]
        half, rows = HALF * h, slice(kind * d, (kind + 1) * d)
        old_x, new_x, y, old_score, new_score = x[rows], x_out[rows], y_out[rows], score[rows], score_out[rows]
        for block in range(first, last):
            begin(s, low, high, block + kind * (-(-n // BLOCK)))
            draw(s, words, z)
            for at in range(block * BLOCK, min((block + 1) * BLOCK, n), PART):
                y0, y1, drop = y[0, at : at + PART], y[d - 1, at : at + PART], error[kind, at : at + PART]
                m, off, old = len(y0), at - block * BLOCK, log_prob[kind, at : at + PART]
                for i in range(m):
                    drop[i] = beta * old[i]
                for r in range(d):
                    copied(old_x[r, at : at + PART], y[r, at : at + PART])
                    copied(z[r * BLOCK + off : r * BLOCK + off + m], p[r])
                    copied(old_score[r, at : at + PART], slope[r])
                _squares(y[:, at : at + PART], m, -HALF * rest, drop)
                _squares(p, m, -HALF, drop)
                for r in range(d):
                    _pushed(p[r], slope[r], y[r, at : at + PART], beta, rest, half)
                for step in range(steps):
                    for r in range(d):
                        a, b = y[r, at : at + PART], p[r]
                        for i in range(m):
                            a[i] += h * b[i]
                    field(y0, y1, d, mu, whitening, table, logits, peak, sums, slope[0, :m], slope[d - 1, :m])
                    kick = h if step + 1 < steps else half  # two halves in one
                    for r in range(d):
                        _pushed(p[r], slope[r], y[r, at : at + PART], beta, rest, kick)
                    if at == 0 and kind == 0:
                        for r in range(d):
                            copied(y[r, : path.shape[2]], path[step, r])
                logs_of(sums[len(table) - 1], peak, logs)
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
    f"void(float32[:, ::1], float32[::1], {MIXTURE}, float32, int64, int64, float32[:, ::1], float32[::1],"
    " float32[:, ::1], boolean[::1], int64, int64)"
)
def walked(x, log_prob, mu, whitening, table, spread, low, high, x_out, log_out, y_out, taken, first, last):
    """x + spread ε into `y_out`, and its test."""
    d, n = x.shape
    s, words, z, logits, peak, sums = room(d, table, d + 2)
    drop, logs, total = np.empty(PART, np.float32), np.empty(PART, np.float32), sums[0]
    for block in range(first, last):
        begin(s, low, high, block)
        draw(s, words, z)
        for at in range(block * BLOCK, min((block + 1) * BLOCK, n), PART):
            old, off = log_prob[at : at + PART], at - block * BLOCK
            m = len(old)
            for r in range(d):
                a, b, noise = x[r, at : at + PART], y_out[r, at : at + PART], z[r * BLOCK + off :]
                for i in range(m):
                    b[i] = a[i] + spread * noise[i]
            terms(y_out[0, at : at + PART], y_out[d - 1, at : at + PART], d, mu, whitening, logits, peak)
            total[:] = f32(0)
            for k in range(mu.shape[1]):
                for i in range(m):
                    total[i] += exp2(logits[k, i] - peak[i])
            logs_of(total, peak, logs)
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
