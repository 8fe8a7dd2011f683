"""Networks whose law is known: flow, autoregressive model, VAE. Their formulas against closed forms and quadrature."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import stats

from visualizer.densities import GaussianMixture
from visualizer.diagnostics.fits import entropy
from visualizer.diagnostics.fits import nodes as quadrature
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.run.simulation import Simulation
from visualizer.engine.targets import build_density
from visualizer.learning import GenerativeNet, NetError, Plan, Shape, from_bytes, to_bytes, train
from visualizer.learning.networks.base import weights_of
from visualizer.learning.networks.vae import kl_to_prior, nodes
from visualizer.processes import process
from visualizer.scene import SceneError, load_scene

Q = process("vp-cosine")
#: The probabilistic PCA of the default target: a latent, and what it leaves over.
LAMBDA = (5.44259, 2.81691)


def shape(architecture, d=2, **more):
    latent = more.pop("latent", min(2, d)) if architecture in ("vae", "hvae", "gan") else 0
    sizes = {"width": 16, "depth": 2, "components": 4, "rank": 1, "scale": 1.4, "transforms": 3, "bins": 6}
    return Shape(**{"architecture": architecture, "d": d, "prediction": "x0", "latent": latent, **sizes, **more})


def random_net(architecture, d=2, seed=0, dtype=torch.float64, **more):
    """A network that is no identity: weights a few times as large as they begin."""
    g = torch.Generator().manual_seed(seed)
    net = shape(architecture, d, **more).build(g).to(dtype)
    with torch.no_grad():
        for v in net.parameters():
            v.add_(0.15 * torch.randn(v.shape, generator=g, dtype=dtype))
        net.centre.copy_(torch.tensor([0.7, -0.4])[:d])
        if more.get("source"):
            net.begins_at(two(), g)
    return net.eval().requires_grad_(False)


FAMILIES = [
    ("flow", 2, {"flow": "spline"}),
    ("flow", 2, {"flow": "affine"}),
    ("flow", 2, {"flow": "autoregressive"}),
    ("flow", 1, {}),
    ("autoregressive", 2, {"order": "xy"}),
    ("autoregressive", 2, {"order": "yx"}),
    ("autoregressive", 1, {}),
    ("vae", 2, {"latent": 2}),
    ("vae", 2, {"latent": 1}),
    ("vae", 1, {"latent": 1}),
    ("hvae", 2, {"latent": 2, "levels": 1}),
    ("hvae", 2, {"latent": 1, "levels": 3}),
    ("hvae", 2, {"latent": 2, "levels": 3}),
    ("hvae", 2, {"latent": 2, "levels": 4, "encoder": "noise"}),
    ("hvae", 1, {"latent": 1, "levels": 2}),
    ("bridge", 2, {"epsilon": 0.5}),
    ("bridge", 2, {"epsilon": 1.0, "source": True}),
    ("bridge", 1, {"epsilon": 0.3}),
]
IDS = [f"{a}-{d}-{'-'.join(map(str, m.values()))}" for a, d, m in FAMILIES]


@pytest.mark.parametrize(("architecture", "d", "more"), FAMILIES, ids=IDS)
def test_its_density_integrates_to_one_and_its_draws_have_it(architecture, d, more):
    net = random_net(architecture, d, **more)
    draws = net.float().sample(20_000, torch.Generator().manual_seed(1)).double()
    net.double()
    low, high = draws.amin(0) - 2.0, draws.amax(0) + 2.0
    n = 4_000 if d == 1 else 64 if architecture in ("vae", "hvae", "bridge") else 300
    axes = [torch.linspace(float(a), float(b), n, dtype=torch.float64) for a, b in zip(low, high, strict=True)]
    x = torch.stack([g.ravel() for g in torch.meshgrid(*axes, indexing="ij")], 1)
    p = torch.cat([net.log_prob(part) for part in x.split(20_000)]).exp()
    cell = math.prod(float(a[1] - a[0]) for a in axes)
    assert float(p.sum()) * cell == pytest.approx(1.0, abs=1e-3)
    # Means and covariances of the draws, within four standard errors of those of the density.
    mean = (p[:, None] * x).sum(0) * cell
    off = x - mean
    second = (p[:, None] * off.square()).sum(0) * cell
    fourth = (p[:, None] * off.square().square()).sum(0) * cell
    count = len(draws)
    assert ((draws.mean(0) - mean).abs() < 4 * (second / count).sqrt() + 1e-3).all()
    spread = (draws - mean).square().mean(0)
    assert ((spread - second).abs() < 4 * ((fourth - second.square()) / count).sqrt() + 2e-3 * second).all()


@pytest.mark.parametrize("flow", ["spline", "affine", "autoregressive"])
def test_a_flow_is_undone_and_its_determinant_is_that_of_autograd(flow):
    net = random_net("flow", flow=flow)
    z = torch.randn(200, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = net.begin(z)
    for k in range(net.strokes):
        x = net.carry(x, k)
    transform = net.flow().transform
    assert float((transform(net.inside(x)) - z).abs().max()) < 1e-8
    jacobian = torch.autograd.functional.jacobian(lambda y: transform(net.inside(y)).sum(0), x)
    log_det = torch.linalg.slogdet(jacobian.permute(1, 0, 2)).logabsdet
    wanted = stats.multivariate_normal(np.zeros(2)).logpdf(z.numpy()) + log_det.numpy()
    np.testing.assert_allclose(net.log_prob(x).numpy(), wanted, atol=1e-8)


def test_splines_of_equal_bins_and_unit_slopes_are_the_identity():
    net = shape("flow").build(torch.Generator()).double().requires_grad_(False)
    for v in net.parameters():
        v.zero_()
    x = torch.randn(100, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(net.carry(x, 0), x, atol=1e-12, rtol=0)
    wanted = stats.multivariate_normal(np.zeros(2), 1.4**2 * np.eye(2)).logpdf(x.numpy())
    np.testing.assert_allclose(net.log_prob(x).numpy(), wanted, atol=1e-10)


@pytest.mark.parametrize("order", ["xy", "yx"])
def test_the_autoregressive_density_is_the_product_of_its_conditionals(order):
    """Against torch.distributions, which mixes Gaussians in its own way."""
    net = random_net("autoregressive", order=order)
    x = 2 * torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y, wanted = net.inside(x), -2 * net.scale.log().expand(50)
    for k, axis in enumerate((0, 1) if order == "xy" else (1, 0)):
        log_weights, means, log_stds = net.conditional(y, k)
        parts = torch.distributions.Normal(means, log_stds.exp())
        mixed = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(logits=log_weights), parts)
        wanted = wanted + mixed.log_prob(y[:, axis])
    torch.testing.assert_close(net.log_prob(x), wanted, atol=1e-12, rtol=0)
    moved = x.clone()
    moved[:, 0 if order == "yx" else 1] += 1.0
    first = net.conditional(net.inside(x), 1)[1]
    torch.testing.assert_close(net.conditional(net.inside(moved), 1)[1], first)  # it sees the first coordinate alone


def test_the_autoregressive_map_keeps_the_mass_below():
    """Knothe–Rosenblatt: F(T(z)) = Φ(z) along each axis."""
    net = random_net("autoregressive")
    z = torch.linspace(-3, 3, 41, dtype=torch.float64)
    x = net.carry(net.begin(torch.stack([z, torch.zeros_like(z)], 1)), 0)
    log_weights, means, log_stds = net.conditional(net.inside(x), 0)
    below = (log_weights.exp() * torch.special.ndtr((net.inside(x)[:, :1] - means) / log_stds.exp())).sum(1)
    torch.testing.assert_close(below, torch.special.ndtr(z), atol=1e-9, rtol=0)
    assert (x[1:, 0] > x[:-1, 0]).all()


def pca(tau2, d_z=1):
    """The linear VAE at its optimum for the default target: W = U (Λ − τ²)^½, q the exact posterior."""
    p = build_density(load_scene("trapped").target)
    values, vectors = torch.linalg.eigh(p.covariance.double())
    values, vectors = values.flip(0)[:d_z], vectors.flip(1)[:, :d_z]
    w = vectors * (values - tau2).sqrt()
    net = shape("vae", latent=d_z, decoder="linear").build(torch.Generator()).double().requires_grad_(False)
    m = w.T @ w + tau2 * torch.eye(d_z, dtype=torch.float64)
    s = float(net.scale)
    net.centre.copy_(p.mean)
    decoder, encoder = net.decoder[-1], net.encoder[-1]
    decoder.weight.copy_(w / s)
    decoder.bias.zero_()
    encoder.weight.zero_()
    encoder.weight[:d_z] = torch.linalg.solve(m, w.T) * s
    encoder.bias.zero_()
    encoder.bias[d_z:] = (tau2 * torch.linalg.inv(m)).diagonal().log()
    net.log_tau.fill_(0.5 * math.log(tau2 / s**2))
    return net, p, w


def test_a_linear_vae_is_probabilistic_pca():
    """Tipping & Bishop 1999: known values of the default target, and a bound without a gap."""
    net, p, w = pca(LAMBDA[1])
    x, weights, _ = quadrature(p)
    law = stats.multivariate_normal(p.mean.numpy(), (w @ w.T).numpy() + LAMBDA[1] * np.eye(2))
    assert float(weights @ torch.from_numpy(law.logpdf(x.numpy()))) == pytest.approx(-4.2028246, abs=2e-7)
    some = p.sample(300, generator=torch.Generator().manual_seed(0)).double()
    np.testing.assert_allclose(net.log_prob(some).numpy(), law.logpdf(some.numpy()), atol=1e-9)
    bound = net.bound(some, 3, torch.Generator().manual_seed(0))  # q is the posterior: every draw weighs the same
    np.testing.assert_allclose(bound.numpy(), law.logpdf(some.numpy()), atol=1e-9)
    mean, log_variance = net.encode(x)
    kl = float(weights @ kl_to_prior(mean, log_variance))
    assert kl == pytest.approx(0.3293079, abs=1e-6)
    assert kl == pytest.approx(0.5 * math.log(LAMBDA[0] / LAMBDA[1]), abs=1e-6)


def test_the_kl_of_the_code_is_that_of_torch():
    g = torch.Generator().manual_seed(0)
    mean, log_variance = (torch.randn(30, 2, generator=g, dtype=torch.float64) for _ in range(2))
    q = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    prior = torch.distributions.Normal(torch.zeros(2).double(), torch.ones(2).double())
    wanted = torch.distributions.kl_divergence(q, prior).sum(1)
    torch.testing.assert_close(kl_to_prior(mean, log_variance), wanted, atol=1e-12, rtol=0)


@pytest.mark.parametrize("latent", [1, 2])
def test_bounds_rise_to_the_quadrature(latent):
    """ELBO ≤ L₁₀ ≤ L₁₀₀ ≤ log p_θ on average, and 100,000 importance samples give the quadrature's value."""
    net = random_net("vae", latent=latent, seed=3)
    g = torch.Generator().manual_seed(0)
    x = net.float().sample(6, g).double()
    net.double()
    exact = net.log_prob(x)
    repeats = {1: 4000, 10: 2000, 100: 500}
    means, errors = {}, {}
    for k, n in repeats.items():
        bounds = torch.stack([net.bound(x, k, g).mean() for _ in range(n)])
        means[k], errors[k] = float(bounds.mean()), float(bounds.std()) / math.sqrt(n)
    assert means[1] < means[10] + 4 * math.hypot(errors[1], errors[10])
    assert means[10] < means[100] + 4 * math.hypot(errors[10], errors[100])
    assert means[100] < float(exact.mean()) + 4 * errors[100]
    many = torch.stack([net.bound(x, 100_000, g) for _ in range(4)])
    assert ((many.mean(0) - exact).abs() < 4 * many.std(0) / 2 + 1e-3).all()


