"""The kernels of values on a grid."""

from __future__ import annotations

import numpy as np

from visualizer.fused.base import BLOCK, ONE, compiled, f32, i32, inlined, u32, within


@inlined
def _hermite(t):
    """Cubic weights of the nodes at 0 and 1: of value and slope, and the derivatives of both."""
    t2 = t * t
    t3 = t2 * t
    rise, fall = f32(3) * t2 - f32(2) * t3, f32(6) * (t - t2)
    near = (ONE - rise, t - f32(2) * t2 + t3, -fall, ONE - f32(4) * t + f32(3) * t2)
    return near, (rise, t3 - t2, fall, f32(3) * t2 - f32(2) * t)


@inlined
def _corner(f, a, b):
    """What a node with value, slopes and twist adds to the value and to its slopes."""
    along, across = f[0] * a[0] + f[1] * a[1], f[2] * a[0] + f[3] * a[1]
    steep = (f[0] * a[2] + f[1] * a[3]) * b[0] + (f[2] * a[2] + f[3] * a[3]) * b[1]
    return along * b[0] + across * b[1], steep, along * b[2] + across * b[3]


@inlined
def _slope(a, b, c, d):
    """By central differences of fourth order, at the node between b and c."""
    return ((c - b) * 8.0 - (d - a)) / 12.0


@compiled("void(float64[:, ::1], float32[:, :, ::1])")
def sloped(f, out):
    """Of values at nodes f, ∂₀f, ∂₁f and ∂₀∂₁f in cells, in float64 until they are kept; 0 at the two outermost."""
    rows, columns = f.shape
    steep, across, twist = np.zeros(columns), np.zeros(columns), np.zeros(columns)
    for i in range(rows):
        row = f[i]
        if 2 <= i < rows - 2:
            a, b, c, d = f[i - 2], f[i - 1], f[i + 1], f[i + 2]
            for j in range(columns):
                steep[j] = _slope(a[j], b[j], c[j], d[j])
        else:
            steep[:] = 0.0
        for along, values in ((across, row), (twist, steep)):
            a, b, c, d, middle = values[:-4], values[1:-3], values[3:-1], values[4:], along[2:-2]
            for j in range(len(middle)):
                middle[j] = _slope(a[j], b[j], c[j], d[j])
        kept = out[i]
        for j in range(columns):
            kept[j, 0], kept[j, 1], kept[j, 2], kept[j, 3] = row[j], steep[j], across[j], twist[j]


@compiled(
    "void(float32[:, ::1], float32[:, ::1], int64[::1], float32[::1], float32[::1], float32[::1], float32[:, ::1],"
    " boolean[::1], int64, int64)"
)
def interpolated(x, rows, sizes, origin, cell, value, slope, inside, first, last):
    """Cubic along each axis, of rows (nodes, 2^d) with value and slopes; whether x lies 4 nodes from every edge."""
    d = len(x)
    low, high0, high1 = f32(4), f32(sizes[0] - 5), f32(sizes[d - 1] - 5)
    for i in range(first * BLOCK, min(last * BLOCK, x.shape[1])):
        u, v = (x[0, i] - origin[0]) / cell[0], (x[d - 1, i] - origin[d - 1]) / cell[d - 1]
        inside[i] = u >= low and u <= high0 and v >= low and v <= high1
        u = low + within(u - low, high0 - low - f32(1e-3))
        k = i32(u)
        near, far = _hermite(u - f32(k))
        if d == 1:
            f, g = rows[u32(k)], rows[u32(k + i32(1))]
            value[i] = f[0] * near[0] + f[1] * near[1] + g[0] * far[0] + g[1] * far[1]
            slope[0, i] = (f[0] * near[2] + f[1] * near[3] + g[0] * far[2] + g[1] * far[3]) / cell[0]
            continue
        v = low + within(v - low, high1 - low - f32(1e-3))
        m = i32(v)
        left, right = _hermite(v - f32(m))
        at, wide = u32(k * i32(sizes[1]) + m), u32(sizes[1])
        p0, s0, r0 = _corner(rows[at], near, left)
        p1, s1, r1 = _corner(rows[at + u32(1)], near, right)
        p2, s2, r2 = _corner(rows[at + wide], far, left)
        p3, s3, r3 = _corner(rows[at + wide + u32(1)], far, right)
        value[i] = p0 + p1 + p2 + p3
        slope[0, i] = (s0 + s1 + s2 + s3) / cell[0]
        slope[1, i] = (r0 + r1 + r2 + r3) / cell[1]
