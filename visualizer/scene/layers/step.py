"""What the step did."""

from visualizer.scene.layers.base import LAYERS, InPicture, LayerKind

LAYERS.add(
    LayerKind(
        "step",
        plane=InPicture(
            12,
            "What the step did",
            "What the sampler has: refused proposals (red), trajectories, momenta, replicas (violet to red),"
            " jumps (green). Of up to 12 particles: what each proposes, green where taken, red where refused",
            on=True,
        ),
        line=InPicture(
            9,
            "What the step did",
            "Above the rug: refused proposals (red), jumps (green), replicas by temperature, trajectories "
            "and momenta (violet)",
            on=True,
        ),
    )
)