def test_a_hierarchy_of_one_level_is_the_vae():
    """Bit for bit: its first weights, its bound and its draws."""
    nets = [shape(kind, **more).build(torch.Generator().manual_seed(4)) for kind, more in HIERARCHY]
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    for importance in (1, 5):
        found = [net.bound(x, importance, torch.Generator().manual_seed(1)) for net in nets]
        assert torch.equal(*found)
    assert torch.equal(*(net.sample(50, torch.Generator().manual_seed(2)) for net in nets))
    assert torch.equal(*(net.log_prob(x) for net in nets))


HIERARCHY = [("vae", {}), ("hvae", {"levels": 1})]


def linear_hierarchy(levels=3):
    """Linear steps down, z_l = A_l z_{l+1} + τ_l ε, with the exact posterior as the encoder; its law by matrices."""
    g = torch.Generator().manual_seed(0)
    net = shape("hvae", levels=levels, decoder="linear").build(g).double().requires_grad_(False)
    parts = [net, *net.rungs]
    law = torch.eye(2, dtype=torch.float64)  # of z_L
    for part in reversed(parts):
        tau2 = 0.2 + float(torch.rand(1, generator=g))
        down = torch.diag(0.5 + torch.rand(2, generator=g, dtype=torch.float64))  # diagonal, as the encoder is
        part.log_tau.fill_(0.5 * math.log(tau2))
        part.decoder[-1].weight.copy_(down)
        below = down @ law @ down.T + tau2 * torch.eye(2)
        gain = law @ down.T @ torch.linalg.inv(below)
        encoder = part.encoder[-1]
        encoder.weight.zero_()
        encoder.weight[:2] = gain
        encoder.bias[2:] = (law - gain @ down @ law).diagonal().log()
        law = below
    return net, law * float(net.scale) ** 2


