"""Kernels of what is found of particles, and of pictures: particles onto pixels, pixels into colours.

Where things go is found for a part of the particles at once, and then they go there one by one. Places are unsigned:
those with a sign would be looked at once more, for they might count from the end.
"""

from __future__ import annotations

import numpy as np

from visualizer.fused.base import BLOCK, HALF, ONE, PART, compiled, f32, i32, inlined, u32, within
from visualizer.fused.noise import bits_of

#: Pixels that are toned together.
_RUN = 32


@compiled("void(float32[:, ::1], int32[::1], int64, int64)", early=True)
def astray(x, out, first, last):
    """Adds the coordinates that are no numbers, or beyond 10¹⁹, to out[0]."""
    found = i32(0)
    for r in range(len(x)):
        row = x[r, first * BLOCK : last * BLOCK]
        for i in range(len(row)):
            found += i32(not (row[i] * row[i] < f32(1e38)))
    out[0] += found


@compiled("void(float32[:, ::1], float32[::1], float32[::1], int64, int64, int32[::1], int64, int64)")
def count(x, scale, origin, width, height, out, first, last):
    """Adds each particle to its pixel of `out`, an image with a border of one for those outside."""
    right, down, wide = f32(width - 1), f32(height - 1), i32(width)
    places = np.empty(PART, np.uint32)
    for at in range(first * BLOCK, min(last * BLOCK, x.shape[1]), PART):
        x0, x1 = x[0, at : at + PART], x[1, at : at + PART]
        for i in range(len(x0)):
            column = i32(within((x0[i] - origin[0]) * scale[0], right))
            row = i32(within((x1[i] - origin[1]) * scale[1], down))
            places[i] = u32(row * wide + column)
        for i in range(len(x0)):
            out[places[i]] += 1


@compiled("void(float32[::1], float32, float32, int32[::1], int64, int64)")
def tally(x, scale, shift, out, first, last):
    """Adds each number to its cell of `out`; the first and the last are for those outside."""
    most = f32(len(out) - 1)
    places = np.empty(PART, np.uint32)
    for at in range(first * BLOCK, min(last * BLOCK, len(x)), PART):
        part = x[at : at + PART]
        for i in range(len(part)):
            places[i] = u32(i32(within(part[i] * scale + shift, most)))
        for i in range(len(part)):
            out[places[i]] += 1


@compiled("void(float32[:, ::1], float32[::1], float32[::1], float32[::1], int64, int64, int64, float32[::1])")
def deposit(x, weights, scale, origin, border, width, height, out):
    """Shares each particle among the four nearest pixels of `out`, an image with a border for those outside."""
    right, down, wide = f32(width - 2), f32(height - 2), i32(width)
    shift = f32(border) - HALF
    places = np.empty(PART, np.uint32)
    shares = np.empty((4, PART), np.float32)
    s0, s1, s2, s3 = shares[0], shares[1], shares[2], shares[3]
    below, beside = u32(width), u32(width + 1)
    for at in range(0, x.shape[1], PART):
        x0, x1 = x[0, at : at + PART], x[1, at : at + PART]
        for i in range(len(x0)):
            u = within((x0[i] - origin[0]) * scale[0] + shift, right)
            v = within((x1[i] - origin[1]) * scale[1] + shift, down)
            column, row = i32(u), i32(v)
            a, b = u - f32(column), v - f32(row)
            places[i] = u32(row * wide + column)
            s0[i], s1[i], s2[i], s3[i] = (ONE - a) * (ONE - b), a * (ONE - b), (ONE - a) * b, a * b
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
            out[place + u32(1)] += s1[i]
            out[place + below] += s2[i]
            out[place + beside] += s3[i]


@inlined
def _entry(count, fine):
    """Of a table of the logarithm, with 2^fine entries to each doubling of 1 + count."""
    return (bits_of(ONE + count) >> (i32(23) - fine)) - (i32(127) << fine)


@inlined
def _within_table(entry, most):
    """Not by `min` and `max`, of which the compiler makes less."""
    entry = entry if entry > i32(0) else i32(0)
    return entry if entry < most else most


@compiled("int64(float32[::1], int64, int64, float32, int32, int32[::1], int32[:, ::1])")
def toned(values, pitch, width, factor, fine, table, out):
    """The entries of a table for values times a factor, or for counts where it is that of a logarithm (not `fine` = 0).

    Returns whether some are no numbers.
    """
    strange, most, nothing = i32(0), i32(len(table) - 1), table[0]
    entries = np.empty(_RUN, np.int32)
    for r in range(len(out)):
        row, colours = values[r * pitch : r * pitch + width], out[r]
        for at in range(0, width, _RUN):
            run, painted, any_at_all = row[at : at + _RUN], colours[at : at + _RUN], i32(0)
            if fine == 0:
                for i in range(len(run)):
                    entries[i] = i32(within(run[i] * factor, f32(most)))
                    strange |= i32(run[i] != run[i])
            else:
                for i in range(len(run)):
                    entries[i] = _within_table(_entry(run[i], fine), most)
            for i in range(len(run)):
                any_at_all |= entries[i]
            if any_at_all == 0:  # much of a picture is empty, and looking up costs more than all the rest
                for i in range(len(run)):
                    painted[i] = nothing
            else:
                for i in range(len(run)):
                    painted[i] = table[u32(entries[i])]
    return strange


