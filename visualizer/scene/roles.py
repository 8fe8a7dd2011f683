"""Terms of formulas in roles: `\\role{score}{…}` in LaTeX. Whoever draws the formula gives each role its colour.

The roles are the names of the colours that the layers of the picture have: particles, score, noise, density, learned.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_ROLE = re.compile(r"\\role\{(\w+)\}")


def _in(role: str, tex: str) -> str:
    return rf"\role{{{role}}}{{{tex}}}"


def particles(tex: str) -> str:
    """What the particles are: x."""
    return _in("particles", tex)


def score(tex: str) -> str:
    """The score, and what comes of it."""
    return _in("score", tex)


def noise(tex: str = r"\varepsilon") -> str:
    """Fresh noise."""
    return _in("noise", tex)


def density(tex: str) -> str:
    """A density, and means under it."""
    return _in("density", tex)


def coloured(tex: str, colour: Callable[[str], str]) -> str:
    """The formula with colours in the place of roles: `colour` gives "#rrggbb" for a role."""
    return _ROLE.sub(lambda found: rf"\textcolor{{{colour(found[1])}}}", tex)