def test_a_linear_hierarchy_is_matrix_algebra():
    """With the exact posterior as the encoder every draw weighs the same, so the bound is log p_θ."""
    net, covariance = linear_hierarchy()
    x = 2 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    wanted = stats.multivariate_normal(np.zeros(2), covariance.numpy()).logpdf(x.numpy())
    np.testing.assert_allclose(net.bound(x, 3, torch.Generator().manual_seed(1)).numpy(), wanted, atol=1e-9)
    np.testing.assert_allclose(net.log_prob(x).numpy(), wanted, atol=0.02)  # by draws of z_1
    terms = net.terms(x, 1, torch.Generator().manual_seed(1))
    assert [v.shape for v in terms] == [(1, 40)] * 4
    # KL(q(z_L | z_{L−1}) ‖ N(0, I)) by torch's own formula, at the z_{L−1} that was drawn: its mean over many draws.
    many = net.terms(x[:1].expand(20_000, -1), 1, torch.Generator().manual_seed(2))
    bound = (many[0] - sum(many[1:]))[0]
    assert float(bound.mean()) == pytest.approx(wanted[0], abs=4 * float(bound.std()) / math.sqrt(20_000))


def test_the_noise_of_an_encoder_keeps_what_is_as_wide_as_the_data():
    """Variances stay 1 from level to level, and level l keeps cos(π l/(2 L + 2)) of the data."""
    net = random_net("hvae", levels=4, encoder="noise")
    x = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    g, z = torch.Generator().manual_seed(1), x
    for level, part in enumerate((net, *net.rungs), 1):
        mean, log_variance = part.encoder(z).chunk(2, 1)
        z = mean + (0.5 * log_variance).exp() * torch.randn(z.shape, generator=g, dtype=torch.float64)
        assert float(z.var()) == pytest.approx(1.0, abs=4 * math.sqrt(2 / z.numel()))
        kept = float((x * z).mean())
        assert kept == pytest.approx(math.cos(0.5 * math.pi * level / 5), abs=4 / math.sqrt(z.numel()))
    with pytest.raises(ValueError, match="as many latents"):
        shape("hvae", levels=2, encoder="noise", latent=1)


