"""Shared by all rooms' tests."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # tests run side by side: threads that spin would only wait for each other

# Tests start the program some hundred times: its modules are compiled by the first of them.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples every time: what is found by chance is found where somebody looks for it.
settings.register_profile("fixed", derandomize=True)
settings.load_profile("fixed")

REFERENCE = Path(__file__).parent / "reference" / "mixtures.json"

THREE_MODES = """
version = 1
title = "Three modes"

[target]
kind = "mixture"
weights = [0.5, 0.3, 0.2]
means = [[-2.6, 1.6], [2.4, 1.9], [0.2, -2.2]]
covariances = [[[0.55, 0.25], [0.25, 0.35]], [[0.35, -0.15], [-0.15, 0.5]], [[1.1, 0.0], [0.0, 0.22]]]

[sampler]
kind = "langevin"
step = 0.02

[particles]
count = 2000
"""

TWO_WELLS = """
version = 1
title = "Two wells"

[target]
kind = "mixture"
weights = [0.3, 0.7]
means = [-2.0, 1.5]
covariances = [0.04, 0.1]

[process]
kind = "vp-linear"

[sampler]
kind = "reverse"
lambda = 1.0
steps = 100

[particles]
count = 2000
"""


@pytest.fixture(scope="session")
def reference() -> dict:
    """Mixtures with values computed to 50 digits."""
    return json.loads(REFERENCE.read_text())


@pytest.fixture
def three_modes():
    """A small 2-D scene."""
    from visualizer.scene import parse_scene

    return parse_scene(THREE_MODES)


@pytest.fixture
def two_wells():
    """A small 1-D scene."""
    from visualizer.scene import parse_scene

    return parse_scene(TWO_WELLS)
