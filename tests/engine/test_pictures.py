"""What the engine draws: densities where they are, counts that add up, caches that agree with full work."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.pictures import Seen
from visualizer.engine.drawings import Bars, Lines
from visualizer.engine.frame import Viewport
from visualizer.engine.layers import base
from visualizer.engine.palette import DARK, LEVELS, THEMES, density_table, particle_table, rgb, to_oklab
from visualizer.engine.pictures.contour_lines import CONTOUR_RADII, contour_lines
from visualizer.engine.pictures.fields import DensityCache, Grid, density_on_grid
from visualizer.engine.pictures.flow import flow_velocity, sample_grid
from visualizer.engine.pictures.splat import DISC_RADIUS, DISCS_UP_TO, DOT_PEAK, dots, splat
from visualizer.engine.pictures.tone import tone, tone_scaled, toned_counts
from visualizer.engine.run.levels import Level
from visualizer.engine.stage import Stage
from visualizer.engine.targets.mixture import build_mixture
from visualizer.scene.presets import load_scene

CPU = torch.device("cpu")
VIEW = Viewport(-5.0, 5.0, -4.5, 4.5, 200, 180)
ZERO = Level(1.0, 0.0, 0.0)


def test_density_grid_is_the_density_and_integrates_to_one(three_modes):
    p = build_mixture(three_modes.target)
    grid = Grid(-9.0, 9.0, 8.0, -8.0, 300, 280)
    density = density_on_grid(p, ZERO, grid)
    cell = (18 / 300) * (16 / 280)
    assert float(density.sum()) * cell == pytest.approx(1.0, abs=1e-4)
    x = grid.columns(CPU).T.double()
    np.testing.assert_allclose(density.flatten().numpy(), torch.exp(p.log_prob(x)).numpy(), rtol=3e-5, atol=1e-9)
    row, column = divmod(int(density.argmax()), 300)
    xs, ys = grid.axes(CPU)
    peak = x[torch.exp(p.log_prob(x)).argmax()]
    assert (float(xs[column]), float(ys[row])) == pytest.approx(tuple(peak.tolist()), abs=1e-5)


@pytest.mark.parametrize("what", ["mean", "covariance", "weight"])
def test_dragging_one_component_gives_the_full_density(three_modes, what):
    cache = DensityCache()
    grid, level = Grid.over(VIEW, 100, 90), Level(0.9, 0.3, 0.5)
    target = three_modes.target
    cache.get(build_mixture(target), level, grid, dragging=True)
    for i in range(1, 4):
        if what == "mean":
            target = target.with_(means=(target.means[0], (2.4 - 0.3 * i, 1.9), target.means[2]))
        elif what == "covariance":
            cov = ((0.35 + 0.1 * i, -0.15), (-0.15, 0.5))
            target = target.with_(covariances=(target.covariances[0], cov, target.covariances[2]))
        else:
            target = target.with_(weights=(0.5, 0.3 + 0.1 * i, 0.2))
        mixture = build_mixture(target)
        cheap = cache.get(mixture, level, grid, dragging=True)
        full = density_on_grid(mixture, level, grid)
        np.testing.assert_allclose(cheap.numpy(), full.numpy(), rtol=2e-5, atol=1e-7)


def bulge(colours: np.ndarray, span: int) -> float:
    """How far colours (LEVELS, 4) are at most from the chord over so many entries."""
    part = np.linspace(0, 1, span + 1)[:, None]
    chords = ((colours[i], colours[i + span], colours[i : i + span + 1]) for i in range(LEVELS - span))
    return float(max(np.abs(between - (low + part * (high - low))).max() for low, high, between in chords))


def test_a_coarse_image_is_enlarged_in_colour_as_in_value():
    table = density_table("dark")
    y, x = torch.meshgrid(torch.linspace(0, 1, 40), torch.linspace(0, 1, 50), indexing="ij")
    unit = torch.exp(-8 * ((x - 0.4) ** 2 + (y - 0.6) ** 2))
    large = torch.nn.functional.interpolate(unit[None, None], size=(120, 150), mode="bilinear", align_corners=False)
    ours = tone_scaled(unit, table, (120, 150)).view(np.uint8).reshape(120, 150, 4).astype(int)
    theirs = tone(large[0, 0], table).view(np.uint8).reshape(120, 150, 4).astype(int)
    # Within a cell colours run along a chord of the table instead of along it; both round.
    levels = unit.numpy() * (LEVELS - 1)
    span = int(np.ceil(max(np.abs(levels[1:, 1:] - levels[:-1, :-1]).max(), np.abs(np.diff(levels)).max()))) + 1
    colours = table.view(np.uint8).reshape(-1, 4).astype(float)
    assert np.abs(ours - theirs).max() <= bulge(colours, span) + np.abs(np.diff(colours, axis=0)).max() + 1
    assert bulge(colours, span) < 0.04 * 255  # a bound that says something
    np.testing.assert_array_equal(tone_scaled(unit, table, (40, 50)), tone(unit, table))


@pytest.mark.parametrize(("preset", "steps"), [("trapped", (0, 30, 40)), ("two-moons", (0, 20))])
def test_a_density_is_as_fine_as_there_is_something_to_be_seen(preset, steps, monkeypatch):
    """Cells are at most h/12: |p″| ≤ max p/h² along each axis is 2/1152 of the scale, |∇p| ≤ max p/(√e h) a chord's span."""
    view = Viewport(-5.0, 5.0, -4.5, 4.5, 800, 720)
    scene = load_scene(preset).resolved_panels()[0]
    how = {"kind": "reverse", "steps": 40}
    scene = scene.with_(particles={"count": 10}, sampler=how, layers={"plane": ("density",), "scale": "linear"})
    stage, widths, get = Stage(scene, "cpu", budget=0), list[int](), DensityCache.get
    monkeypatch.setattr(DensityCache, "get", lambda self, *a: widths.append(a[2].w) or get(self, *a))
    colours = density_table(scene.view.theme).view(np.uint8).reshape(LEVELS, 4).astype(float)
    reach, span = (math.ceil(part * (LEVELS - 1)) for part in (2 / 1152, math.sqrt(2) / 12 / math.sqrt(math.e)))
    bound = max(np.abs(colours[i:] - colours[:-i]).max() for i in range(1, reach + 1)) + bulge(colours, span) + 2
    for step in steps:
        stage.simulation.advance(step - stage.simulation.state.step)
        found = []
        for coarsest in (4, 1):
            monkeypatch.setattr(base, "_SMOOTH", coarsest)
            stage._begin()
            pixels = Seen(stage.picture(view)).images["density"]
            found.append(pixels.view(np.uint8).reshape(720, 800, 4).astype(int))
        assert widths[-2] < widths[-1] == 800
        assert np.abs(found[0] - found[1]).max() <= bound


