"""What is drawn of a network whose law is known: its density, and where it carries its latents."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from visualizer.engine.drawings import Curve, Lines
from visualizer.engine.experiments.judging import judge
from visualizer.engine.experiments.measuring import of_model
from visualizer.engine.frame import Viewport
from visualizer.engine.run.shelf import Shelf
from visualizer.engine.stage import Stage
from visualizer.learning import GenerativeNet, Shape
from visualizer.learning.networks.base import weights_of
from visualizer.scene import load_scene

VIEW = Viewport(-6, 6, -6, 6, 200, 200)


def net_of(architecture, d=2, latent=0, seed=0):
    shape = Shape(architecture, d, "x0", 16, 2, 4, 1, 1.5, latent=latent, transforms=3)
    g = torch.Generator().manual_seed(seed)
    module = shape.build(g)
    with torch.no_grad():
        for v in module.parameters():
            v.add_(0.15 * torch.randn(v.shape, generator=g))
    return GenerativeNet(shape, weights_of(module))


def staged(scene, net, layers):
    shelf = Shelf()
    name = shelf.begin()
    shelf.add(name, 0, net)
    changes = {"plane" if scene.target.d == 2 else "line": layers}
    return Stage(scene.with_(field={"kind": "learned", "file": name}, layers=changes), "cpu", shelf=shelf)


def test_the_lattice_goes_where_particles_go(three_modes):
    net = net_of("flow")
    scene = three_modes.with_(sampler={"kind": "strokes", "strokes": 3, "frames": 4}, particles={"count": 50})
    stage = staged(scene, net, ["lattice"])

    def drawn():
        (lines,) = stage.picture(VIEW).layers["lattice"]
        assert isinstance(lines, Lines)
        return lines.points.reshape(42, 161, 2)

    even = np.linspace(-2.5, 2.5, 21)
    begun = drawn()
    scale = float(net.module.scale)
    np.testing.assert_allclose(begun[:21, :, 0], scale * np.tile(even[:, None], 161), atol=1e-5)
    stage.simulation.advance(4)
    z = torch.from_numpy(begun.reshape(-1, 2))
    once = net.module.carry(z, 0)
    np.testing.assert_allclose(drawn().reshape(-1, 2), once, atol=1e-5)
    stage.simulation.advance(8)
    whole = net.module.carry(net.module.carry(once, 1), 2)
    np.testing.assert_allclose(drawn().reshape(-1, 2), whole, atol=1e-5)
    langevin = staged(scene.with_(sampler={"kind": "langevin"}), net, ["lattice"])
    (lines,) = langevin.picture(VIEW).layers["lattice"]
    np.testing.assert_allclose(lines.points, whole, atol=1e-5)


def test_one_latent_is_one_curve_and_a_score_network_has_no_lattice(three_modes):
    net = net_of("vae", latent=1)
    (lines,) = staged(three_modes, net, ["lattice"]).picture(VIEW).layers["lattice"]
    assert lines.joined.sum() == len(lines.points) - 1
    scene = load_scene("learned-score")
    layers = scene.layers.with_(plane=["lattice", "law"])
    picture = Stage(scene.with_(layers=layers), "cpu").picture(VIEW)
    assert not picture.layers.get("lattice")
    assert not picture.layers.get("law")


def test_a_discriminator_is_drawn_beside_the_best_one(three_modes):
    """D = ½ where T is 0, D* = ½ where p and the network's own density are equal, both smoothed alike."""
    net = net_of("gan", latent=2)
    drawn = staged(three_modes, net, ["critic"]).picture(VIEW).layers["critic"]
    image, even, arrows, best, text = drawn
    assert (type(image).__name__, type(arrows).__name__) == ("Image", "Arrows")
    told = net.module.logit(torch.from_numpy(even.points))
    spread = net.module.logit(torch.randn(500, 2, generator=torch.Generator().manual_seed(0))).std()
    assert len(told)
    assert float(told.abs().max()) < 0.05 * float(spread)
    p = Stage(three_modes, "cpu").simulation.density
    width = 0.06 * p.standard_deviation
    x = torch.from_numpy(best.points).double()
    off = p.noised(1.0, width).log_prob(x) - net.law.noised(1.0, width).log_prob(x)
    assert float(off.abs().quantile(0.9)) < 0.2
    assert [row.name for row in text.rows] == ["V of this D", "V of the best D", "JS(p ‖ q)"]
    assert float(text.rows[0].value) < float(text.rows[1].value)
    other = staged(three_modes, net_of("vae", latent=2), ["critic"])
    assert not other.picture(VIEW).layers.get("critic")


