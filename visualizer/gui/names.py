"""What samplers are called."""

from __future__ import annotations

from visualizer.gui.chain_equations import step_words
from visualizer.scene.model import PanelPart, Scene
from visualizer.scene.sampler import LangevinSampler, ReverseSampler, SamplerBase

SAMPLERS = (
    ("langevin", "Langevin (ULA)"),
    ("mala", "Langevin with a test (MALA)"),
    ("random-walk", "Random-walk Metropolis"),
    ("underdamped", "Underdamped Langevin (BAOAB)"),
    ("hmc", "Hamiltonian Monte Carlo"),
    ("nuts", "No-U-turn sampler (NUTS)"),
    ("parallel-tempering", "Parallel tempering"),
    ("simulated-annealing", "Simulated annealing"),
    ("annealed-langevin", "Annealed Langevin"),
    ("walk-jump", "Walk–jump"),
    ("svgd", "Stein variational gradient descent"),
    ("forward", "Forward diffusion"),
    ("reverse", "Reverse diffusion"),
    ("predictor-corrector", "Predictor–corrector"),
    ("ddim", "DDIM / denoising iteration"),
    ("dpm-solver++", "DPM-Solver++(2M)"),
)
_SHORT = {
    "langevin": "Langevin",
    "mala": "MALA",
    "underdamped": "Underdamped",
    "dpm-solver++": "DPM++ (2M)",
    "predictor-corrector": "Pred.–corrector",
    "hmc": "HMC",
    "nuts": "NUTS",
    "parallel-tempering": "Tempering",
    "svgd": "SVGD",
}


def short_name(sampler: SamplerBase) -> str:
    """A sampler in a word or two."""
    kind = str(getattr(sampler, "kind", ""))
    if isinstance(sampler, ReverseSampler):
        return "Reverse ODE" if sampler.lam == 0 else "Reverse SDE"
    return _SHORT.get(kind, dict(SAMPLERS).get(kind, kind))


def picture_title(panel: PanelPart, shown: Scene) -> str:
    """The title of one of several pictures: its own, else its sampler and step."""
    if panel.title:
        return panel.title
    s = shown.sampler
    numbers = f"h = {s.step:g}" if isinstance(s, LangevinSampler) else step_words(s)
    return f"{short_name(s)},  {numbers}" if numbers else short_name(s)
