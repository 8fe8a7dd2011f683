"""Studies: cells that are never run twice, deaths that harm nothing, a table that is the same however it came about."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from visualizer.cli import main
from visualizer.engine import measure
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.studies.cell import key_of, run_cell
from visualizer.engine.studies.pools import ClusterError, Pool, cluster_pool, local_pool
from visualizer.engine.studies.runner import Runner
from visualizer.engine.studies.store import Store
from visualizer.engine.studies.watching import run_study, scene_of, studies_there, table_of
from visualizer.scene import SceneError, dump_scene, parse_scene
from visualizer.scene.paths import data_folder, study_path
from visualizer.scene.study import load_study, parse_study

BASE = """
version = 1
kind = "study"
title = "Small"
seeds = 3
[base.target]
kind = "mixture"
weights = [0.3, 0.7]
means = [-1.5, 1.0]
covariances = [0.2, 0.3]
[base.particles]
count = 60
start = { kind = "target" }
[[variants]]
name = "Langevin"
change = { sampler = { kind = "langevin" } }
[[variants]]
name = "MALA"
change = { sampler = { kind = "mala" } }
[axes]
"sampler.step" = { from = 0.01, to = 1.0, count = 3, scale = "log" }
[measure]
at = [2, 5]
by = "evaluations"
metrics = ["sliced-w2", "acceptance", "occupancy"]
"""


def plan_of(text=BASE):
    return parse_study(text, "small.toml", Path())


class Inline:
    """An executor that runs at once, and may be told to die at a cell."""

    def __init__(self, die=lambda text: False):
        self._die = die

    def submit(self, run, *arguments):
        future = Future()
        try:
            if self._die(arguments[0]):
                raise BrokenProcessPool("killed")
            future.set_result(run(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, **_):
        pass


@pytest.fixture
def inline(monkeypatch):
    """Cells are run here."""
    told = {"die": lambda text: False}
    monkeypatch.setattr(Runner, "_workers", lambda self: Inline(told["die"]))
    return told


def done(plan, folder, jobs=2, task=run_cell):
    runner = Runner(plan, Store(folder), replace(local_pool(jobs), task=task))
    return list(runner.run()), runner


def table(folder):
    return duckdb.sql(f"select * from '{folder / 'results.parquet'}'").fetchall()


def test_cells_are_the_product_in_order_and_seeds_are_shared():
    plan = plan_of()
    assert len(plan.cells) == 2 * 3 * 3 == plan.study.cells
    assert [c.seed for c in plan.cells[:4]] == [0, 1, 2, 0]
    assert plan.cells[0].values == (0.01,)
    assert plan.cells[3].values == (0.1,)
    assert plan.cells[0].scene.sampler.kind == "langevin"
    assert plan.cells[-1].said(("sampler.step",)) == "MALA, sampler.step = 1.0, seed 2"
    keys = [key_of(c.scene, plan.study.measure) for c in plan.cells]
    assert len(set(keys)) == 18
    again = plan_of(BASE.replace("Small", "Another title"))
    assert [key_of(c.scene, again.study.measure) for c in again.cells] == keys, "a title computes nothing"
    other = plan_of(BASE.replace("at = [2, 5]", "at = [2, 6]"))
    assert not {key_of(c.scene, other.study.measure) for c in other.cells} & set(keys)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seeds = 3", "seeds = 100_000", "at most 100,000 cells"),
        ("seeds = 3", 'seeds = 3\nscene = "trapped"', "and not both"),
        ('"sampler.step" = { from = 0.01', '"sampler.step" = { from = -1.0', "positive ends"),
        ('"sampler.step" =', '"sampler.stepp" =', "axes.sampler.stepp = 0.01: sampler.stepp: unknown key"),
        ('"sliced-w2", ', '"sliced-w3", ', "metrics"),
        ("at = [2, 5]", "at = [5, 2]", "ascending"),
        ('name = "MALA"', 'name = "Langevin"', "another name"),
        ('kind = "mala"', 'kind = "mule"', "expected one of"),
        ("count = 3,", "count = 3000,", "1000"),
    ],
)
def test_what_is_wrong_with_a_study_is_said_with_its_place(old, new, said):
    with pytest.raises(SceneError, match=said.replace("[", r"\[")):
        plan_of(BASE.replace(old, new))


def test_a_cell_measures_what_measure_does():
    plan = plan_of()
    cell = plan.cells[9]
    text = run_cell(dump_scene(cell.scene), plan.study.measure.model_dump_json(), 60.0)
    rows = json.loads(text)["rows"]
    assert [r[0] for r in rows] == sorted(r[0] for r in rows)
    last = {(r[3], r[4]): r[5] for r in rows if r[0] == 5}
    steps = next(r[1] for r in rows if r[0] == 5)
    found = measure(cell.scene, steps)["run"]
    assert last["sliced-w2", 0] == found["sliced_w2"]
    assert last["sliced-w2-floor", 0] == found["sliced_w2_floor"]
    assert last["acceptance", 0] == found["acceptance"]
    assert [last["occupancy", i] for i in range(2)] == found["occupancy"]


def test_a_study_begun_again_runs_nothing_twice_and_grows(tmp_path, inline, monkeypatch):
    states, _ = done(plan_of(), tmp_path)
    assert (states[-1].done, states[-1].failed, states[-1].total) == (18, 0, 18)
    rows = table(tmp_path)
    assert len(rows) == 9 * 2 * (2 + 0 + 2) + 9 * 2 * (2 + 1 + 2)
    assert rows[0][:3] == ("Langevin", 0.01, 0)
    first = (tmp_path / "results.parquet").read_bytes()
    asked = []

    def task(*a):
        return asked.append(a) or run_cell(*a)

    done(plan_of(), tmp_path, task=task)
    assert not asked
    assert (tmp_path / "results.parquet").read_bytes() == first
    states, _ = done(plan_of(BASE.replace("seeds = 3", "seeds = 4")), tmp_path, task=task)
    assert len(asked) == 6
    assert states[-1].done == 24


def test_a_file_cut_short_is_left_out_of_the_table_and_run_again(tmp_path, inline):
    done(plan_of(), tmp_path)
    whole = (tmp_path / "results.parquet").read_bytes()
    victim = next((tmp_path / "cells").glob("*/*.json"))
    victim.write_text(victim.read_text()[:30])
    done(plan_of(), tmp_path)
    assert (tmp_path / "results.parquet").read_bytes() == whole


def test_a_cell_that_fails_is_told_kept_and_tried_again_on_request(tmp_path, inline):
    text = BASE.replace("to = 1.0, count = 3", "to = 1e2, count = 2").replace("at = [2, 5]", "at = [60]")
    states, _ = done(plan_of(text), tmp_path)
    news = [s.news for s in states if s.news]
    assert len(news) == states[-1].failed == 3
    assert "Langevin, sampler.step = 100.0, seed 0: " in news[0]
    files = list((tmp_path / "cells").glob("*/*.failed"))
    assert len(files) == 3
    assert "Traceback" in files[0].read_text()
    assert any(str(file) in news[0] for file in files)
    states, _ = done(plan_of(text), tmp_path)
    assert states[-1].failed == 3
    assert not any(s.news for s in states), "what has failed is not run again by itself"
    Store(tmp_path).forget_failures()
    states, _ = done(plan_of(text), tmp_path)
    assert sum(bool(s.news) for s in states) == 3


def test_a_cell_that_takes_too_long_is_stopped():
    plan = plan_of()
    found = json.loads(run_cell(dump_scene(plan.cells[0].scene), plan.study.measure.model_dump_json(), 1e-9))
    assert "longer than the limit" in found["why"]


def test_a_killed_worker_costs_nothing_but_time(tmp_path, inline):
    deaths = []
    inline["die"] = lambda text: len(deaths) < 1 and not deaths.append(text)
    states, _ = done(plan_of(), tmp_path)
    assert (states[-1].done, states[-1].failed) == (18, 0)
    assert len(deaths) == 1


def test_a_cell_that_kills_is_marked_and_the_rest_goes_on(tmp_path, inline):
    plan = plan_of()
    poison = dump_scene(plan.cells[7].scene)
    inline["die"] = lambda text: text == poison
    states, _ = done(plan, tmp_path, jobs=1)
    assert (states[-1].done, states[-1].failed) == (17, 1)
    (news,) = [s.news for s in states if s.news]
    assert news.startswith(plan.cells[7].said(("sampler.step",)))
    assert "brings down" in news


def test_two_runners_in_one_folder_share_the_work(tmp_path, inline):
    asked = []
    pool = replace(local_pool(1), task=lambda *a: asked.append(a) or run_cell(*a))
    first, second = (Runner(plan_of(), Store(tmp_path), pool) for _ in range(2))
    other = threading.Thread(target=lambda: list(second.run()))
    other.start()
    list(first.run())
    other.join()
    assert len(asked) == 18
    assert not list((tmp_path / "cells").glob("*/*.taken"))
    assert len(table(tmp_path)) == 162


def test_a_claim_of_whoever_died_is_no_claim_for_ever(tmp_path):
    """Of a process that is not there any more at once; of one that died before it could sign, when it is old."""
    store = Store(tmp_path)
    assert store.claim("ab1", 60)
    assert not Store(tmp_path).claim("ab1", 60)
    claim = tmp_path / "cells" / "ab" / "ab1.taken"
    host = claim.read_text().split(" ")[0]
    claim.write_text(f"{host} 999999999 dead")
    assert Store(tmp_path).claim("ab1", 60)
    claim.write_text("")
    assert not Store(tmp_path).claim("ab1", 60)
    os.utime(claim, (0, 0))
    assert Store(tmp_path).claim("ab1", 60)


def test_bookkeeping_takes_less_than_a_millisecond_of_its_own_a_cell(tmp_path, inline, monkeypatch):
    """Own CPU time, of 1,000 cells that compute nothing."""
    nothing = replace(local_pool(2), task=lambda *a: '{"rows": [[1, 1, 1.0, "kl", 0, 0.5]], "seconds": 0.0}')
    plan = plan_of(BASE.replace("seeds = 3", "seeds = 167"))
    runner = Runner(plan, Store(tmp_path), nothing)
    monkeypatch.setattr(Store, "write_results", lambda *a: None)
    began = time.process_time()
    list(runner.run())
    each = (time.process_time() - began) / len(plan.cells)
    assert len(Store(tmp_path).done()) == len(plan.cells) == 1002
    assert each < 0.02, f"{1e3 * each:.2f} ms: that is no bookkeeping any more"  # 0.6 ms where nothing else runs


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
def test_a_folder_that_cannot_be_written_is_said(tmp_path, capsys):
    (tmp_path / "s.toml").write_text(BASE)
    (tmp_path / "file").write_text("")
    assert main(["study", str(tmp_path / "s.toml"), "-o", str(tmp_path / "file")]) == 2
    assert "expected a folder" in capsys.readouterr().err


def test_dry_says_how_many_and_the_studies_that_ship_are_whole(capsys, tmp_path):
    names = sorted(p.stem for p in (data_folder("presets") / "studies").glob("*.toml"))
    assert len(names) >= 3
    for name in names:
        plan = load_study(study_path(name))
        assert main(["study", name, "-o", str(tmp_path / name), "--dry"]) == 0
        assert f"{len(plan.cells):,} runs" in capsys.readouterr().out
        assert not (tmp_path / name).exists()
    assert main(["study", "nowhere", "-o", str(tmp_path / "x")]) == 2


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_killed_in_the_middle_it_goes_on_to_the_same_bytes(tmp_path, monkeypatch):
    """kill −9 of the runner, in real processes; resumed, the table equals that of a study nobody disturbed."""
    text = BASE.replace("seeds = 3", "seeds = 4").replace("at = [2, 5]", "at = [60]")
    (tmp_path / "s.toml").write_text(text)
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    command = [sys.executable, "-m", "visualizer", "study", str(tmp_path / "s.toml"), "--jobs", "1", "-o"]
    child = subprocess.Popen([*command, str(broken)])
    end = time.monotonic() + 100
    while len(list(broken.glob("cells/*/*.json"))) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    there = len(list(broken.glob("cells/*/*.json")))
    assert 2 <= there < 24
    list(Runner(parse_study(text, "s", tmp_path), Store(broken), local_pool(1)).run())
    monkeypatch.setattr(Runner, "_workers", lambda self: Inline())
    list(Runner(parse_study(text, "s", tmp_path), Store(whole), local_pool(1)).run())
    assert (broken / "results.parquet").read_bytes() == (whole / "results.parquet").read_bytes()
    failed = len(list(whole.glob("cells/*/*.failed")))
    assert failed == len(list(broken.glob("cells/*/*.failed"))) == 4, (
        "Langevin with h = 1 diverges, in real processes, too"
    )
    assert len(table(whole)) == 8 * 4 + 12 * 5


# on a cluster


@pytest.fixture
def cluster():
    """A scheduler and two workers of this machine, in processes, without a dashboard."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as made:
        yield made


