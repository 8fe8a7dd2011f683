"""A generative adversarial network."""

from visualizer.scene.networks.base import NETWORKS, SLICED, NetworkKind

NETWORKS.add(
    NetworkKind(
        "gan",
        "GAN: generator and discriminator",
        ("non-saturating", "saturating", "wasserstein", "relativistic"),
        frozenset({"latent", "decoder", "width", "depth", "critic_width", "critic_steps", "frozen"}),
        order=7,
        error=SLICED,
        shown_every=100,
        shows=("critic", "lattice"),
        suits={"width": 64, "depth": 3, "batch": 256, "steps": 4000},
        draws=True,
        quick=(("GAN", {"steps": 800}),),
    )
)
