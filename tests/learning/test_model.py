"""Every learned model has what `Model` promises: one of each network, and a foreign one."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from tests.learning.test_training import last, mixture, shape
from visualizer.learning import GenerativeNet, Model, Plan
from visualizer.learning.networks import NETWORKS
from visualizer.scene.networks import NETWORKS as KINDS


def exact_model(p):
    """The attention network at the parameters of p itself."""
    plan = Plan(shape("attention", "x0", components=p.K, rank=p.d), steps=1, batch=8)
    net = last(plan, p).net
    floor = 0.5 * float(p.variances.min())
    factors = torch.linalg.cholesky(p.covariances - floor * torch.eye(p.d).double())
    weights = {
        "logits": p.weights.log(),
        "means": p.means,
        "factors": factors,
        "log_floor": torch.tensor(math.log(floor)),
    }
    return dataclasses.replace(net, weights={name: v.float() for name, v in weights.items()})


@pytest.fixture(scope="module")
def models():
    """A model of each network there is, after a step of training."""
    out = {}
    for name in NETWORKS:
        levels = 3 if "levels" in KINDS[name].numbers else 0
        sizes = shape(name, NETWORKS[name].prediction or "epsilon", latent=2, transforms=3, levels=levels)
        plan = Plan(sizes, KINDS[name].objectives[0], steps=1, batch=8)
        out[name] = last(plan, mixture()).net
    return out


def test_each_network_is_a_model_that_says_what_it_has(models):
    for name, net in models.items():
        model: Model = net
        assert model.d == 2, name
        assert model.words, name
        assert model.kind == name
        x = torch.zeros(2, 3)
        if isinstance(net, GenerativeNet):
            fixed = {"flow": 3, "autoregressive": 2, "vae": 1, "hvae": 3, "gan": 1}
            assert (model.latent, model.strokes) == (2, fixed.get(name))
            log_prob = model.log_prob(x)
            assert log_prob is None if name in ("gan", "consistency", "interpolant") else log_prob.shape == (3,)
            assert (model.bound(x) is None) == (name not in ("vae", "hvae")), name
            assert model.sample(7, torch.Generator().manual_seed(0), 2).isfinite().all()
        else:
            assert (model.latent, model.strokes) == (0, None), name
            assert model.log_prob(x) is None
            assert model.bound(x) is None
        field = model.field()
        assert field.has_log_prob == model.has_log_prob, name
        if model.has_log_prob:
            log_p, _ = field.log_prob_and_score(x, 0.8, 0.6)
            assert log_p.shape == (3,)


def test_draws_of_the_exact_network_follow_the_target():
    """The attention network at the target's own parameters is E[x_0 | x_t]: its draws have the target's moments."""
    p, n = mixture(), 4_000
    model = exact_model(p)
    x = model.sample(n, torch.Generator().manual_seed(4))
    assert x.shape == (2, n)
    variances = p.covariance.diagonal()
    off = (x.double().mean(1) - p.mean) / (variances / n).sqrt()
    assert float(off.abs().max()) < 4
    assert model.sample(5, torch.Generator().manual_seed(4), strokes=3).isfinite().all()
    again = model.sample(n, torch.Generator().manual_seed(4))
    assert torch.equal(x, again)
