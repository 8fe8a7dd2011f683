"""What a frame of a scene costs, so that it can be told before the scene is played."""

from __future__ import annotations

from visualizer.scene.model import Scene

#: Seconds for a particle and an evaluation of the score on two cores: of a component, whatever there is, of a grid, of
#: a network; measured to within a factor of two.
_COMPONENT, _PARTICLE, _GRID, _NETWORK = 1e-8, 2e-8, 1.5e-7, 1.5e-6
#: Frames that take longer are told of.
_WORTH_A_WORD = 1.0


def seconds_a_frame(scene: Scene) -> float:
    """About how long the steps of a frame take, of all pictures together."""
    return sum(_of_one(panel) for panel in scene.resolved_panels())


def _of_one(scene: Scene) -> float:
    components = scene.target.components
    score = _COMPONENT * components if components else _GRID
    if scene.field.kind == "learned":
        score = _NETWORK
    count, sampler = scene.particles.count, scene.sampler
    return count * sampler.steps_per_frame * sampler.evaluations(count) * (_PARTICLE + score)


def cost_told(scene: Scene) -> str:
    """A sentence where a frame takes long; "" where it does not."""
    seconds = seconds_a_frame(scene)
    if seconds < _WORTH_A_WORD:
        return ""
    minutes = f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
    long = f"{seconds:.0f} s" if seconds < 100 else minutes
    particles = f"{scene.particles.count:,}".replace(",", "\u202f")
    return (
        f"A frame of this scene may take {long}: {particles} particles, {scene.sampler.short_name}. "
        "Choose fewer particles, or fewer steps in a frame, before you play it."
    )
