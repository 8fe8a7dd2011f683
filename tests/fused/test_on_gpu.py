"""Kernels of a GPU: by Triton's interpreter, where there is Triton, and that their stand-in has the same arguments."""

from __future__ import annotations

import ast
import inspect
import math
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats

from tests.engine import pretended_kernels
from visualizer import fused
from visualizer.densities import GaussianMixture, GridDensity, GridSource, MixtureKernel
from visualizer.fused import launching

triton = pytest.mark.skipif(find_spec("triton") is None, reason="there is no Triton: it comes with torch for CUDA")


@pytest.fixture
def kernels(monkeypatch):
    """They run on the CPU, line by line, and are taken for those of a GPU."""
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    found = import_module("visualizer.fused.on_gpu")
    monkeypatch.setattr(launching, "_kernels", lambda _: found)
    return found


def mixture(k, d):
    g = torch.Generator().manual_seed(k + 10 * d)
    root = 0.4 * torch.randn(k, d, d, generator=g, dtype=torch.float64)
    means = 3 * torch.randn(k, d, generator=g, dtype=torch.float64)
    return GaussianMixture(torch.rand(k, generator=g) + 0.1, means, root @ root.mT + 0.05 * torch.eye(d))


def kernel_of(p):
    """The tables of a GPU, whose logarithms are in nats."""
    made = MixtureKernel(p, dtype=torch.float32)
    made._unit = 1.0
    made._table(made._noised, made._precision)
    return made


@triton
@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("k", [1, 3, 64])
def test_a_step_is_that_of_float64(k, d, kernels):
    p = mixture(k, d)
    here, known = kernel_of(p), MixtureKernel(p, dtype=torch.float64)
    x = 4 * torch.randn(d, 999, generator=torch.Generator().manual_seed(1))
    log_prob = torch.empty(999)
    found = fused.launched(x, (here._rows, here._score_map), (0.5, 0.1, 0.0), None, log_prob)
    logs, score = known.log_prob_and_score(x.double())
    off = (found - (0.5 * x.double() + 0.1 * score)).abs() / (1 + 0.1 * score.abs())
    assert float(off.max()) < 2e-5
    assert float(((log_prob - logs).abs() / (1 + logs.abs())).max()) < 2e-5
    towards = fused.launched(x, (here._rows, here._denoise_map), (0.0, 1.0, 0.0))
    assert float((towards - x).abs().max()) < 1e-4  # without noise x is what there was


@triton
def test_noise_is_normal_and_independent(kernels, monkeypatch):
    """Kolmogorov's distance, moments within 4 standard errors, no correlation; another step has other numbers."""
    n = 200_000
    monkeypatch.setattr(kernels, "PART", 1 << 14)  # the interpreter is as quick with many
    here = kernel_of(mixture(1, 2))
    generator = torch.Generator().manual_seed(5)
    z, other = (
        fused.launched(torch.zeros(2, n), (here._rows, here._score_map), (0.0, 0.0, 1.0), generator).numpy().astype(float)
        for _ in range(2)
    )  # fmt: skip
    for row in z:
        assert stats.kstest(row, "norm").pvalue > 1e-4
        for power, mean, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
            assert abs((row**power).mean() - mean) < 4 * math.sqrt(variance / n)
    for a, b in ((z[0], z[1]), (z[0, 1:], z[0, :-1]), (z[0], other[0]), (z[0] ** 2 - 1, (z[1] ** 2 - 1) / 2)):
        assert abs((a * b).mean()) < 4 / math.sqrt(len(a))
    assert np.abs(z).max() > 4


