"""A variational autoencoder."""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "vae",
        "Variational autoencoder",
        ("elbo",),
        frozenset({"latent", "decoder", "beta", "importance", "width", "depth"}),
        order=6,
        suits={"width": 64, "depth": 3, "batch": 512, "steps": 6000},
    )
)