def test_bounds_of_a_hierarchy_rise_to_its_density():
    net = random_net("hvae", levels=3, seed=3)
    g = torch.Generator().manual_seed(0)
    x = net.float().sample(6, g).double()
    exact = net.double().log_prob(x)
    many = torch.stack([net.bound(x, 50_000, g) for _ in range(4)])
    assert ((many.mean(0) - exact).abs() < 4 * many.std(0) / 2 + 0.03).all()  # the density is known to about that
    once = torch.stack([net.bound(x, 1, g).mean() for _ in range(2000)])
    assert float(once.mean()) < float(exact.mean()) + 0.03


def test_nodes_of_the_latents_are_a_standard_normal():
    for latent in (1, 2):
        z, log_weights = nodes(latent)
        w = log_weights.exp()
        assert float(w.sum()) == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_allclose((w[:, None] * z.square()).sum(0), 1.0, atol=1e-8)  # the tails beyond 6.5


@pytest.mark.parametrize(("architecture", "d", "more"), FAMILIES, ids=IDS)
def test_the_density_that_samplers_follow_is_its_own(architecture, d, more):
    net = random_net(architecture, d, dtype=torch.float32, **more)
    value = GenerativeNet(shape(architecture, d, **more), weights_of(net))
    p = value.law
    x = value.sample(400, torch.Generator().manual_seed(5))
    own = value.log_prob(x)
    far = (p.log_prob(x.T.double()) - own).abs()
    assert float(torch.quantile(far, 0.9)) < 0.05  # splines have edges that a grid rounds off
    assert value.known_ratios[0] < 0.01
    field = value.field()
    assert field.score(x, 0.8, 0.6).shape == x.shape
    with pytest.raises(ValueError, match="no classes"):
        value.field(label=0)


