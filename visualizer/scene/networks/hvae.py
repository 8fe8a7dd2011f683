"""A hierarchical variational autoencoder."""

from visualizer.scene.networks.base import NATS, NETWORKS, NetworkKind

NETWORKS.add(
    NetworkKind(
        "hvae",
        "Hierarchical autoencoder",
        ("elbo",),
        frozenset({"levels", "encoder", "latent", "beta", "importance", "width", "depth"}),
        order=6.5,
        error=NATS,
        shown_every=200,
        shows=("law", "lattice"),
        suits={"width": 64, "depth": 3, "batch": 512, "steps": 8000, "levels": 3},
        most_levels=8,
        quick=(("Hierarchical VAE", {"steps": 500, "levels": 2}),),
    )
)
