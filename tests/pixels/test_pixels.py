"""Pixels looked at: what is drawn is where it should be, and the comparer can tell a wrong picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.conftest import THREE_MODES, TWO_WELLS
from visualizer.engine.palette import DARK, rgb
from visualizer.engine.stage import Stage
from visualizer.gui.offscreen.capture import Capture
from visualizer.gui.offscreen.page import Look
from visualizer.scene import parse_scene
from visualizer.scene.presets import load_scene


def different(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference between blocks of 8 × 8 pixels, in grey levels: blind to single pixels, not to shapes."""
    if a.shape != b.shape:
        return 255.0
    h, w = a.shape[0] // 8 * 8, a.shape[1] // 8 * 8
    blocks = [v[:h, :w, :3].astype(float).reshape(h // 8, 8, w // 8, 8, 3).mean((1, 3)) for v in (a, b)]
    return float(np.abs(blocks[0] - blocks[1]).max())


def draw(scene, steps=0, size=(640, 560)):
    stage = Stage(scene, "cpu")
    stage.simulation.advance(steps)
    capture = Capture(scene, Look(*size, title=False))
    try:
        return capture.draw(tuple(stage.picture(v) for v in capture.views)).copy()
    finally:
        capture.close()


def only(*layers):
    scene = parse_scene(THREE_MODES)
    return scene.with_(layers=scene.layers.with_(plane=layers), view=scene.view.with_(x=(-5.0, 5.0), y=(-4.5, 4.5)))


def pixel(canvas, x, y):
    at = canvas.widget_at(x, y)
    return round(at.x()), round(at.y())


@pytest.fixture
def drawn(qapp):
    def make(*layers, steps=0):
        stage = Stage(only(*layers), "cpu")
        stage.simulation.advance(steps)
        capture = Capture(only(*layers), Look(640, 560, title=False))
        image = capture.draw(tuple(stage.picture(v) for v in capture.views)).copy()
        places = {name: pixel(capture.figure.canvases[0], *xy) for name, xy in PLACES.items()}
        capture.close()
        return image.astype(int), places

    return make


PLACES = {"first": (-2.6, 1.6), "second": (2.4, 1.9), "third": (0.2, -2.2), "empty": (-4.0, -3.0)}


def test_density_peaks_where_it_should(drawn):
    image, places = drawn("density")
    brightness = image[:, :, :3].sum(2)
    inside = brightness[20:500, 60:600]
    row, column = divmod(int(inside.argmax()), inside.shape[1])
    x, y = places["second"]  # the narrowest for its weight: the highest peak is there or in the first
    first = places["first"]
    near = min(np.hypot(column + 60 - x, row + 20 - y), np.hypot(column + 60 - first[0], row + 20 - first[1]))
    assert near < 6
    ex, ey = places["empty"]
    assert np.abs(image[ey, ex, :3] - np.array(rgb(DARK.canvas))[::-1]).max() <= 6
    fx, fy = first
    blue, green, red = image[fy, fx, :3]
    assert blue > green > 60
    assert blue > red


def test_particles_are_amber_and_only_where_particles_are(drawn):
    image, places = drawn("particles", steps=3)
    x, y = places["first"]
    patch = image[y - 12 : y + 12, x - 12 : x + 12, :3].mean((0, 1))
    assert patch[2] > patch[1] > patch[0] + 15  # red over green over blue
    for name in ("second", "third", "empty"):
        x, y = places[name]
        patch = image[y - 6 : y + 6, x - 6 : x + 6, :3].mean((0, 1))
        assert np.abs(patch - np.array(rgb(DARK.canvas))[::-1]).max() < 2


def test_arrows_are_teal_and_point_uphill(drawn):
    image, _ = drawn("arrows")
    teal = (image[:, :, 1] > image[:, :, 2] + 40) & (image[:, :, 0] > image[:, :, 2] + 20)
    assert teal.mean() > 0.01


def test_marginals_appear_above_and_beside(drawn):
    bare, _ = drawn("density")
    with_marginals, _ = drawn("density", "marginals")
    assert different(bare, with_marginals) > 60
    amber = (with_marginals[:, :, 2] > 90) & (with_marginals[:, :, 0] < 80)
    assert amber[:90].sum() > 300  # above
    assert amber[90:, 550:].sum() > 300  # to the right


def test_a_river_shows_its_time_line_and_modes(qapp):
    scene = parse_scene(TWO_WELLS)
    stage = Stage(scene, "cpu")
    stage.simulation.advance(50)
    capture = Capture(scene, Look(900, 500, title=False))
    image = capture.draw(tuple(stage.picture(v) for v in capture.views)).astype(int)
    box = capture.figure.canvases[0].plot.getViewBox().sceneBoundingRect()
    middle = box.left() + box.width() / 2
    capture.close()
    white = (image[:, :, :3].min(2) > 190).sum(0)
    line = int(white[60:600].argmax()) + 60
    beside = np.delete(white[60:600], range(line - 64, line - 56))
    assert white[line] > 1.5 * beside.max()
    assert abs(line - middle) < 6  # halfway through the run


@pytest.mark.parametrize("width", [190, 370, 740, 1400])
def test_plots_of_a_river_fit_and_numbers_below_them_stand_apart(qapp, width):
    scene = load_scene("reverse-river")
    capture = Capture(scene, Look(width, 500, title=False))  # canvases are laid out before they have a size
    canvas, stage = capture.figure.canvases[0], Stage(scene, "cpu")
    for steps in (0, 150, 150):
        stage.simulation.advance(steps)
        canvas.show_picture(stage.picture(canvas.viewport_shown()))
        qapp.processEvents()
    shown = [plot for plot in (canvas.plot, canvas._density, canvas._score) if plot.isVisible()]
    assert len(shown) == (3 if width > 700 else 2)
    assert all(plot.geometry().right() <= width for plot in shown)
    for plot in shown:
        box = plot.getViewBox()
        (low, high), _ = box.viewRange()
        axis, pixel = plot.getAxis("bottom"), box.width() / (high - low)
        levels = axis.tickValues(low, high, axis.width())
        numbers = sorted(n for _, level in levels for n in level if low < n < high)
        assert 1 <= len(numbers) <= 7
        assert all((b - a) * pixel >= 24 for a, b in pairwise(numbers))
        middle = axis.label.mapRectToItem(axis, axis.label.boundingRect()).center().x()
        assert abs(middle - axis.width() / 2) < 3  # its name
    capture.close()


def test_light_theme_is_light(qapp):
    scene = only("density", "particles")
    dark = draw(scene)
    light = draw(scene.with_(view=scene.view.with_(theme="light")))
    assert light[..., :3].mean() > 200 > 60 > dark[..., :3].mean()


def test_same_scene_same_pixels(qapp):
    scene = only("density", "contours", "flow", "particles", "marginals")
    a = draw(scene, steps=5)
    b = draw(scene, steps=5)
    assert np.array_equal(a, b)


def test_the_comparer_fails_on_a_wrong_picture(qapp):
    scene = only("density", "particles")
    right = draw(scene)
    assert different(right, right) == 0
    assert different(right, np.zeros_like(right)) > 100
    assert different(np.zeros_like(right), right) > 100
    target = scene.target.with_(means=((-2.2, 1.6), *scene.target.means[1:]))
    moved = draw(scene.with_(target=target))
    assert different(right, moved) > 20
    mirrored = right[:, ::-1]
    assert different(right, mirrored) > 20
    assert different(right, right[:-8]) == 255.0


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_images_are_laid_on_one_another_pixel_by_pixel_whatever_the_ratio(qapp, ratio):
    scene = only("density", "particles")
    stage = Stage(scene, "cpu")
    capture = Capture(scene, Look(900, 640, title=False, scale=ratio))
    picture = stage.picture(capture.views[0])
    image = capture.draw((picture,)).copy()
    corner = capture.figure.canvases[0].view.sceneBoundingRect().topLeft()
    capture.close()
    below, above = (
        pixels.view(np.uint8).reshape(*pixels.shape, 4).astype(float)
        for pixels in (picture.layers[name][0].pixels for name in ("density", "particles"))
    )
    expected = above + below * (1 - above[..., 3:] / 255)
    edge = round(6 * ratio)  # where ticks are
    inside = np.s_[edge:-edge, edge:-edge, :3]

    def away(left, top):
        seen = image[top : top + expected.shape[0], left : left + expected.shape[1]]
        return np.abs(seen[inside] - expected[inside]).max()

    corners = [(round(corner.x() * ratio) + i, round(corner.y() * ratio) + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    assert min(away(*at) for at in corners) <= 1  # bytes are rounded once
    assert sorted(away(*at) for at in corners)[1] > 50  # and at one place only