@triton
@pytest.mark.parametrize("d", [1, 2])
def test_between_nodes_of_a_grid_as_torch_does_it(d, kernels, monkeypatch):
    axis = torch.linspace(-3, 3, 64, dtype=torch.float64)
    nodes = torch.exp(-0.5 * axis**2) * (2 + torch.sin(3 * axis))
    values = nodes if d == 1 else nodes[:, None] * nodes[None, :] * (1.5 + torch.sin(axis[:, None] * axis))
    density = GridDensity(GridSource(values, (-3.0,) * d, (3.0,) * d), dtype=torch.float32)
    x = 1.6 * torch.randn(999, d, generator=torch.Generator().manual_seed(2))
    x[0] = torch.nan
    there = density.log_prob_and_score(x)
    monkeypatch.setattr(fused, "launches", lambda _: True)
    monkeypatch.setattr(fused, "suits", lambda *_: False)
    monkeypatch.setattr(fused, "interpolated", fused.interpolated_on_gpu)
    here = density.log_prob_and_score(x)
    for a, b in zip(here, there, strict=True):
        assert torch.equal(a.isnan(), b.isnan())
        assert float((a - b).nan_to_num().abs().max()) < 1e-4


@triton
def test_kernels_are_proved_before_they_are_believed(kernels):
    launching._prove(kernels, torch.device("cpu"))
    launching._prove_between(kernels, torch.device("cpu"))


def test_the_stand_in_of_a_pretended_gpu_takes_what_the_kernels_take():
    source = Path(launching.__file__).with_name("on_gpu.py").read_text("utf-8")
    made = {f.name: [a.arg for a in f.args.args] for f in ast.parse(source).body if isinstance(f, ast.FunctionDef)}
    for name in ("moved", "interpolated"):
        stand_in = getattr(pretended_kernels, name).function
        assert [*inspect.signature(stand_in).parameters, "part"] == made[name]


def stand_in(spoilt):
    """Kernels of the CPU in the place of a GPU's; one thing comes out wrong."""

    class Spoilt:
        def __init__(self, function):
            self.function = function

        def __getitem__(self, _):
            return self.launched

        def launched(self, *arguments, part, **options):
            self.function(*arguments, **options)
            spoilt(self.function.__name__, arguments, options)

    return SimpleNamespace(
        PART=256,
        moved=Spoilt(pretended_kernels.moved.function),
        interpolated=Spoilt(pretended_kernels.interpolated.function),
    )


SPOILT = {
    "a step": lambda name, a, o: name == "moved" and o["d"] == 1 and a[1].add_(0.01),
    "a log-density": lambda name, a, o: name == "moved" and o["logs"] and a[2].mul_(1.01),
    "noise": lambda name, a, o: name == "moved" and o["noisy"] and a[1].mul_(2),
    "a value on a grid": lambda name, a, o: name == "interpolated" and o["d"] == 1 and a[2].add_(0.01),
    "a score on a grid": lambda name, a, o: name == "interpolated" and o["d"] == 2 and a[3].mul_(1.1),
    "what lies on a grid": lambda name, a, o: name == "interpolated" and a[4].zero_(),
}


@pytest.mark.parametrize("what", SPOILT)
def test_whatever_comes_out_wrong_is_found_before_it_is_used(what, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(launching, "import_module", lambda _: stand_in(SPOILT[what]))
    assert launching._kernels.__wrapped__(torch.device("cpu")) is None
    assert f"{what} does not come out right" in capsys.readouterr().err
    monkeypatch.setattr(launching, "import_module", lambda _: stand_in(lambda *_: None))
    assert launching._kernels.__wrapped__(torch.device("cpu")) is not None


def test_what_goes_wrong_is_said_and_torch_goes_on(monkeypatch, capsys):
    """Whatever Triton raises; of no Triton at all nothing is said."""
    find = launching._kernels.__wrapped__
    device = torch.device("cpu")
    assert find(device) is None  # no GPU
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    def failing(error):
        def brought_in(_):
            raise error

        return brought_in

    monkeypatch.setattr(launching, "import_module", failing(OSError("there is no compiler")))
    assert find(device) is None
    assert "there is no compiler" in capsys.readouterr().err
    monkeypatch.setattr(launching, "import_module", failing(ImportError()))
    assert find(device) is None
    monkeypatch.setenv(launching.SWITCH, "1")
    monkeypatch.setattr(launching, "import_module", failing(AssertionError()))
    assert find(device) is None
    assert not capsys.readouterr().err