def test_on_a_cluster_a_study_is_the_same_and_outlives_its_workers(cluster, tmp_path, monkeypatch):
    text = BASE.replace("seeds = 3", "seeds = 2").replace("count = 3", "count = 2")
    plan = plan_of(text)
    list(Runner(plan, Store(tmp_path / "here"), Pool(lambda: Inline(lambda text: False), 1)).run())
    pool = cluster_pool(cluster.scheduler_address)
    try:
        assert pool.jobs == 2
        runner = Runner(plan, Store(tmp_path / "there"), pool)
        steps = runner.run()
        next(steps)
        next(steps)  # a cell is done
        os.kill(cluster.workers[0].pid, signal.SIGKILL)
        assert [s.done for s in steps][-1] == len(plan.cells)
    finally:
        pool.end()
    here, there = (tmp_path / folder / "results.parquet" for folder in ("here", "there"))
    assert here.read_bytes() == there.read_bytes()
    # Workers of another version are refused before the first cell.
    monkeypatch.setattr("visualizer.engine.studies.cell.__version__", "0")
    with pytest.raises(ClusterError, match=r"and this program visualizer 0"):
        cluster_pool(cluster.scheduler_address)


def test_a_cluster_that_anybody_could_use_is_refused(capsys, tmp_path):
    for address in ("tcp://10.0.0.7:8786", "10.0.0.7:8786", "ucx://10.0.0.7", "http://127.0.0.1:8786"):
        with pytest.raises(ClusterError, match="can run programs on its workers"):
            cluster_pool(address)
    assert main(["study", "walk-and-jump", "-o", str(tmp_path / "s"), "--cluster", "tcp://10.0.0.7:8786"]) == 2
    assert "tls://" in capsys.readouterr().err