def test_splat_counts_every_particle_inside_and_none_outside():
    g = torch.Generator().manual_seed(0)
    for n in (1, 500, 50_000, 500_000):
        x = torch.rand(2, n, generator=g) * torch.tensor([[8.0], [7.0]]) - torch.tensor([[4.0], [3.5]])
        assert float(splat(x, VIEW).sum()) == pytest.approx(n, rel=1e-4)
    outside = torch.tensor([[50.0, -50.0, 0.0, 0.0], [0.0, 0.0, 50.0, -50.0]])
    assert float(splat(outside, VIEW).sum()) == 0.0


@pytest.mark.parametrize("copies", [1, 30_000, 500_000])
def test_splat_puts_a_particle_on_its_pixel(copies):
    x = torch.tensor([[1.275], [2.225]]).expand(2, copies)  # the centre of column 125, row 45
    image = splat(x, VIEW)
    assert divmod(int(image.argmax()), 200) == (45, 125)
    rows, columns = image.nonzero(as_tuple=True)
    assert int((rows - 45).abs().max()) <= 2
    assert int((columns - 125).abs().max()) <= 2


def test_splat_moves_by_fractions_of_a_pixel():
    """The centre of mass of one dot follows it: the kernels reproduce linear functions."""
    for shift in (0.0, 0.013, 0.031):
        image = splat(torch.tensor([[1.275 + shift], [2.225]]), VIEW)
        columns = torch.arange(200.0)
        centre = float((image.sum(0) * columns).sum() / image.sum())
        assert centre == pytest.approx(125 + shift / 0.05, abs=1e-3)


