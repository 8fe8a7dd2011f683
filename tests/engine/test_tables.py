"""Numbers for other programs: equal to closed forms, to scipy, and to what was written."""

from __future__ import annotations

import io

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from scipy import stats

from visualizer.engine import Simulation
from visualizer.engine.experiments.tables import curves, diagnostics, field, particles
from visualizer.engine.frame import Viewport
from visualizer.engine.report import Reporter
from visualizer.engine.run.shelf import Shelf
from visualizer.scene.files import dump_scene
from visualizer.scene.tables.files import table_bytes

VIEW = Viewport(-6.0, 6.0, -5.0, 5.0, 300, 250)

SHELF = Shelf()


def density(scene, x, level=0.0):
    """Σ π N by scipy, smoothed by σ = level."""
    t = scene.target
    d = t.d
    return sum(
        w * stats.multivariate_normal(m, np.array(c) + level**2 * np.eye(d)).pdf(x)
        for w, m, c in zip(t.normalised_weights, t.means, t.covariances, strict=True)
    )


@pytest.mark.parametrize("sigma", [None, 0.7])
def test_tables_hold_what_they_say(three_modes, two_wells, sigma):
    for scene in (three_modes, two_wells):
        scene = scene.with_(sampler={"kind": "langevin", "sigma": sigma}, particles={"count": 500})
        sim = Simulation(scene, "cpu")
        sim.advance(3)
        frame, d = sim.frame, scene.target.d
        at = np.float64(frame.x)
        table = particles(scene, frame, SHELF)
        np.testing.assert_array_equal(np.stack([table[a] for a in "xy"[:d]], 1), at)
        np.testing.assert_allclose(np.exp(table["log_prob"]), density(scene, at, sigma or 0.0), rtol=1e-9)
        step = 1e-5
        for i, axis in enumerate("xy"[:d]):
            shift = step * np.eye(d)[i]
            slope = np.log(density(scene, at + shift, sigma or 0)) - np.log(density(scene, at - shift, sigma or 0))
            np.testing.assert_allclose(table[f"score_{axis}"], slope / (2 * step), rtol=1e-4, atol=1e-4)
        grid = field(scene, frame, VIEW, 21, SHELF)
        points = np.stack([grid[a] for a in "xy"[:d]], 1)
        assert len(points) == 21**d
        assert (points.min(0)[0], points.max(0)[0]) == (-6.0, 6.0)
        np.testing.assert_allclose(np.exp(grid["log_prob"]), density(scene, points, sigma or 0), rtol=1e-9)


def test_curves_are_densities_and_the_histogram_counts_every_particle(three_modes):
    scene = three_modes.with_(particles={"count": 5000, "start": {"kind": "target"}})
    table = curves(scene, Simulation(scene, "cpu").frame, Viewport(-12, 12, -12, 12, 10, 10), SHELF)
    for axis in (0, 1):
        mine = table["axis"] == axis
        at = table["at"][mine]
        for name in ("p", "p_t", "histogram"):
            assert np.trapezoid(table[name][mine], at) == pytest.approx(1.0, abs=0.02)
        means = np.array(scene.target.means)[:, axis]
        mean = float(scene.target.normalised_weights @ means)
        assert np.trapezoid(at * table["p"][mine], at) == pytest.approx(mean, abs=1e-6)


def test_diagnostics_are_the_reports_numbers(three_modes):
    sim = Simulation(three_modes, "cpu")
    reporter = Reporter(sim)
    for _ in range(30):
        sim.advance()
        reporter.look()
    report = reporter.measure(reporter.sample())
    table = dict(zip(*diagnostics(report).values(), strict=True))
    assert table["w2.value"] == report.w2.value
    assert table["w2.floor"] == report.w2.floor
    assert table["step"] == 30
    assert "acceptance" not in table


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_files_hold_every_digit_and_the_scene(three_modes, suffix):
    table = particles(three_modes, Simulation(three_modes, "cpu").frame, SHELF)
    text = dump_scene(three_modes)
    data = table_bytes(suffix, table, text)
    if suffix == ".npz":
        got = dict(np.load(io.BytesIO(data)))
        assert str(got.pop("scene")) == text
    elif suffix == ".csv":
        got = {n: c.to_numpy() for n, c in zip(table, pyarrow.csv.read_csv(io.BytesIO(data)).columns, strict=True)}
    else:
        read = pyarrow.parquet.read_table(io.BytesIO(data))
        assert read.schema.metadata[b"scene"].decode() == text
        got = {n: read[n].to_numpy() for n in read.column_names}
    assert list(got) == list(table)
    for name, values in table.items():
        np.testing.assert_array_equal(got[name], values)
