"""The kernels of a GPU, in Triton: what torch does in some sixteen launches is one.

Normal numbers are those of Box & Muller (1958) from Philox (Salmon, Moraes, Dror & Shaw 2011, "Parallel random
numbers: as easy as 1, 2, 3", https://doi.org/10.1145/2063384.2063405): the key of a step and a particle's number give
them.
"""

from __future__ import annotations

import triton
import triton.language as tl

#: Particles that go through a kernel together.
PART = 256


@triton.jit
def _uniform(bits):
    """A number above 0 and up to 1; small ones stay as fine as floats are."""
    return (bits >> 1).to(tl.float32) * 4.656612873077393e-10 + 2.3283064365386963e-10


@triton.jit
def _normal(first, second):
    """Two normal numbers from two words."""
    radius = tl.sqrt(-2.0 * tl.log(_uniform(first)))
    angle = second.to(tl.int32, bitcast=True).to(tl.float32) * 1.4629180792671596e-09
    return radius * tl.cos(angle), radius * tl.sin(angle)


@triton.jit(do_not_specialize=["n", "components"])
def moved(
    x, out, log_prob, mixture, towards, key, n, components, keep, pull, spread,
    d: tl.constexpr, logs: tl.constexpr, noisy: tl.constexpr, part: tl.constexpr,
):  # fmt: skip
    """keep x + pull Σ_k r_k (b_k + M_k (x − μ_k)) + spread ε into `out`, and log p(x) into `log_prob`.

    Rows of `mixture` over components are μ, then c and the whitening, log(π_k N_k) = c − |z_k|²; those of `towards`
    are b − M μ, then the upper triangle of M. Sums are taken relative to the largest term so far.
    """
    at = tl.program_id(0).to(tl.int64) * part + tl.arange(0, part)
    there = at < n
    x0 = tl.load(x + at, mask=there, other=0.0)
    x1 = x0
    if d == 2:
        x1 = tl.load(x + n + at, mask=there, other=0.0)
    peak = tl.full((part,), -3.0e38, tl.float32)
    total = tl.zeros((part,), tl.float32)
    s0, s1, s2, s3, s4 = total, total, total, total, total
    for k in range(components):
        row = mixture + k
        dx = x0 - tl.load(row)
        term = tl.load(row + d * components)
        z = tl.load(row + (d + 1) * components) * dx
        if d == 2:
            dy = x1 - tl.load(row + components)
            z += tl.load(row + 4 * components) * dy
            w = tl.load(row + 5 * components) * dy
            term -= w * w
        term -= z * z
        higher = tl.maximum(peak, term)
        fade, share = tl.exp(peak - higher), tl.exp(term - higher)
        peak = higher
        total = total * fade + share
        row = towards + k
        s0 = s0 * fade + share * tl.load(row)
        s1 = s1 * fade + share * tl.load(row + components)
        if d == 2:
            s2 = s2 * fade + share * tl.load(row + 2 * components)
            s3 = s3 * fade + share * tl.load(row + 3 * components)
            s4 = s4 * fade + share * tl.load(row + 4 * components)
    if logs:
        tl.store(log_prob + at, peak + tl.log(total), mask=there)
    if d == 2:
        y0 = keep * x0 + pull * ((s0 + s2 * x0 + s3 * x1) / total)
        y1 = keep * x1 + pull * ((s1 + s3 * x0 + s4 * x1) / total)
    else:
        y0 = keep * x0 + pull * ((s0 + s1 * x0) / total)
        y1 = y0
    if noisy:
        first, second, _, _ = tl.randint4x(tl.load(key), at)
        z0, z1 = _normal(first, second)
        y0 += spread * z0
        y1 += spread * z1
    tl.store(out + at, y0, mask=there)
    if d == 2:
        tl.store(out + n + at, y1, mask=there)