def test_weights_that_draw_no_numbers_are_refused_in_a_sentence(three_modes):
    net = random_net("vae", dtype=torch.float32)
    net.decoder[-1].weight.fill_(1e38)
    value, shelf = GenerativeNet(shape("vae"), weights_of(net)), Shelf()
    name = shelf.begin()
    shelf.add(name, 0, value)
    with pytest.raises(SceneError, match="no finite numbers"):
        Simulation(three_modes.with_(field={"kind": "learned", "file": name}), "cpu", shelf=shelf)


@pytest.mark.parametrize(("architecture", "d", "more"), FAMILIES, ids=IDS)
def test_a_file_gives_back_the_network(architecture, d, more):
    net = random_net(architecture, d, dtype=torch.float32, **more)
    value = GenerativeNet(shape(architecture, d, **more), weights_of(net), "by hand")
    again = from_bytes(to_bytes(value))
    assert isinstance(again, GenerativeNet)
    assert (again.shape, again.made, again.kind) == (value.shape, "by hand", architecture)
    x = torch.randn(d, 20, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(again.log_prob(x), value.log_prob(x))
    assert str(sum(v.numel() for v in again.weights.values())).replace(",", "")[:2] in again.words.replace(",", "")
    other = dataclasses.replace(value, weights=dict(list(value.weights.items())[1:]))
    with pytest.raises(NetError, match="do not fit"):
        from_bytes(to_bytes(other))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"transforms": 99}, "at most"),
        ({"bins": 1}, "at most"),
        ({"latent": 3}, "at most"),
        ({"transforms": 16, "width": 1024, "depth": 12}, "narrower or fewer layers"),
    ],
)
def test_sizes_are_bounded_before_anything_is_built(more, said):
    with pytest.raises(ValueError, match=said):
        shape("flow", **more) if "latent" not in more else shape("vae", **more)


def two():
    means = torch.tensor([[-1.5, 0.5], [1.4, -0.6]]).double()
    cov = torch.tensor([[[0.4, 0.1], [0.1, 0.2]], [[0.2, 0.0], [0.0, 0.4]]]).double()
    return GaussianMixture(torch.tensor([0.4, 0.6]).double(), means, cov)


def kl(net, p):
    """E_p[log p − log p_θ] over 2,000 draws."""
    x = p.sample(2_000, generator=torch.Generator().manual_seed(0))
    return float((p.log_prob(x) - net.log_prob(x.T).double()).mean())


@pytest.mark.parametrize(
    ("architecture", "objective", "more", "steps", "bound"),
    [
        ("flow", "likelihood", {}, 150, 0.1),
        ("autoregressive", "likelihood", {}, 250, 0.1),
        ("vae", "elbo", {"latent": 2}, 500, 0.23),
        ("hvae", "elbo", {"latent": 2, "levels": 2}, 500, 0.23),
        ("bridge", "schroedinger-bridge", {}, 400, 0.05),
    ],
)
def test_training_comes_near_the_target(architecture, objective, more, steps, bound):
    """Untrained, each is off by more than a nat; twice what was measured is asked for."""
    p = two()
    plan = Plan(shape(architecture, **more), objective, steps=steps, batch=256, rate=1e-2)
    state = torch.get_rng_state()
    first, *_, end = train(plan, p, Q, every=steps)
    assert torch.equal(torch.get_rng_state(), state), "it draws from its own generator"
    assert kl(end.net, p) < bound < kl(first.net, p)
    assert kl(end.net, p) > 0
    *_, again = train(dataclasses.replace(plan, steps=20), p, Q, every=20)
    *_, once_more = train(dataclasses.replace(plan, steps=20), p, Q, every=20)
    assert all(torch.equal(v, once_more.net.weights[k]) for k, v in again.net.weights.items())