def test_on_the_line_a_discriminator_is_a_curve_beside_the_best_one(two_wells):
    """2 D − 1 of the network, and (p − q)/(p + q) of the two densities."""
    net = net_of("gan", d=1, latent=1)
    stage = staged(two_wells.with_(view=two_wells.view.with_(picture="line")), net, ["critic"])
    said, best, text = stage.picture(Viewport(-6, 6, 0, 1, 300, 200)).layers["critic"]
    x = torch.from_numpy(said.along)[:, None]
    np.testing.assert_allclose(said.across, (2 * torch.sigmoid(net.module.logit(x)) - 1).numpy(), atol=1e-5)
    p = stage.simulation.density
    of_p, of_q = (law.log_prob(x.double()).exp().numpy() for law in (p, net.law))
    known = np.isfinite(best.across) & (of_p + of_q > 1e-3)
    np.testing.assert_allclose(best.across[known], ((of_p - of_q) / (of_p + of_q))[known], atol=0.03)
    assert len(text.rows) == 3


def test_whole_paths_go_back_to_where_the_run_began(three_modes):
    scene = three_modes.with_(layers={"plane": ["ways", "trails"]}, particles={"count": 5})
    stage = Stage(scene, "cpu")
    begun = stage.simulation.state.x[:, :5].T.numpy().copy()
    stage.simulation.advance(500)
    layers = stage.picture(VIEW).layers
    (ways,), (trails,) = layers["ways"], layers["trails"]
    firsts = np.concatenate([[0], np.flatnonzero(ways.joined == 0)[:-1] + 1])
    np.testing.assert_allclose(ways.points[firsts], begun, atol=1e-6)
    lasts = np.flatnonzero(ways.joined == 0)
    now = stage.simulation.state.x[:, :5].T.numpy()
    np.testing.assert_allclose(ways.points[lasts], now, atol=1e-6)
    assert len(ways.points) <= 5 * 241
    assert len(trails.points) == 5 * 60


def test_the_lines_of_its_density_are_where_it_is_as_high_as_they_say(three_modes):
    net = net_of("autoregressive")
    (lines,) = staged(three_modes, net, ["law"]).picture(VIEW).layers["law"]
    log_p = net.log_prob(torch.from_numpy(lines.points.T.copy()))
    top = float(net.law.log_prob(torch.tensor([net.law.peak])).max())
    below = (2 * (top - log_p)).clamp_min(0).sqrt().numpy() / 0.6  # p = max p exp(−r²/2), r = 0.6, 1.2, …
    assert np.quantile(np.abs(below - np.round(below)), 0.8) < 0.2


def test_on_the_line_its_density_is_a_curve(two_wells):
    net = net_of("autoregressive", d=1)
    scene = two_wells.with_(sampler={"kind": "langevin"}, particles={"count": 50, "start": {"kind": "target"}})
    (curve,) = staged(scene, net, ["law"]).picture(Viewport(-6, 6, 0, 1, 200, 200)).layers["law"]
    assert isinstance(curve, Curve)
    own = net.log_prob(torch.from_numpy(np.asarray(curve.along, np.float32))[None]).exp().numpy()
    np.testing.assert_allclose(curve.across, own, atol=0.02 * own.max())


def test_what_is_known_by_draws_alone_is_judged_by_them(three_modes, monkeypatch):
    """No likelihood is made up; the strokes are those of the scene's sampler where the network leaves them open."""
    from visualizer.engine.experiments import judging, measuring

    monkeypatch.setattr(judging, "LEVELS", 2)
    monkeypatch.setattr(judging, "STEPS", 20)
    net, shelf = net_of("consistency"), Shelf()
    name = shelf.begin()
    shelf.add(name, 0, net)
    scene = three_modes.with_(
        field={"kind": "learned", "file": name},
        process={"kind": "vp-cosine"},
        sampler={"kind": "strokes", "strokes": 3},
    )
    monkeypatch.setattr(measuring, "Shelf", lambda: shelf)
    facts = of_model(scene, scene.field)
    assert (facts["kind"], facts["strokes"]) == ("consistency", 3)
    assert "kl" not in facts
    assert "nll" not in facts
    assert set(facts) >= {"junk", "sliced_w2"}


@pytest.mark.parametrize(("architecture", "latent", "strokes"), [("autoregressive", 0, 2), ("vae", 1, 1)])
def test_it_is_judged_by_its_own_law(three_modes, architecture, latent, strokes, monkeypatch):
    from visualizer.engine.experiments import judging, measuring

    monkeypatch.setattr(judging, "LEVELS", 2)
    monkeypatch.setattr(judging, "STEPS", 20)
    monkeypatch.setattr(judging, "_GRID_2D", 48)
    net, shelf = net_of(architecture, latent=latent), Shelf()
    name = shelf.begin()
    shelf.add(name, 0, net)
    scene = three_modes.with_(field={"kind": "learned", "file": name}, process={"kind": "vp-cosine"})
    *_, end = judge(scene, shelf)
    assert end.kl > 0
    assert end.reverse_kl > 0
    assert (end.bound is None) == (architecture != "vae")
    if end.bound is not None:
        assert end.bound < end.log_prob
    assert 0.5 < end.integral < 1.001, "some of it lies beyond the box of the target"
    monkeypatch.setattr(measuring, "Shelf", lambda: shelf)
    facts = of_model(scene, scene.field)
    assert (facts["kind"], facts["strokes"]) == (architecture, strokes)
    assert facts["nll"] == pytest.approx(-end.log_prob)
    assert facts["kl"] == pytest.approx(end.kl)
    assert set(facts) >= {"reverse_kl", "junk", "sliced_w2"}