@triton.jit
def _weights(t):
    """Cubic weights of the nodes at 0 and 1: of value and slope, and the derivatives of both."""
    t2 = t * t
    t3 = t2 * t
    rise, fall = 3.0 * t2 - 2.0 * t3, 6.0 * (t - t2)
    return 1.0 - rise, t - 2.0 * t2 + t3, -fall, 1.0 - 4.0 * t + 3.0 * t2, rise, t3 - t2, fall, 3.0 * t2 - 2.0 * t


@triton.jit
def _place(x, origin, cell, size):
    """The node before x, how far x is to the next, and whether x lies 4 nodes from every edge."""
    u = (x - origin) / cell
    high = size - 5.0
    inside = (u >= 4.0) & (u <= high)
    u = tl.minimum(tl.where(u > 4.0, u, 4.0), high - 1.0e-3)
    node = tl.floor(u)
    return node.to(tl.int32), u - node, inside


@triton.jit
def _corner(rows, node, there, a0, a1, da0, da1, b0, b1, db0, db1):
    """What a node with value, slopes and twist adds to the value and to its slopes."""
    at = rows + node.to(tl.int64) * 4
    f0, f1 = tl.load(at, mask=there, other=0.0), tl.load(at + 1, mask=there, other=0.0)
    f2, f3 = tl.load(at + 2, mask=there, other=0.0), tl.load(at + 3, mask=there, other=0.0)
    along, across = f0 * a0 + f1 * a1, f2 * a0 + f3 * a1
    steep = (f0 * da0 + f1 * da1) * b0 + (f2 * da0 + f3 * da1) * b1
    return along * b0 + across * b1, steep, along * db0 + across * db1


@triton.jit(do_not_specialize=["n", "size0", "size1"])
def interpolated(
    x, rows, value, slope, inside, n, size0, size1, origin0, origin1, cell0, cell1, d: tl.constexpr, part: tl.constexpr
):
    """Cubic along each axis, of rows (nodes, 2^d) with value and slopes; whether x lies 4 nodes from every edge."""
    at = tl.program_id(0).to(tl.int64) * part + tl.arange(0, part)
    there = at < n
    k, t, within = _place(tl.load(x + at, mask=there, other=0.0), origin0, cell0, size0)
    a0, a1, da0, da1, c0, c1, dc0, dc1 = _weights(t)
    if d == 1:
        row = rows + k.to(tl.int64) * 2
        f0, f1 = tl.load(row, mask=there, other=0.0), tl.load(row + 1, mask=there, other=0.0)
        g0, g1 = tl.load(row + 2, mask=there, other=0.0), tl.load(row + 3, mask=there, other=0.0)
        tl.store(value + at, f0 * a0 + f1 * a1 + g0 * c0 + g1 * c1, mask=there)
        tl.store(slope + at, (f0 * da0 + f1 * da1 + g0 * dc0 + g1 * dc1) / cell0, mask=there)
    else:
        m, t, beside = _place(tl.load(x + n + at, mask=there, other=0.0), origin1, cell1, size1)
        within = within & beside
        b0, b1, db0, db1, e0, e1, de0, de1 = _weights(t)
        node = k * size1 + m
        p0, s0, r0 = _corner(rows, node, there, a0, a1, da0, da1, b0, b1, db0, db1)
        p1, s1, r1 = _corner(rows, node + 1, there, a0, a1, da0, da1, e0, e1, de0, de1)
        p2, s2, r2 = _corner(rows, node + size1, there, c0, c1, dc0, dc1, b0, b1, db0, db1)
        p3, s3, r3 = _corner(rows, node + size1 + 1, there, c0, c1, dc0, dc1, e0, e1, de0, de1)
        tl.store(value + at, p0 + p1 + p2 + p3, mask=there)
        tl.store(slope + at, (s0 + s1 + s2 + s3) / cell0, mask=there)
        tl.store(slope + n + at, (r0 + r1 + r2 + r3) / cell1, mask=there)
    tl.store(inside + at, within, mask=there)