@compiled("void(int32[::1], int64, int64, float32[:, ::1])")
def blurred(counts, width, height, out):
    """[1 2 1]/4 along both axes of an image with a border of one; what would leave the image stays at its edge."""
    across = np.empty((3, width), np.float32)
    for r in range(-1, height + 1):
        row = counts[(min(max(r, 0), height - 1) + 1) * (width + 2) + 1 :]
        line = across[(r + 3) % 3]
        line[0] = f32(3 * row[0] + row[min(1, width - 1)])
        line[width - 1] = f32(3 * row[width - 1] + row[max(width - 2, 0)])
        for i in range(1, width - 1):
            line[i] = f32(row[i - 1] + 2 * row[i] + row[i + 1])
        if r > 0:
            above, middle, image = across[(r + 1) % 3], across[(r + 2) % 3], out[r - 1]
            for i in range(width):
                image[i] = (above[i] + f32(2) * middle[i] + line[i]) * f32(1 / 16)


@inlined
def _spline(f):
    """Weights of a cubic B-spline on the four nodes around a place f of the way from the second to the third."""
    g, f2 = ONE - f, f * f
    f3 = f2 * f
    sixth = f32(1 / 6)
    inner = f32(2 / 3) - f2 + HALF * f3
    return sixth * g * g * g, inner, ONE - sixth * (g * g * g + f3) - inner, sixth * f3


@inlined
def _spread(image, pitch, p, q, weight):
    """Spreads a weight over 4 × 4 pixels of a flat image, the first of which p and q lie in."""
    k, m = i32(p), i32(q)
    w0, w1, w2, w3 = _spline(p - f32(k))
    place = u32(m) * pitch + u32(k)
    for s in _spline(q - f32(m)):
        share = s * weight
        image[place] += w0 * share
        image[place + u32(1)] += w1 * share
        image[place + u32(2)] += w2 * share
        image[place + u32(3)] += w3 * share
        place += pitch


@compiled("void(float32[:, ::1], float32[::1], float32[::1], float32[::1], int64, int64, int64, float32[::1])")
def softened(x, weights, scale, origin, border, width, height, out):
    """Spreads each particle over 4 × 4 pixels of `out`, an image with a border for those outside."""
    right, down, pitch = f32(width - 4), f32(height - 4), u32(width)
    shift, weight = f32(border) - f32(1.5), ONE
    for i in range(x.shape[1]):
        u = within((x[0, i] - origin[0]) * scale[0] + shift, right)
        v = within((x[1, i] - origin[1]) * scale[1] + shift, down)
        if len(weights) > 0:
            weight = weights[i]
        _spread(out, pitch, u, v, weight)


@compiled("void(float32[:, :, ::1], float32[:, ::1], float32[::1], int32, int32[:, ::1])")
def blended(images, palette, opacities, fine, out):
    """The sum of images, each of a count and a colour (4,), as colours; how opaque each is is told for counts."""
    most, sums = i32(len(opacities) - 1), np.empty((4, _RUN), np.float32)
    for r in range(len(out)):
        for at in range(0, out.shape[1], _RUN):
            run = out[r, at : at + _RUN]
            m = len(run)
            sums[:] = f32(0)
            most_here = f32(0)
            for c in range(len(images)):
                image = images[c, r, at : at + _RUN]
                for i in range(m):
                    most_here = max(most_here, image[i])
            if most_here == f32(0):
                run[:] = i32(0)
                continue
            for c in range(len(images)):
                image = images[c, r, at : at + _RUN]
                for k in range(4):
                    weight, row = palette[c, k], sums[k]
                    for i in range(m):
                        row[i] += weight * image[i]
            for i in range(m):
                many = sums[0, i]
                alpha = opacities[u32(_within_table(_entry(many, fine), most))]
                factor = alpha / (many if many > f32(1e-6) else f32(1e-6))
                argb = i32(alpha + HALF) << i32(24) | i32(sums[1, i] * factor + HALF) << i32(16)
                run[i] = argb | i32(sums[2, i] * factor + HALF) << i32(8) | i32(sums[3, i] * factor + HALF)


