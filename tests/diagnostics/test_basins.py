"""Modes and basins: symmetric densities whose separatrix is known, persistence by brute force, and any grid at all."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad

from visualizer.diagnostics import basins
from visualizer.diagnostics.basins import LEAST_SHARE, PROMINENCE, partition


def grid(n, reach=4.0):
    axis = -reach + (np.arange(n) + 0.5) * 2 * reach / n
    return (axis, axis), np.meshgrid(axis, axis, indexing="ij")


@pytest.mark.parametrize("degrees", [0.0, 17.0, 30.0, 45.0, 71.0])
def test_the_line_between_two_wells_is_where_the_flow_parts(degrees):
    """(u² − 1)² and a long shallow slope along v, turned: by symmetry the separatrix is u = 0, at every angle."""
    axes, (x, y) = grid(192)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    u, v = c * x + s * y, c * y - s * x
    found = partition(-4 * (u * u - 1) ** 2 - 0.15 * v * v, axes)
    assert len(found.places) == 2
    along = found.places @ np.array([c, s])
    assert np.abs(found.places @ np.array([-s, c])) == pytest.approx(0, abs=0.05)
    assert np.abs(along) == pytest.approx(1, abs=0.02)
    left = int(along.argmin())
    cell = axes[0][1] - axes[0][0]
    clear = (np.abs(u) > 1.5 * cell) & (np.hypot(x, y) < 3)
    assert ((found.labels == left) == (u < 0))[clear].all()
    assert found.shares == pytest.approx([0.5, 0.5], abs=2e-3)


def test_climbing_from_cell_to_cell_alone_would_get_the_line_wrong(monkeypatch):
    """What the flow is for: without it more than one cell in a hundred is on the wrong side."""
    axes, (x, y) = grid(192)
    c, s = math.cos(0.4), math.sin(0.4)
    u, v = c * x + s * y, c * y - s * x
    log_p = -4 * (u * u - 1) ** 2 - 0.6 * (v - 2.5 * u) ** 2
    exact = partition(log_p, axes)
    monkeypatch.setattr(basins, "_carried", lambda labels, log_p, spacing: labels)
    from_cells = partition(log_p, axes)
    odd = exact.labels[::-1, ::-1] == exact.labels  # log p(−x) = log p(x): opposite cells are of opposite modes
    assert odd.mean() < 0.005
    assert (exact.labels != from_cells.labels).mean() > 0.01


@pytest.mark.parametrize(("barrier", "count"), [(PROMINENCE - 0.02, 1), (PROMINENCE + 0.02, 2)])
def test_a_mode_rises_at_least_half_a_nat_above_the_way_to_a_higher_one(barrier, count):
    """−h (x² − 1)² + εx: both maxima are h above the saddle, but for ε."""
    x = np.linspace(-2.5, 2.5, 1001)
    found = partition(-barrier * (x * x - 1) ** 2 + 1e-4 * x, (x,))
    assert len(found.places) == count
    assert found.places[-1, 0] == pytest.approx(1.0, abs=1e-3)


def test_shares_are_the_integrals_between_the_lowest_places():
    def p(x):
        return math.exp(-2 * (x * x - 1) ** 2 + 0.6 * x)

    x = np.linspace(-3, 3, 4000)
    found = partition(np.log([p(v) for v in x]), (x,))
    # U' = 0 in the middle: 8x(x² − 1) = 0.6 near x = 0.
    saddle = min((r.real for r in np.roots([8, 0, -8, -0.6])), key=abs)
    left, whole = quad(p, -3, saddle)[0], quad(p, -3, 3)[0]
    assert found.shares == pytest.approx([left / whole, 1 - left / whole], abs=1e-3)
    lowest = x[np.flatnonzero(np.diff(found.labels))]
    assert lowest == pytest.approx([saddle], abs=2e-3)


def test_cores_are_a_gaussians_one_and_a_half_deviations_and_never_meet():
    axes, (x, y) = grid(200, 6.0)
    log_p = np.logaddexp(-0.5 * ((x - 3) ** 2 + y * y), -0.5 * ((x + 3) ** 2 + y * y))
    found = partition(log_p, axes)
    near = np.minimum(np.hypot(x - 3, y), np.hypot(x + 3, y))
    assert found.core[near < 1.45].all()
    assert not found.core[near > 1.55].any()
    x = np.linspace(-2.5, 2.5, 1001)
    shallow = partition(-0.8 * (x * x - 1) ** 2, (x,))
    inside = x[shallow.core]
    assert np.abs(inside).min() > 0.2  # half way up from the saddle, which is 0.8 below


def survivors(log_p):
    """Peaks that persistence keeps, by a sorted union–find over single cells: slow and independent."""
    order = np.argsort(-log_p, axis=None, kind="stable")
    parent: dict[int, int] = {}

    def find(i):
        while parent[i] != i:
            i = parent[i]
        return i

    flat = log_p.ravel()
    for i in order.tolist():
        parent[i] = i
        at = np.unravel_index(i, log_p.shape)
        around = [
            int(np.ravel_multi_index(tuple(a + s for a, s in zip(at, step, strict=True)), log_p.shape))
            for step in np.ndindex(*(3,) * log_p.ndim)
            for step in [tuple(s - 1 for s in step)]
            if all(0 <= a + s < n for a, s, n in zip(at, step, log_p.shape, strict=True))
        ]
        roots = sorted({find(j) for j in around if j in parent and j != i}, key=lambda r: -flat[r])
        for root in roots:
            high, low = sorted((find(i), root), key=lambda r: (-flat[r], r))
            if high != low and flat[low] - flat[i] < PROMINENCE:
                parent[low] = high
    return {i for i in parent if find(i) == i}


@pytest.mark.parametrize("shape", [(60,), (14, 14)])
@pytest.mark.parametrize("seed", range(12))
def test_modes_are_those_of_a_slow_union_find(shape, seed):
    log_p = np.random.default_rng(seed).normal(size=shape) * 1.2
    top = basins._climb(log_p, np.ones(len(shape)))
    _, peaks = basins._merged(log_p, top, np.ones(shape, dtype=bool))
    assert set(peaks.tolist()) == survivors(log_p)


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(st.just((40,)), st.just((12, 9))).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.floats(-60, 20) | st.sampled_from([-np.inf, np.nan, 0.0]))
    )
)
def test_any_grid_is_divided(log_p):
    """Plateaus, holes and single cells, too: every cell belongs to a mode, and each mode to itself."""
    if not np.isfinite(log_p).any():
        log_p.flat[0] = 0.0
    axes = tuple(np.arange(n, dtype=np.float64) for n in log_p.shape)
    found = partition(log_p, axes)
    count = len(found.places)
    assert found.labels.shape == log_p.shape
    assert set(np.unique(found.labels)) == set(range(count))
    assert found.shares.sum() == pytest.approx(1.0)
    assert (found.shares >= 0.5 * LEAST_SHARE).all()
    assert all(found.core[found.labels == k].any() for k in range(count))
