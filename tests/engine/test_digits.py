"""Walk–jump on handwritten digits: what is visited, what is recognised, and the lengths of noise."""

from __future__ import annotations

from contextlib import closing
from itertools import islice

import numpy as np
import pytest
import torch
from scipy.special import gammaln
from sklearn.svm import SVC

from visualizer.densities import Points
from visualizer.engine.experiments import digits
from visualizer.engine.experiments.archive import AGREED, archive, lessons, school
from visualizer.engine.findings.digits import CLASSES, SHIPPED, DigitWalk, Walking
from visualizer.engine.run.make_sampler import follow
from visualizer.engine.run.net_files import net_in_file
from visualizer.engine.run.shelf import Shelf
from visualizer.learning import Plan, Shape, train
from visualizer.processes import process
from visualizer.scene.errors import SceneError
from visualizer.scene.field import LearnedField
from visualizer.scene.presets import load_scene


def jumps(asked, chains=20, steps=200):
    """Of many chains at once, (steps, chains, 64)."""
    sampler, state, generator = digits._begun(asked, Shelf(), chains)
    out = []
    with torch.no_grad():
        for _ in range(steps):
            state, info = sampler.step(state, generator)
            out.append(info.jumps.T)
    return torch.stack(out)


def test_the_archive_is_scikit_learns():
    a = archive()
    assert a.points.rows.shape == (1797, 64)
    assert (float(a.points.rows.min()), float(a.points.rows.max())) == (0.0, 1.0)
    assert np.bincount(a.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    read, votes, far = a.read(a.points.rows[:50])
    assert (read == a.labels[:50]).mean() > 0.95
    assert far.max() == pytest.approx(0.0, abs=1e-6)
    assert votes.min() >= 4
    x = a.points.rows.double().numpy()
    covariance = np.cov(x.T)
    values, vectors = np.linalg.eigh(covariance)
    placed = a.placed(a.points.rows.numpy()).astype(np.float64)
    np.testing.assert_allclose(placed.var(0, ddof=1), values[:-3:-1], rtol=1e-4)
    np.testing.assert_allclose(np.abs(a.plane[1].T @ vectors[:, :-3:-1]), np.eye(2), atol=1e-6)


def test_noise_in_64_dimensions_has_one_length():
    """‖ε‖/√d is χ_64/8: mean √2 Γ(32.5)/Γ(32)/8 = 0.9961, spread 0.088; the noise of 4,000 digits is within 1 %."""
    facts = digits.facts()
    law, r = facts.laws[64], facts.lengths
    mean = float(np.sqrt(2) * np.exp(gammaln(32.5) - gammaln(32)) / 8)
    assert mean == pytest.approx(0.9961, abs=1e-4)
    assert np.trapezoid(law, r) == pytest.approx(1.0, abs=1e-6)
    assert np.trapezoid(law * r, r) == pytest.approx(mean, abs=1e-6)
    noise = torch.randn(4000, 64, generator=torch.Generator().manual_seed(0))
    found = float(noise.norm(dim=1).mean()) / 8
    assert abs(found - mean) < 4 * 0.0883 / np.sqrt(4000) < 0.01
    assert 0.95 < facts.neighbour < 1.05


def test_a_good_noise_visits_all_and_is_recognised_and_a_small_one_is_trapped():
    small, good, more = list(digits.over_sigma(Walking(), Shelf(), (0.15, 0.28, 0.3)))[-1].points
    assert good.recognised >= 0.9
    assert good.classes >= 9
    assert more.classes >= 9.8
    assert small.classes <= 4
    assert small.recognised > good.recognised > more.recognised
    assert small.far < good.far < more.far


def test_another_classifier_reads_the_jumps_alike():
    a = archive()
    svc = SVC(gamma=0.25, C=10).fit(a.points.rows.numpy(), a.labels)
    x = jumps(Walking())[50::25].reshape(-1, 64)
    read, votes, _ = a.read(x)
    sure = votes >= AGREED
    assert sure.mean() > 0.85
    assert (svc.predict(x.numpy())[sure] == read[sure]).mean() > 0.95


def test_guidance_leads_to_the_class_with_the_network_and_with_the_exact_field():
    for net in (SHIPPED, ""):
        x = jumps(Walking(label=3, guidance=1.0, net=net))[-1]
        assert (archive().read(x)[0] == 3).mean() >= 0.9


def test_the_exact_denoiser_makes_nothing_but_what_it_knows():
    known = jumps(Walking(sigma=0.15, net=""))[-1]
    learned = jumps(Walking(sigma=0.15))[-1]
    far = [np.median(archive().read(x)[2]) for x in (known, learned)]
    assert far[0] < 0.01
    assert far[1] > 0.3


def test_a_chain_goes_on_where_another_ended_and_counts_anew():
    shelf = Shelf()
    first = list(islice(digits.walking(Walking(), shelf), 3))[-1]
    assert (first.step, first.since, len(first.walk), first.visited.sum(), first.norms.sum()) == (3, 0, 3, 3, 3)
    second = next(digits.walking(Walking(sigma=0.5), shelf, first))
    assert (second.step, second.since, len(second.walk), second.visited.sum(), second.counted) == (4, 3, 4, 0, 0)
    np.testing.assert_array_equal(second.walk[:3], first.walk)
    assert np.abs(second.walk[3] - second.walk[2]).max() < 4 * 0.5
    assert DigitWalk.begun().visited.shape == (CLASSES,)


def test_a_sheet_has_the_jumps_of_one_chain():
    made = digits.sheet(0.28, 30)
    assert made.jumps.shape == (30, 64)
    np.testing.assert_array_equal(made.reads, archive().read(torch.from_numpy(made.jumps))[0])


def test_the_same_lesson_makes_the_same_network():
    first, second = (list(lessons(steps=60))[-1].net for _ in range(2))
    for name, weight in first.weights.items():
        assert torch.equal(weight, second.weights[name]), name


def test_a_lesson_in_its_own_process_shows_noisy_digits_become_clean():
    shelf = Shelf()
    with closing(digits.lesson(shelf)) as shown:
        some = list(islice(shown, 3))
    assert [at.step for at in some] == [0, 150, 300]
    error = [float(((at.denoised - at.clean) ** 2).sum(1).mean()) for at in some]
    assert error[2] < error[1] < error[0]
    assert error[2] < 0.8 * error[0]
    here = next(at for at in lessons(steps=12_000) if at.step == 150).net
    apart = shelf.get(LearnedField(file=some[-1].name))
    assert here.shape == apart.shape


def test_what_ships_has_the_plan_it_is_said_to_have():
    net = net_in_file(SHIPPED)
    plan, along = school()
    assert net.shape == plan.shape
    assert net.process == along
    assert f"step {plan.steps} of {plan.steps}, seed {plan.seed}" in net.made


def test_in_a_picture_it_is_refused_in_a_sentence():
    scene = load_scene("trapped")
    with pytest.raises(SceneError, match="64 dimensions; pictures have one or two"):
        follow(net_in_file(SHIPPED), scene, "cpu")


def test_points_are_learned_by_denoising_alone():
    shape = Shape("mlp", 2, "score", 8, 1, 1, 1, 1.0)
    points = Points(torch.zeros(3, 2))
    with pytest.raises(ValueError, match="learned by denoising"):
        next(train(Plan(shape, "sliced-score-matching"), points, process("ve")))
    with pytest.raises(ValueError, match="1 to 64 dimensions of mlp"):
        Shape("mlp", 65, "x0", 8, 1, 1, 1, 1.0)
    with pytest.raises(ValueError, match="1 to 2 dimensions of flow"):
        Shape("flow", 3, "x0", 8, 1, 1, 1, 1.0)