def test_dots_are_where_their_particles_are_and_move_by_fractions_of_a_pixel():
    table = np.arange(LEVELS, dtype=np.uint32)  # tells the level itself
    for shift in (0.0, 0.013, -0.02):
        x = torch.tensor([[1.275 + shift], [2.225]])
        disc = np.expm1(dots(x, VIEW, table).numpy().astype(float) / (LEVELS - 1) * np.log1p(DOT_PEAK))
        assert disc.sum() == pytest.approx(np.pi * DISC_RADIUS**2, rel=0.05)
        far = torch.full((2, DISCS_UP_TO), 99.0)
        image = dots(torch.cat([x, far], 1), VIEW, table).numpy().astype(float)
        counts = np.expm1(image / (LEVELS - 1) * np.log1p(DOT_PEAK))
        assert counts.sum() == pytest.approx(1.0, abs=0.1)  # counts are toned in steps of 1/64
        assert float((counts.sum(0) * np.arange(200)).sum() / counts.sum()) == pytest.approx(
            125 + shift / 0.05, abs=0.06
        )
        assert float((counts.sum(1) * np.arange(180)).sum() / counts.sum()) == pytest.approx(45, abs=0.06)
    outside = torch.tensor([[50.0, -50.0, 0.0, 0.0], [0.0, 0.0, 50.0, -50.0]])
    assert dots(outside, VIEW, table).max() == 0


def test_tone_maps_the_ends_of_the_table():
    table = density_table("dark")
    image = tone(torch.tensor([[0.0, 1.0, -3.0, 7.0]]), table)
    assert image.tolist() == [[table[0], table[-1], table[0], table[-1]]]
    assert table[0] & 0xFFFFFF == int(DARK.canvas[1:], 16)


def test_a_picture_without_room_for_a_dot_is_empty():
    x = torch.zeros(2, 5)
    for width, height in ((1, 1), (2, 40), (40, 2), (3, 3)):
        assert dots(x, Viewport(-1, 1, -1, 1, width, height), particle_table("dark")).shape == (height, width)


def test_counts_are_toned_on_a_log_scale():
    table = particle_table("dark")
    image = toned_counts(torch.tensor([[0.0, 3.0, 15.0]]), 15.0, table).numpy().view(np.uint32)
    assert image[0, 0] == table[0]
    assert image[0, 1] == table[round((LEVELS - 1) * 0.5)]  # log 4 / log 16
    assert image[0, 2] == table[-1]


def test_contours_reach_the_edges_of_a_picture():
    """Of cells from 0 to 10 along both axes, whose middles are half a cell away from there."""
    middles = np.arange(10) + 0.5
    log_p = np.tile(-0.1 * middles, (10, 1))
    lines = contour_lines(middles, middles, log_p)
    reached = [(line[:, 0], line[:, 1].min(), line[:, 1].max()) for line in lines]
    assert len(lines) == 2  # at 0.05 + r²/2 below 0: r = 0.6 and 1.2
    for (x, low, high), r in zip(reached, CONTOUR_RADII, strict=False):
        np.testing.assert_allclose(x, 0.5 + 5 * r * r, rtol=1e-6)
        assert low <= 0
        assert high >= 10


