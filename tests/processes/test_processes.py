"""Every process against autograd, its own definition and textbook values."""

from __future__ import annotations

import math

import pytest
import torch

from visualizer.processes import PROCESSES, process

EXPECTED = {"ve", "brownian", "ve-geometric", "vp-trigonometric", "vp-linear", "vp-cosine", "sub-vp", "ou", "linear"}


def inner_times(q, n=41):
    return torch.linspace(0.02, 0.98, n, dtype=torch.float64) * q.t_max


def test_there_are_nine():
    assert set(PROCESSES) == EXPECTED


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_drift_and_diffusion_follow_from_alpha_and_sigma(kind):
    q = process(kind)
    t = inner_times(q).requires_grad_()
    alpha, sigma = q.alpha(t), q.sigma(t)
    (alpha_dot,) = torch.autograd.grad(alpha.sum(), t, retain_graph=True, allow_unused=True)
    alpha_dot = torch.zeros_like(t) if alpha_dot is None else alpha_dot
    (variance_dot,) = torch.autograd.grad((sigma**2).sum(), t)
    f = alpha_dot / alpha
    torch.testing.assert_close(q.drift(t), f, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(q.diffusion2(t), variance_dot - 2 * f * sigma**2, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_numbers_and_tensors_agree(kind):
    q = process(kind)
    t = inner_times(q, 7)
    for name in ("alpha", "sigma", "drift", "diffusion2"):
        values = getattr(q, name)(t)
        for ti, value in zip(t.tolist(), values.tolist(), strict=True):
            got = getattr(q, name)(ti)
            assert isinstance(got, float)
            assert got == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_starts_clean(kind):
    q = process(kind)
    assert q.alpha(0.0) == pytest.approx(1.0, abs=1e-15)
    assert q.sigma(0.0) == pytest.approx(0.01 if kind == "ve-geometric" else 0.0, abs=1e-15)


@pytest.mark.parametrize("kind", ["vp-trigonometric", "vp-linear", "vp-cosine", "ou"])
def test_variance_is_preserved(kind):
    q = process(kind)
    t = inner_times(q)
    torch.testing.assert_close(q.alpha(t) ** 2 + q.sigma(t) ** 2, torch.ones_like(t), rtol=1e-13, atol=0)


def test_alpha_reaches_exactly_zero_where_it_should():
    for kind in ("vp-trigonometric", "vp-cosine", "linear"):
        assert process(kind).alpha(1.0) == 0.0
        assert process(kind).sigma(1.0) == pytest.approx(1.0, abs=1e-15)


def test_known_values():
    assert process("vp-linear").alpha(1.0) == pytest.approx(math.exp(-0.25 * 20.1), rel=1e-14)
    s = 0.008
    cosine = math.cos((0.5 + s) / (1 + s) * math.pi / 2) / math.cos(s / (1 + s) * math.pi / 2)
    assert process("vp-cosine").alpha(0.5) == pytest.approx(cosine, rel=1e-14)
    assert process("ve-geometric").sigma(0.5) == pytest.approx(math.sqrt(0.01 * 10.0), rel=1e-14)
    assert process("brownian", delta=2.0).sigma(4.0) == 4.0
    assert process("sub-vp").sigma(0.3) == pytest.approx(process("vp-linear").sigma(0.3) ** 2, rel=1e-13)


@pytest.mark.parametrize("kind", ["vp-linear", "vp-cosine", "sub-vp", "ou"])
def test_sigma_keeps_its_digits_at_small_t(kind):
    """σ² = ∫ g² to first order: g²(0) t for the VP family, which a naive 1 − α² would lose."""
    q, t = process(kind), 1e-12
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(60):
        if kind == "ou":
            exact = mpmath.sqrt(1 - mpmath.e ** (-2 * mpmath.mpf(t)))
        elif kind == "vp-cosine":
            s = mpmath.mpf(0.008)
            a = mpmath.cos((t + s) / (1 + s) * mpmath.pi / 2) / mpmath.cos(s / (1 + s) * mpmath.pi / 2)
            exact = mpmath.sqrt(1 - a**2)
        else:
            integral = mpmath.mpf(0.1) * t + mpmath.mpf(19.9) * mpmath.mpf(t) ** 2 / 2
            variance = 1 - mpmath.e ** (-integral)
            exact = mpmath.sqrt(variance) if kind == "vp-linear" else variance
    assert q.sigma(t) == pytest.approx(float(exact), rel=1e-9)


def test_bad_names_and_parameters_are_refused():
    with pytest.raises(ValueError, match="unknown process"):
        process("vp")
    with pytest.raises(ValueError, match="parameters"):
        process("ve", beta_min=1.0)
    with pytest.raises(ValueError, match="t_max"):
        process("ve", t_max=-1.0)
    with pytest.raises(ValueError, match="t_max"):
        process("linear", t_max=2.0)