def test_the_reverse_divergence_has_the_gradient_of_autograd():
    """E_q[log q − log p] by the target's score, against autograd through a mixture's log p."""
    from visualizer.learning.training import _Run

    p = two()
    run = _Run(Plan(shape("flow"), "reverse-kl", batch=64), p, Q, ())
    with torch.enable_grad():
        run._generator.manual_seed(3)
        run._seeking(run.net).backward()
        found = [v.grad.clone() for v in run.net.parameters()]
        run.net.zero_grad()
        x = run.net.sample(64, torch.Generator().manual_seed(3))
        means, precision = p.means.float(), torch.linalg.inv(p.covariances.float())
        off = x[:, None] - means
        parts = -0.5 * torch.einsum("nki,kij,nkj->nk", off, precision, off) - 0.5 * torch.logdet(p.covariances.float())
        log_p = torch.logsumexp(p.weights.float().log() + parts, 1) - math.log(2 * math.pi)
        (run.net.log_prob(x) - log_p).mean().backward()
    for v, wanted in zip(run.net.parameters(), found, strict=True):
        torch.testing.assert_close(v.grad, wanted, atol=1e-5, rtol=1e-3)


def test_a_heavy_weight_on_the_code_collapses_it():
    """β = 4: q(z | x) is the prior, and what is left is a Gaussian around one place."""
    p = two()
    plan = Plan(shape("vae", latent=2), "elbo", steps=300, batch=256, rate=1e-2, beta=8.0)
    *_, end = train(plan, p, Q, every=300)
    x = p.sample(500, generator=torch.Generator().manual_seed(0)).float()
    mean, log_variance = end.net.module.encode(x)
    assert float(kl_to_prior(mean, log_variance).mean()) < 0.01
    assert kl(end.net, p) > 0.2, "one place is not enough for two modes"


def test_what_goes_together_is_checked():
    with pytest.raises(ValueError, match="not trained by"):
        Plan(shape("flow"), "denoising")
    with pytest.raises(ValueError, match="not trained by"):
        Plan(dataclasses.replace(shape("vae"), architecture="mlp", prediction="epsilon"), "elbo")


def test_no_likelihood_beats_the_entropy():
    """E_p[−log q] ≥ H(p) for every normalised q."""
    p = build_density(load_scene("trapped").target)
    x = p.sample(1_000, generator=torch.Generator().manual_seed(0)).double()
    least = entropy(p)
    for architecture, d, more in FAMILIES:
        if d == 2:
            net = random_net(architecture, d, **more)
            log_q = net.log_prob(x)
            over = p.log_prob(x) - log_q
            assert float(over.mean()) > -4 * float(over.std()) / math.sqrt(len(x))
            assert -float(log_q.mean()) > least - 4 * float(log_q.std()) / math.sqrt(len(x))


def test_draws_far_off_do_not_spoil_the_density_of_the_others():
    """One draw in a thousand far away: the law is that of the rest, to its share."""
    net = shape("gan", latent=2).build(torch.Generator().manual_seed(0)).eval().requires_grad_(False)
    whole = net.sample

    def with_strays(n, generator):
        x = whole(n, generator)
        x[::2000] += 40.0
        return x

    value = GenerativeNet(shape("gan", latent=2), weights_of(net))
    value.module.sample = with_strays
    x = whole(500, torch.Generator().manual_seed(9))
    plain = GenerativeNet(shape("gan", latent=2), weights_of(net)).law.log_prob(x.double())
    assert float((value.law.log_prob(x.double()) - plain).abs().median()) < 0.05


@pytest.mark.parametrize("more", [{"latent": 2, "d": 1}, {"latent": 0}])
def test_latents_there_is_no_room_for_are_refused(more):
    with pytest.raises(ValueError, match="latents"):
        shape("gan", **more)


def test_a_density_that_cannot_be_worked_out_is_a_sentence():
    net = random_net("bridge", dtype=torch.float32)
    net.log_diagonal.fill_(-60.0)
    with pytest.raises(ValueError, match="Train it again"):
        _ = GenerativeNet(shape("bridge"), weights_of(net)).law