def test_the_density_of_the_particles_is_where_the_particles_are(three_modes):
    """Counts of 100,000 particles in 25 cells against the grid's, within 4.5 standard errors and Langevin's own bias."""
    scene = three_modes.with_(
        layers={"plane": ["fokker-planck"]},
        particles={"count": 100_000, "start": {"kind": "gaussian", "mean": [-1.0, 1.0], "std": 0.5}},
        sampler={"kind": "langevin", "step": 0.005},
    )
    stage = Stage(scene, "cpu")
    stage.picture(VIEW)
    stage.simulation.advance(40)
    (lines,) = stage.picture(VIEW).layers["fokker-planck"]
    assert len(lines.points) > 100
    layer = stage._layers["fokker-planck"]
    grid, q = layer._grid, layer._density
    assert layer._step == 40
    first = [int(np.searchsorted(a, low)) for a, low in zip(grid.axes, (-3.0, -1.0), strict=True)]
    edges = [a[k] - 0.5 * w + 8 * w * np.arange(6) for a, k, w in zip(grid.axes, first, grid.widths, strict=True)]
    x = stage.simulation.state.x.numpy()
    counts = np.histogram2d(x[0], x[1], edges)[0]
    inside = q[first[0] : first[0] + 40, first[1] : first[1] + 40]
    wanted = 100_000 * np.prod(grid.widths) * inside.reshape(5, 8, 5, 8).sum((1, 3))
    assert wanted.sum() > 90_000
    assert (np.abs(counts - wanted) < 4.5 * np.sqrt(wanted) + 0.03 * wanted + 3).all()
    stage.simulation.seek(10)
    stage.picture(VIEW)
    assert layer._step == 10, "back in the run it begins again"


def test_what_begins_where_no_formula_says_has_no_density(three_modes):
    scene = three_modes.with_(layers={"plane": ["fokker-planck"]}, particles={"count": 50, "start": {"kind": "prior"}})
    assert not Stage(scene, "cpu").picture(VIEW).layers.get("fokker-planck")
    mala = scene.with_(sampler={"kind": "mala"}, particles={"count": 50, "start": {"kind": "target"}})
    assert not Stage(mala, "cpu").picture(VIEW).layers.get("fokker-planck")


def test_on_the_line_the_density_of_the_particles_is_a_curve(two_wells):
    scene = two_wells.with_(
        layers={"line": ["fokker-planck"]}, sampler={"kind": "langevin", "step": 0.01},
        particles={"count": 50, "start": {"kind": "target"}},
    )  # fmt: skip
    stage = Stage(scene, "cpu")
    stage.simulation.advance(20)
    (curve,) = stage.picture(Viewport(-6, 6, 0, 1, 200, 200)).layers["fokker-planck"]
    p = stage.simulation.density
    wanted = p.log_prob(torch.from_numpy(curve.along)[:, None]).exp().numpy()
    np.testing.assert_allclose(curve.across, wanted, atol=5e-3 * wanted.max())


def test_the_density_of_the_particles_knows_starts_beyond_the_target_and_the_runs_own_noise(three_modes):
    """The grid reaches to where the run begins; the picture may look at another noise level; guidance is another field."""
    scene = three_modes.with_(
        layers={"plane": ["fokker-planck"]}, sampler={"kind": "langevin", "step": 0.01, "sigma": 0.5},
        particles={"count": 50, "start": {"kind": "point", "at": [20.0, 0.0]}}, view={"sigma": 2.0},
    )  # fmt: skip
    stage = Stage(scene, "cpu")
    stage.picture(VIEW)
    layer = stage._layers["fokker-planck"]
    assert layer._grid.axes[0][-1] > 20
    q = layer._density
    assert (q.sum(1) @ layer._grid.axes[0]) / q.sum() == pytest.approx(20.0, abs=0.1)
    noised = stage.simulation.density.noised(1.0, 0.5)
    wanted = -layer._grid.on_cells(noised)
    near = wanted - wanted.min() < 20
    np.testing.assert_allclose(layer._grid.potential[near], (wanted - wanted.min())[near], atol=1e-9)
    guided = scene.with_(guidance={"kind": "class", "label": 0, "weight": 2.0})
    assert not Stage(guided, "cpu").picture(VIEW).layers.get("fokker-planck")
