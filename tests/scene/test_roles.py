"""The equation says what is followed."""

from __future__ import annotations

import pytest
import ziamath

from visualizer.engine.palette import DARK
from visualizer.gui.words.equations import equation, explanation
from visualizer.scene.roles import as_followed, density, particles, replaced, score
from visualizer.scene.samplers import SAMPLERS


def test_braces_within_a_role_are_kept_together():
    inner = r"\frac{a}{b_{c}}(x)"
    tex = f"{particles('x')} + {score(inner)} - {score('s')}"
    assert replaced(tex, "score", lambda what: f"<{what}>") == f"{particles('x')} + <{inner}> - <s>"


def test_the_targets_own_score_stays_as_it_is():
    tex = score(r"\nabla \log p(x)")
    assert as_followed(tex, False, False) == tex


def test_a_network_has_a_score_of_its_own_in_its_own_colour():
    assert as_followed(score(r"\nabla \log p_t(x)"), True, False) == r"\role{learned}{s_{\theta}(x)}"
    assert as_followed(score(r"\hat{\varepsilon}(x)"), True, False) == r"\role{learned}{\hat{\varepsilon}_{\theta}(x)}"
    assert as_followed(density("D(x)"), True, False) == r"\role{learned}{D_{\theta}(x)}"
    assert as_followed(density("p(x)"), True, False) == density("p(x)")
    assert as_followed(score(r"\nabla \log p(x)"), False, True) == r"\role{learned}{\tilde{s}(x)}"


@pytest.mark.parametrize("kind", list(SAMPLERS))
def test_every_equation_can_be_set_with_a_network_and_with_guidance(kind, three_modes):
    sampler = SAMPLERS[kind]()
    scene = three_modes.with_(sampler=sampler, process={"kind": "vp-cosine"}, particles={"count": 10})
    learned = scene.with_(field={"kind": "learned", "file": "three-modes.safetensors"})
    guided = scene.with_(guidance={"kind": "class", "label": 0, "weight": 3.0})
    for one in (learned, guided, learned.with_(guidance=guided.guidance)):
        for numbers in (False, True):
            lines = equation(one, DARK, None, numbers)
            assert all(ziamath.Latex(line).svg().startswith("<svg") for line in lines)
            if any(r"\nabla \log" in line for line in scene.sampler.equation(numbers, None)):
                assert not any(r"\nabla \log" in line for line in lines), "the exact score is not followed"
                assert any(DARK.learned in line for line in lines)


def test_strokes_of_a_network_are_its_own(three_modes):
    scene = three_modes.with_(sampler={"kind": "strokes", "strokes": 5})
    assert explanation(scene, None) == "5 strokes"
    assert explanation(scene.with_(field={"kind": "learned", "file": "flow.safetensors"}), None).startswith(
        "p₁ is noise"
    )
