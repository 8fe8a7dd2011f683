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


def replaced(tex: str, role: str, new: Callable[[str], str]) -> str:
    """The formula with what stands in a role replaced, role and all."""
    head, out, at = rf"\role{{{role}}}{{", "", 0
    while (begin := tex.find(head, at)) >= 0:
        end, depth = begin + len(head), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(tex[end], 0)
            end += 1
        out += tex[at:begin] + new(tex[begin + len(head) : end - 1])
        at = end
    return out + tex[at:]


def as_followed(tex: str, learned: bool, guided: bool) -> str:
    """The formula with what is really followed for the target's own score: a network's, or a score that is pushed.

    The score becomes s_θ, the noise ε̂_θ, the denoiser D_θ, in the colour of what is learned; with a tilde if pushed.
    """
    if not learned and not guided:
        return tex
    below = r"_{\theta}" if learned else ""

    def symbol(name: str) -> str:
        return rf"\tilde{{{name}}}{below}" if guided else name + below

    def score_of(inner: str) -> str:
        place = inner[inner.rfind("(") :] if inner.endswith(")") else ""
        name = r"\hat{\varepsilon}" if inner.startswith(r"\hat{\varepsilon}") else "s"
        return _in("learned", symbol(name) + place)

    def density_of(inner: str) -> str:
        return _in("learned", symbol("D") + inner[1:]) if inner.startswith("D") else density(inner)

    return replaced(replaced(tex, "score", score_of), "density", density_of)
