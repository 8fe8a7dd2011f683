"""Formulas and shapes through the engine: normalisers, moments, samplers that reach them, pictures of every kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import i0
from scipy.stats import chi

from tests.pictures import Seen
from visualizer.densities import GaussianMixture, GridSource
from visualizer.diagnostics.trapping import relaxation
from visualizer.engine import Simulation
from visualizer.engine.drawings import Curve
from visualizer.engine.experiments.tables import curves, field, particles
from visualizer.engine.experiments.training import training
from visualizer.engine.frame import Viewport
from visualizer.engine.report import Reporter
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.stage import Stage
from visualizer.engine.targets import build_density
from visualizer.engine.targets.gridded import Kept
from visualizer.scene import SceneError, parse_scene
from visualizer.scene.shapes import SHAPES
from visualizer.scene.targets.formula import FormulaTarget
from visualizer.scene.targets.shape import ShapeTarget

VIEW = Viewport(-5.0, 5.0, -5.0, 5.0, 160, 120)

SHELF = Shelf()


def typed(text, **more):
    return build_density(FormulaTarget(log_density=text, **more))


@pytest.mark.parametrize(
    ("text", "parameters", "normaliser", "variances"),
    [
        ("-x^2/2", {}, math.sqrt(2 * math.pi), [1.0]),
        ("-(x - 3)^2/(2*s^2) - y^2/8 + 5", {"s": 0.3}, 2 * math.pi * 0.3 * 2 * math.exp(5), [0.09, 4.0]),
        ("-abs(x)^3", {}, 2 * math.gamma(4 / 3), [math.gamma(1) / math.gamma(1 / 3)]),
        ("-x^4 - y^4", {}, (2 * math.gamma(5 / 4)) ** 2, [math.gamma(3 / 4) / math.gamma(1 / 4)] * 2),
    ],
)
def test_normalisers_and_moments_are_those_of_the_textbooks(text, parameters, normaliser, variances):
    p = typed(text, parameters=parameters)
    x = p.mean[None].double()
    tree_value = {"-x^2/2": 0.0, "-abs(x)^3": 0.0, "-x^4 - y^4": 0.0}.get(text, 5.0)
    assert float(p.log_prob(x)) == pytest.approx(tree_value - math.log(normaliser), abs=1e-6)
    assert p.covariance.diagonal().tolist() == pytest.approx(variances, rel=1e-5)


def test_a_double_well_agrees_with_quadrature():
    p = typed("-(x^2 - 4)^2/4 + 0.3*x")
    z = quad(lambda v: math.exp(-((v * v - 4) ** 2) / 4 + 0.3 * v), -8, 8, epsabs=0, epsrel=1e-12)[0]
    x = torch.linspace(-3, 3, 31, dtype=torch.float64)[:, None]
    wanted = -((x[:, 0] ** 2 - 4) ** 2) / 4 + 0.3 * x[:, 0] - math.log(z)
    assert torch.allclose(p.log_prob(x), wanted, atol=1e-9)
    assert torch.allclose(p.score(x)[:, 0], -(x[:, 0] ** 2 - 4) * x[:, 0] + 0.3, atol=1e-9)
    smoothed = p.noised(1.0, 0.5)  # by quadrature of the convolution
    for at in (-2.0, 0.0, 1.3):
        value = quad(
            lambda v, at=at: math.exp(-((v * v - 4) ** 2) / 4 + 0.3 * v - 2 * (at - v) ** 2) / (z * math.sqrt(math.pi / 2)),
            -8, 8, epsabs=0, epsrel=1e-12,
        )[0]  # fmt: skip
        assert float(smoothed.log_prob(torch.tensor([[at]], dtype=torch.float64)).exp()) == pytest.approx(
            value, rel=1e-5
        )


@pytest.mark.parametrize("n", [2, 100, 5000])
def test_the_norm_is_the_chi_distribution(n):
    p = build_density(ShapeTarget(name="norm", dimension=n))
    x = torch.linspace(math.sqrt(n) - 1, math.sqrt(n) + 2, 7, dtype=torch.float64)[:, None]
    assert np.allclose(p.log_prob(x), chi.logpdf(x[:, 0].numpy(), n), atol=1e-5)


@pytest.mark.parametrize("name", list(SHAPES))
def test_every_shape_is_resolved_and_can_be_run(name):
    """The density integrates to 1 on a grid of another spacing, and reverse diffusion arrives where it is."""
    scene = parse_scene(
        f'[target]\nkind = "shape"\nname = "{name}"\n[process]\nkind = "vp-cosine"\n[sampler]\nkind = "reverse"\nsteps = 100\n'
        "[particles]\ncount = 2000\n"
    )
    p = build_density(scene.target)
    axes = [torch.linspace(a, b, 701 if p.d == 2 else 7001, dtype=torch.float64) for a, b in p.bounds()]
    points = torch.stack([g.flatten() for g in torch.meshgrid(*axes, indexing="ij")], 1)
    cell = math.prod(float(a[1] - a[0]) for a in axes)
    assert float(p.log_prob(points).exp().sum()) * cell == pytest.approx(1.0, abs=2e-3)
    if name not in ("two-moons", "potential-4"):  # one of lines, one of a formula
        return
    simulation = Simulation(scene, "cpu")
    *_, last = simulation
    typical = p.sample(2000, generator=torch.Generator().manual_seed(1))
    reached = p.log_prob(torch.from_numpy(last.x).double())
    wanted = p.log_prob(typical)
    error = float(wanted.std()) / math.sqrt(2000)
    # The mean surprise of samples of 100 coarse steps is near the entropy: within 4 standard errors and 0.15 nats.
    assert abs(float(reached.mean() - wanted.mean())) < 4 * 1.5 * error + 0.15


@pytest.mark.parametrize("kind", ["mala", "hmc", "nuts", "random-walk"])
def test_samplers_that_accept_or_refuse_leave_a_formula_alone(kind):
    """Exact draws stay exact draws: the second moments after 40 steps, within 4 standard errors."""
    scene = parse_scene(
        '[target]\nkind = "formula"\nlog_density = "-(x^2 - 4)^2/4 - y^4/4"\n'
        f'[sampler]\nkind = "{kind}"\nstep = 0.15\n[particles]\ncount = 4000\nstart = {{ kind = "target" }}\n'
    )
    simulation = Simulation(scene, "cpu")
    simulation.advance(40)
    x = simulation.state.x.double().numpy()
    p = simulation.density
    for i in range(2):
        square = x[i] ** 2
        wanted = float(p.covariance[i, i] + p.mean[i] ** 2)
        assert abs(square.mean() - wanted) < 4 * square.std() / math.sqrt(square.size)


ALL_LAYERS = [
    "density", "contours", "flow", "particles", "marginals", "arrows", "denoiser", "trails", "difference", "sinks",
    "traps", "responsibilities", "step", "modes",
]  # fmt: skip


def test_every_layer_of_a_formula_is_drawn_or_left_out():
    scene = parse_scene(
        '[target]\nkind = "formula"\nlog_density = "-(x^2 - 4)^2/4 - y^2"\n[particles]\ncount = 3000\n'
        '[fit]\nkind = "covering"\n[view]\nfourier = true\ncut = [0.5, 0.2]\n'
    ).with_(layers={"plane": ALL_LAYERS})
    stage = Stage(scene, "cpu")
    stage.simulation.advance(5)
    picture = Seen(stage.picture(VIEW))
    assert picture.images["density"].any()
    assert picture.images["traps"].any()
    assert picture.images["responsibilities"].any()
    assert stage.fitter.shown.forward_kl > 0
    assert picture.occupancy.weights == pytest.approx([0.5, 0.5], abs=1e-4)
    assert picture.occupancy.shares.max() > 0.9  # all began in one of the wells
    assert np.abs(picture.marks) == pytest.approx(np.array([[2.0, 0.0]] * 2), abs=2e-2)
    (border,) = picture.lines("modes")
    assert np.abs(border[:, 0]).max() < 0.1  # by symmetry
    assert len(picture.contours) > 5
    cut = picture.one("cut", Curve, plot="right")
    assert np.trapezoid(cut.across, cut.along) == pytest.approx(1.0, abs=1e-3)
    assert picture.fourier.phi.max() == pytest.approx(1.0, abs=1e-6)
    edge = picture.fourier.phi[[0, -1]].max()
    assert edge < 0.02  # out to where φ has died away
    reporter = Reporter(stage.simulation)
    reporter.look()
    report = reporter.measure(reporter.sample())
    assert report.w2.value > 0
    assert report.relaxation_steps > 0
    assert report.passage is None
    frame = stage.simulation.frame
    table = particles(scene, frame, SHELF)
    assert "component" not in table
    assert ((table["x"] > 0) == table["mode"].astype(bool)).mean() > 0.99
    assert len(field(scene, frame, VIEW, 8, SHELF)["x"]) == 64
    assert np.isfinite(curves(scene, frame, VIEW, SHELF)["p_t"]).all()


def test_the_river_of_a_formula_is_drawn():
    scene = parse_scene(
        '[target]\nkind = "formula"\nlog_density = "-(x^2 - 4)^2/4"\n[process]\nkind = "vp-cosine"\n'
        '[sampler]\nkind = "reverse"\nsteps = 50\n[particles]\ncount = 300\n[view]\npicture = "river"\n'
    )
    stage = Stage(scene, "cpu")
    picture = Seen(stage.picture(VIEW))
    density, score = picture.curve("density"), picture.curve("score")
    assert picture.images["river"].std() > 0
    assert np.trapezoid(picture.curve("target"), picture.grid) == pytest.approx(1.0, abs=1e-3)
    wanted = np.gradient(np.log(np.maximum(density, 1e-30)), picture.grid)
    inside = density > 1e-3
    assert np.abs(score - wanted)[inside].max() < 0.05 * np.abs(wanted[inside]).max()


def test_editing_a_parameter_goes_on_and_another_dimension_starts_again():
    scene = parse_scene(
        '[target]\nkind = "formula"\nlog_density = "-a*x^2 - y^2"\nparameters = { a = 1.0 }\n[particles]\ncount = 50\n'
    )
    stage = Stage(scene, "cpu")
    stage.simulation.advance(4)
    stage.edit(scene.with_(target=scene.target.with_(parameters={"a": 2.0})))
    assert stage.simulation.state.step == 4
    x = torch.tensor([[1.0], [0.0]])
    assert float(stage.simulation.truth.score(x, 1.0, 0.0)[0]) == pytest.approx(-4.0, rel=1e-5)
    stage.edit(scene.with_(target=FormulaTarget(log_density="-x^2")))
    assert stage.simulation.state.x.shape == (1, 50)
    assert Seen(stage.picture(VIEW)).grid.size


def test_a_shape_can_be_what_a_network_learns():
    scene = parse_scene(
        '[target]\nkind = "shape"\nname = "two-moons"\n[training]\nsteps = 60\nwidth = 16\ndepth = 2\nbatch = 128\n'
    )
    *_, last = training(scene)
    assert np.isfinite(last.losses).all()
    assert last.losses[-10:].mean() < last.losses[:10].mean()


@pytest.mark.parametrize(
    ("text", "log_normaliser"),
    [
        # Student's t with ν = 2 and 1.2: Z = √(νπ) Γ(ν/2)/Γ((ν + 1)/2); symmetric, with tails far out.
        ("-1.5*log(1 + x^2/2)", 0.5 * math.log(2 * math.pi) + math.lgamma(1.0) - math.lgamma(1.5)),
        ("-1.1*log(1 + x^2/1.2)", 0.5 * math.log(1.2 * math.pi) + math.lgamma(0.6) - math.lgamma(1.1)),
        ("-abs(x)", math.log(2)),
        # ∫ exp(3 cos 300x − x²/8) dx = √(8π) I₀(3), but for what 300 radians in a standard deviation of 2 leave.
        ("3*cos(300*x) - x^2/8", 0.5 * math.log(8 * math.pi) + math.log(i0(3.0))),
        ("-x^2/2 - y^2/(2*0.05^2)", math.log(2 * math.pi * 0.05)),
    ],
)
def test_grids_are_as_fine_as_symmetric_heavy_or_thin_densities_need(text, log_normaliser):
    target = FormulaTarget(log_density=text)
    p = build_density(target)
    zero = torch.zeros(1, target.d, dtype=torch.float64)
    value = {"3": 3.0}.get(text[0], 0.0)
    assert float(p.log_prob(zero)) == pytest.approx(value - log_normaliser, abs=2e-4)


@pytest.mark.parametrize("text", ["-0.9*log(abs(x)) - x^2/2"])
def test_what_the_finest_grid_cannot_show_is_refused(text):
    with pytest.raises(SceneError, match="details too fine for a grid"):
        build_density(FormulaTarget(log_density=text))


@pytest.mark.parametrize("name", ["rings", "twenty-five-gaussians", "two-moons", "spirals"])
def test_thin_shapes_are_right_too(name):
    """The thinnest lines there can be, against the mixture they are made of: 1e-4 of the peak, the score to 1 %."""
    target = ShapeTarget(name=name, noise=0.03)
    p, curve = build_density(target), target.curve
    eye = curve.std**2 * torch.eye(2, dtype=torch.float64)
    points = torch.from_numpy(curve.points.copy())
    exact = GaussianMixture(torch.from_numpy(curve.weights.copy()), points, eye.expand(len(points), 2, 2))
    for sigma in (0.0, 0.02, 0.3):
        a, b = exact.noised(1.0, sigma), p.noised(1.0, sigma)
        x = a.sample(1000, generator=torch.Generator().manual_seed(0))
        density = a.log_prob(x).exp()
        assert float((b.log_prob(x).exp() - density).abs().max()) < 1e-4 * float(density.max())
        off, size = (a.score(x) - b.score(x)).square().sum(1).mean(), a.score(x).square().sum(1).mean()
        assert float(off / size) < 1e-4


def test_who_steps_out_of_a_bounded_density_is_pulled_back():
    p = build_density(FormulaTarget(log_density="log(max(1 - x^2, 0))"))
    x = torch.tensor([[-3.0], [0.5], [5.0]], dtype=torch.float64)
    assert p.log_prob(x).isinf().tolist() == [True, False, True]
    score = p.score(x)[:, 0].tolist()
    assert score[0] > 0 > score[2]
    assert score[1] == pytest.approx(-1 / 0.75)


def test_formulas_are_evaluated_in_double_precision():
    p = build_density(FormulaTarget(log_density="-1e-46*1e46*x^2 - 1e40*max(abs(x) - 3, 0)")).to(dtype=torch.float32)
    score = p.score(torch.tensor([[0.7]]))
    assert score.dtype == torch.float32
    assert float(score) == pytest.approx(-1.4, rel=1e-6)


def test_a_pole_between_the_places_first_looked_at_is_told():
    with pytest.raises(SceneError, match="infinite, or no number"):
        build_density(FormulaTarget(log_density="-x^2 - log(abs(x - 0.0009765625))", box=((-2, 2),)))


def test_what_ends_is_drawn_where_there_is_nothing():
    """A view beside a bounded density, its river and its traps: pixels, not an error."""
    text = '[target]\nkind = "formula"\nlog_density = "%s"\n[particles]\ncount = 50\n[view]\nx = [5, 8]\n'
    half = parse_scene(text % "log(sqrt(max(1 - x^2, 0)))")
    for picture in ("river", "line"):
        found = Seen(Stage(half.with_(view=half.view.with_(picture=picture)), "cpu").picture(VIEW))
        assert np.isfinite(found.curve("density")).all()
    layers = {"line": ["density", "traps"], "plane": ["density", "traps", "contours"]}
    inside = half.with_(layers=layers, view={"x": (-1.5, 1.5), "picture": "line"})
    traps = Seen(Stage(inside, "cpu").picture(Viewport(-1.5, 1.5, 0, 1, 100, 100))).curve("traps")
    assert np.sign(traps[np.abs(traps) > 0.1]).std() > 0  # it has two signs
    disc = parse_scene((text % "log(max(1 - x^2 - y^2, 0))").replace("x = [5, 8]", "")).with_(layers=layers)
    assert Seen(Stage(disc, "cpu").picture(Viewport(-1.5, 1.5, -1.5, 1.5, 60, 60))).images["traps"].any()


def test_the_slowest_mode_between_walls_is_a_cosine():
    """Uniform on (−1, 1): reflected diffusion, λ₂ = (π/2)²; cells of the grid end at the walls to a cell."""
    p = build_density(FormulaTarget(log_density="-1e4*max(abs(x) - 1, 0)"))
    found = relaxation(p, ((-1.05, 1.05),), 2100)
    assert found.time == pytest.approx(4 / math.pi**2, rel=5e-3)


def test_grids_are_kept_by_their_bytes_the_newest_longest():
    kept, made = Kept(5_000_000), []

    def grid(i):
        def make():
            made.append(i)
            x = torch.linspace(-1, 1, 256, dtype=torch.float64)
            return GridSource(torch.exp(-(x[:, None] ** 2 + x**2) * (8 + i)), (-1, -1), (1, 1))

        return kept.get(i, make)

    first = grid(0)
    assert grid(0) is first
    before = first.nbytes
    for tau in (0.1, 0.2, 0.3):
        first.smoothed(tau)
    assert first.nbytes >= before + 3 * 256 * 256 * 8
    grid(1)
    grid(2)
    assert made == [0, 1, 2]
    assert sum(g.nbytes for g in kept._grids.values()) <= 5_000_000
    grid(0)
    assert made == [0, 1, 2, 0]  # the oldest had to go