# drawn


def test_lines_are_medians_and_quartiles_over_seeds(tmp_path, inline):
    plan = plan_of()
    done(plan, tmp_path)
    keys = [key_of(cell.scene, plan.study.measure) for cell in plan.cells]
    found = table_of(plan, Store(tmp_path), keys)
    assert found.abscissae[:3] == ["sampler.step", "at", "evaluations"]
    lines = found.lines("sampler.step", "sliced-w2")
    assert [line.name for line in lines] == ["Langevin", "MALA"]
    rows = table(tmp_path)
    for line in lines:
        assert line.x.tolist() == [0.01, 0.1, 1.0]
        assert line.seeds.tolist() == [3, 3, 3]
        for x, low, median, high, cell in zip(line.x, line.low, line.median, line.high, line.cell, strict=True):
            values = sorted(r[8] for r in rows if (r[0], r[1], r[3], r[6]) == (line.name, x, 5, "sliced-w2"))
            assert (low, median, high) == pytest.approx(np.quantile(values, (0.25, 0.5, 0.75)).tolist())
            assert plan.cells[cell].variant == line.name
            assert plan.cells[cell].values == (x,)
            assert plan.cells[cell].scene.sampler.step == x
    over = found.lines("evaluations", "sliced-w2")
    assert [line.name for line in over[:3]] == [f"Langevin, step = {step}" for step in ("0.01", "0.1", "1")]
    assert over[0].x.tolist() == [2, 5]
    # What was measured may lie along the axis.
    assert found.lines("acceptance", "sliced-w2")[0].name == "MALA, step = 0.01"
    assert not found.lines("sampler.step", "hops")
    assert not found.lines("nothing", "kl")