@pytest.mark.parametrize("most", [2.0, 1e3, 1e6, 1e9])
def test_a_share_of_a_particle_is_seen_beside_any_number_of_them(most):
    counts = torch.cat([torch.zeros(1), torch.logspace(-6, math.log2(most), 200, base=2.0)])
    exact = np.log1p(counts.double().numpy()) / math.log1p(most) * (LEVELS - 1)
    levels = toned_counts(counts[None], most, np.arange(LEVELS, dtype=np.uint32))[0].numpy()
    assert levels[0] == 0
    # An entry is for counts that are a 256th of 1 + count apart, and a level is rounded to.
    assert np.abs(levels - exact).max() <= 0.5 + (LEVELS - 1) / 256 / math.log1p(most)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_density_colours_have_even_steps_of_lightness(theme):
    table = density_table(theme)
    colours = np.stack([(table >> 16) & 255, (table >> 8) & 255, table & 255], 1) / 255
    lightness = to_oklab(colours)[:, 0]
    steps = np.diff(lightness[:: LEVELS // 32])
    assert (steps < 0).all() or (steps > 0).all()
    assert np.ptp(steps) < 0.25 * np.abs(steps).mean()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_text_can_be_read_on_its_ground(name):
    """WCAG contrast of at least 4.5 for text, 3 for what is drawn."""
    t = THEMES[name]

    def luminance(colour):
        c = np.array(rgb(colour)) / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    def contrast(a, b):
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for ground in (t.window, t.card):
        assert contrast(t.text, ground) >= 4.5
        assert contrast(t.muted, ground) >= 4.5
    for drawn in (t.density, t.particles, t.score, t.noise, t.error, t.learned):
        assert contrast(drawn, t.canvas) >= 3


def test_tracers_move_uphill(three_modes):
    p = build_mixture(three_modes.target)
    grid = Grid.over(VIEW, 80, 72)
    x = grid.columns(CPU)
    velocity = flow_velocity(p.score(x.T.double()).T.float()).view(2, 72, 80)
    assert float(velocity.square().sum(0).max()) <= 1.0
    at = torch.randn(2, 500, generator=torch.Generator().manual_seed(1))
    before = p.log_prob(at.T.double())
    after = p.log_prob((at + 0.02 * sample_grid(velocity, at, VIEW)).T.double())
    assert float((after > before).double().mean()) > 0.98


def test_plane_picture_has_the_layers_asked_for_in_its_size(three_modes):
    every = (
        "density",
        "contours",
        "flow",
        "arrows",
        "denoiser",
        "particles",
        "trails",
        "responsibilities",
        "marginals",
    )
    scene = three_modes.with_(layers=three_modes.layers.with_(plane=every), view=three_modes.view.with_(fourier=True))
    stage = Stage(scene, "cpu")
    stage.simulation.advance(5)
    picture = Seen(stage.picture(VIEW))
    assert set(picture.images) == {"density", "flow", "particles", "responsibilities"}
    assert all(image.shape == (180, 200) for image in picture.images.values())
    assert len(picture.one("trails", Lines).points) == 6 * 64
    assert len(picture.contours) >= 7
    p = build_mixture(scene.target)
    for x, y, dx, dy in picture.arrows_of("arrows")[::37].tolist():
        score = p.score(torch.tensor([[x, y]]).double())[0]
        assert float(score[0] * dx + score[1] * dy) > 0
    x, y, dx, dy = picture.arrows_of("denoiser")[0].tolist()
    assert (dx, dy) == pytest.approx((0.0, 0.0), abs=1e-5)  # at sigma = 0 the denoiser is the identity
    assert picture.occupancy.shares.sum() == pytest.approx(1.0)
    assert picture.occupancy.weights == pytest.approx([0.5, 0.3, 0.2])
    assert picture.marks is None  # components have handles
    assert picture.fourier is not None
    m = picture.bars("marginals", plot="top")
    assert float((m.heights * np.diff(m.edges)).sum()) == pytest.approx(1.0, abs=0.01)


def test_marginals_count_particles_outside_the_other_axis(three_modes):
    """p_x integrates over all y, so the bars must too, also when the picture shows few of them."""
    stage = Stage(three_modes, "cpu")
    m = Seen(stage.picture(Viewport(-5.0, 5.0, 1.5, 1.7, 200, 4))).bars("marginals", plot="top")
    assert float((m.heights * np.diff(m.edges)).sum()) == pytest.approx(1.0, abs=0.01)


def test_an_unchanged_layer_is_not_made_again(three_modes):
    stage = Stage(three_modes, "cpu")
    first = stage.picture(VIEW)
    stage.simulation.advance()
    second = stage.picture(VIEW)
    assert second.layers["density"] is first.layers["density"]
    assert second.layers["contours"] is first.layers["contours"]
    assert second.layers["particles"][0] is not first.layers["particles"][0]


def test_line_picture_follows_the_noise_level(two_wells):
    stage = Stage(two_wells, "cpu")
    stage.simulation.advance(50)
    view = Viewport(-4.0, 4.0, 0.0, 1.0, 400, 300)
    picture = Seen(stage.picture(view))
    q = stage.simulation.process
    noised = build_mixture(two_wells.target).noised(q.alpha(0.5), q.sigma(0.5))
    x = torch.from_numpy(picture.grid.astype(np.float64))[:, None]
    np.testing.assert_allclose(picture.curve("density"), torch.exp(noised.log_prob(x)).numpy(), rtol=1e-4)
    np.testing.assert_allclose(picture.curve("score"), noised.score(x)[:, 0].numpy(), rtol=1e-4, atol=1e-5)
    bars = picture.bars("particles")
    assert float((bars.heights * np.diff(bars.edges)).sum()) == pytest.approx(1.0, abs=0.01)
    assert len(picture.path_points) == 51 * 64
    assert picture.now == pytest.approx(0.5)
    assert picture.heads[:, 1] == pytest.approx(stage.simulation.state.x[0, :64].numpy())
    assert "←" in picture.names["river"]


def test_river_is_brightest_at_the_modes_of_its_left_end():
    stage = Stage(load_scene("reverse-river"), "cpu")
    picture = Seen(stage.picture(Viewport(-6.0, 6.0, 0.0, 1.0, 400, 300)))
    pixels = picture.images["river"][:, 0]
    column = (pixels & 255) + ((pixels >> 8) & 255) + ((pixels >> 16) & 255)
    x = np.linspace(6.0, -6.0, len(column))
    assert abs(x[int(column.argmax())] - -2.0) < 0.1


def test_histories_of_langevin_scroll():
    scene = load_scene("fourier")
    scene = scene.with_(view=scene.view.with_(picture="river"), particles=scene.particles.with_(count=100))
    stage = Stage(scene, "cpu")
    stage.simulation.advance(450)
    picture = stage.picture(Viewport(-4.0, 4.0, 0.0, 1.0, 400, 300))
    assert picture.ranges["river"] == (50.0, 450.0)
    assert picture.now == 450.0


def test_trails_stop_where_they_leave_the_picture_far_behind(three_modes):
    scene = three_modes.with_(particles={"count": 5}, layers=three_modes.layers.with_(plane=("trails",)))
    stage = Stage(scene, "cpu")
    stage.simulation.advance(3)
    stage.simulation.paths._x[2, :, 1] = 1e9
    lines = Seen(stage.picture(Viewport(-6, 6, -6, 6, 200, 200))).one("trails", Lines)
    assert np.abs(lines.points).max() < 100
    joined = lines.joined.reshape(5, 4)  # of five particles, four states
    assert joined.tolist() == [[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0]]


@pytest.mark.parametrize("name", ["typed-potential", "trapped", "irises", "length", "reverse-river"])
def test_histograms_are_never_cut_at_the_top(name):
    """At the start, where all particles may stand in one place, and later."""
    scene = load_scene(name).resolved_panels()[0].with_(panels=())
    stage = Stage(scene, "cpu")
    for _ in range(2):
        picture = Seen(stage.picture(Viewport(-4, 4, -4, 4, 160, 120)))
        bars = [
            (d.plot, float(d.heights.max())) for layer in picture.layers.values() for d in layer if isinstance(d, Bars)
        ]
        assert bars
        for plot, height in bars:
            assert height <= picture.ranges[plot][1]
        stage.simulation.advance(20)
