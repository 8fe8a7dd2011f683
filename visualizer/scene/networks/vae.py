"""A variational autoencoder."""

from visualizer.scene.networks.base import NATS, NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "vae",
        "Variational autoencoder",
        ("elbo",),
        frozenset({"latent", "decoder", "beta", "importance", "width", "depth"}),
        order=6,
        error=NATS,
        shown_every=100,
        shows=("law", "lattice"),
        suits={"width": 64, "depth": 3, "batch": 512, "steps": 6000},
        quick=(("VAE", {"steps": 800}),),
    )
)