def test_a_study_is_yielded_as_it_grows_or_watched_while_another_runs_it(tmp_path, inline):
    file = tmp_path / "small.toml"
    file.write_text(BASE)
    states = list(run_study(str(file), str(tmp_path / "out"), 1))
    assert (states[-1].done, states[-1].total, states[-1].x, states[-1].y) == (18, 18, "sampler.step", ("sliced-w2",))
    (watched,) = run_study(str(file), str(tmp_path / "out"), 0)
    assert watched.done == 18
    np.testing.assert_array_equal(watched.table.value, states[-1].table.value)
    assert scene_of(str(file), 4).seed == 1
    assert dict(studies_there())["walk-and-jump"].startswith("Walk")


def test_draws_are_kept_and_written_for_arviz(tmp_path, inline, capsys):
    import arviz_base
    import xarray

    text = BASE.replace("seeds = 3", "seeds = 2").replace("count = 3", "count = 1").replace("at = [2, 5]", "at = [40]")
    file, out = tmp_path / "small.toml", tmp_path / "draws.nc"
    file.write_text(text)
    assert main(["study", str(file), "-o", str(tmp_path / "none"), "--jobs", "1", "--arviz", str(out)]) == 2
    assert "[measure] draws = 1000" in capsys.readouterr().err
    file.write_text(text.replace("[measure]", "[measure]\ndraws = 30"))
    assert main(["study", str(file), "-o", str(tmp_path / "out"), "--jobs", "1", "--arviz", str(out)]) == 0
    plan, tree = load_study(file), xarray.open_datatree(out)
    keys = [key_of(cell.scene, plan.study.measure) for cell in plan.cells]
    assert list(tree.children) == keys
    run = tree[keys[3]]
    assert (run.attrs["variant"], run.attrs["seed"], run.attrs["sampler.step"]) == ("MALA", 1, "0.01")
    draws = run["posterior"]["x"].values
    assert draws.shape == (60, 30, 1)
    simulation = Simulation(parse_scene(run.attrs["scene"]), "cpu", budget=0)
    simulation.advance(40)
    np.testing.assert_array_equal(draws[:, -1, 0], simulation.frame.x[:60, 0])
    assert arviz_base.extract(run).sizes == {"axis": 1, "sample": 60 * 30}  # ArviZ takes the group for what it is
    assert main(["study", str(file), "-o", str(tmp_path / "out"), "--arviz", str(tmp_path / "x.txt")]) == 2


def test_a_full_disk_is_said_and_what_is_done_is_whole(tmp_path, inline, capsys, monkeypatch):
    file, out = tmp_path / "small.toml", tmp_path / "out"
    file.write_text(BASE)
    real, written = Store.put, []

    def put(self, key, text):
        if len(written) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(key)
        real(self, key, text)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", put)
        assert main(["study", str(file), "-o", str(out), "--jobs", "1"]) == 1
    said = capsys.readouterr().err
    assert "cannot be written (No space left on device). What is done is whole: make room" in said
    assert Store(out).done() == set(written)
    assert main(["study", str(file), "-o", str(out), "--jobs", "1"]) == 0
    assert len(table(out)) == 162
