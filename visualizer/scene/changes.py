"""What two scenes differ in, and so what must be done again: a pure function."""

from __future__ import annotations

from enum import IntFlag

from visualizer.scene.across import walks_across
from visualizer.scene.model import Scene


class Change(IntFlag):
    """What an edit makes stale."""

    NOTHING = 0
    #: the picture alone: view, layers, theme, captions
    PICTURE = 1
    #: p_t and everything drawn from it
    FIELDS = 2
    #: the sampler goes on from where the particles are, with new dynamics
    DYNAMICS = 4
    #: the run starts again
    RESTART = 8
    #: the pictures show another part of the space: it was chosen, or the target lies elsewhere
    FRAME = 16
    #: controls: more than the shapes of the same components, which is all that changes while one is dragged
    CONTROLS = 32


def changes(old: Scene, new: Scene) -> Change:
    """Everything stale once `old` has become `new`."""
    if old == new:
        return Change.NOTHING
    out = Change.PICTURE
    if not _same_components(old, new):
        out |= Change.CONTROLS
    if (old.view.x, old.view.y) != (new.view.x, new.view.y) or walks_across(old) != walks_across(new):
        out |= Change.FRAME
    if old.target != new.target:
        out |= Change.FIELDS | Change.DYNAMICS
        if new.target.elsewhere(old.target):  # the particles are not where it is
            out |= Change.RESTART | Change.FRAME
    if old.process != new.process:
        out |= Change.FIELDS | (Change.DYNAMICS if _same_run_clock(old, new) else Change.RESTART)
    if (old.field, old.guidance) != (new.field, new.guidance):
        out |= Change.FIELDS | Change.DYNAMICS
    if old.sampler != new.sampler:
        out |= Change.FIELDS | _sampler_change(old, new)
    if (old.seed, old.particles.count) != (new.seed, new.particles.count) or _asked(old) != _asked(new):
        out |= Change.RESTART
    if len(old.panels) != len(new.panels):
        out |= Change.FIELDS | Change.RESTART
    elif old.panels != new.panels:
        for a, b in zip(old.resolved_panels(), new.resolved_panels(), strict=True):
            out |= changes(a, b)
    if (old.view.t, old.view.sigma) != (new.view.t, new.view.sigma):
        out |= Change.FIELDS
    return out


def _same_components(old: Scene, new: Scene) -> bool:
    """Whether the shapes of the same components are all that changed."""
    if old.target.d != new.target.d or old.target.components != new.target.components:
        return False
    return all(getattr(old, name) is getattr(new, name) for name in Scene.model_fields if name != "target")


def _asked(scene: Scene) -> object:
    """The start that is asked for: where that is may move with the target, without starting again."""
    return scene.particles.start or scene.sampler.start


def _same_run_clock(old: Scene, new: Scene) -> bool:
    """What does not move along the process need not start again when the process changes."""
    stays = new.sampler.endless and old.sampler.kind == new.sampler.kind
    return stays and _asked(old) == _asked(new) and new.start.kind != "prior"


def _sampler_change(old: Scene, new: Scene) -> Change:
    if old.sampler.kind != new.sampler.kind:
        return Change.RESTART
    names = (
        type(old.sampler).model_fields.keys() | type(new.sampler).model_fields.keys()
    )  # versions of a plug-in differ
    differing = {n for n in names if getattr(old.sampler, n, None) != getattr(new.sampler, n, None)}
    if differing == {"steps"} and old.sampler.endless:
        return Change.PICTURE
    return Change.RESTART if differing & old.sampler.restarts else Change.DYNAMICS


def still_told(told: Scene, now: Scene) -> bool:
    """Whether what was said of one scene may be true of another: numbers may differ, kinds may not.

    Nor may a sampler that stays at the target itself go on at a noised one, or the other way round.
    """
    return _what_runs(told) == _what_runs(now)


def _what_runs(scene: Scene) -> object:
    return [
        (
            p.target.kind,
            p.target.d,
            p.target.components,
            p.sampler.kind,
            p.process.kind,
            p.field,
            p.guidance.kind,
            _is_noised(p),
        )
        for p in scene.resolved_panels()
    ]


def _is_noised(scene: Scene) -> bool:
    """Whether a sampler stays at a density with noise."""
    return scene.sampler.own_level and any(scene.sampler.level)