@inlined
def _stamp(apart, radius):
    """How much of a pixel a disc covers, `apart` from its middle."""
    return within(radius + HALF - apart, ONE)


@inlined
def _bell(f):
    """Weights of a quadratic B-spline at the three pixels around one that is −f away from the middle one."""
    a, b = HALF - f, HALF + f
    return HALF * a * a, f32(0.75) - f * f, HALF * b * b


@compiled(
    "void(float32[:, ::1], float32[::1], float32[::1], float32, int64, float32, int32, int32[::1], int32[:, ::1],"
    " int32[:, ::1])"
)
def dotted(x, scale, origin, radius, reach, fixed, fine, table, colours, out):
    """Small dots on an empty image: sums in fixed point first, then their colours, in the same place.

    The table is that of a logarithm. `colours` is room for those of each particle.
    """
    height, width = out.shape
    right, down = f32(width - 1 - reach), f32(height - 1 - reach)
    span, shrunk = 2 * reach + 1, ONE / fixed
    for again in range(3):
        for i in range(x.shape[1]):
            p, q = (x[0, i] - origin[0]) * scale[0] - HALF, (x[1, i] - origin[1]) * scale[1] - HALF
            if not (p > f32(reach) - HALF and p < right + HALF and q > f32(reach) - HALF and q < down + HALF):
                continue
            column, row = i32(np.rint(p)), i32(np.rint(q))
            column, row = min(max(column, i32(reach)), i32(right)), min(max(row, i32(reach)), i32(down))
            f, g = p - f32(column), q - f32(row)
            if again == 0 and reach == 1:
                across = _bell(f)
                for b, share in enumerate(_bell(g)):
                    line = out[row + b - 1]
                    for a, part in enumerate(across):
                        line[column + a - 1] += i32(share * part * fixed + HALF)
                continue
            for b in range(span):
                line, above = out[row + b - reach], f32(b - reach) - g
                for a in range(span):
                    at, k = column + a - reach, b * span + a
                    if again == 0:
                        beside = f32(a - reach) - f
                        line[at] += i32(_stamp(np.sqrt(beside * beside + above * above), radius) * fixed + HALF)
                    elif again == 1:
                        colours[i, k] = table[u32(_entry(f32(line[at]) * shrunk, fine))]
                    else:
                        line[at] = colours[i, k]


@inlined
def _between(values, at, wide, a, b):
    """Bilinearly between four neighbours on a grid."""
    upper = values[at] + a * (values[at + u32(1)] - values[at])
    lower = values[at + wide] + a * (values[at + wide + u32(1)] - values[at + wide])
    return upper + b * (lower - upper)


@compiled(
    "void(float32[::1], int64, int64, int64, float32[:, ::1], float32[::1], float32[:, :, ::1], float32[::1],"
    " float32[::1], float32, float32, float32, int64)"
)
def drifted(canvas, border, width, height, x, age, velocity, scale, origin, pace, fade, ink, substeps):
    """Fades a canvas with a border, moves tracers (2, N) along a velocity on a grid and adds them to the canvas.

    `scale` and `origin` take places to pixels; a tracer goes `pace` times the velocity in a substep, and leaves
    ink · speed · min(age/8, 1) over 4 × 4 pixels.
    """
    for i in range(len(canvas)):
        canvas[i] = fade * (canvas[i] if canvas[i] < ONE else ONE)
    rows, columns = velocity.shape[1], velocity.shape[2]
    across, along = velocity[0].ravel(), velocity[1].ravel()
    right, down = f32(width - 2 * border), f32(height - 2 * border)
    grid0, grid1 = f32(columns) / right, f32(rows) / down
    wide, pitch = u32(columns), u32(width)
    for i in range(x.shape[1]):
        fresh = ink * min(age[i] * f32(1 / 8), ONE)
        for _ in range(substeps):
            u = within((x[0, i] - origin[0]) * scale[0] * grid0 - HALF, f32(columns - 1))
            v = within((x[1, i] - origin[1]) * scale[1] * grid1 - HALF, f32(rows - 1))
            k, m = min(i32(u), i32(columns - 2)), min(i32(v), i32(rows - 2))
            at, a, b = u32(m * i32(columns) + k), u - f32(k), v - f32(m)
            vx, vy = _between(across, at, wide, a, b), _between(along, at, wide, a, b)
            x[0, i] += pace * vx
            x[1, i] += pace * vy
            weight = fresh * np.sqrt(vx * vx + vy * vy)
            p = (x[0, i] - origin[0]) * scale[0] + f32(border - 1.5)
            q = (x[1, i] - origin[1]) * scale[1] + f32(border - 1.5)
            _spread(canvas, pitch, within(p, f32(width - 4)), within(q, f32(height - 4)), weight)
