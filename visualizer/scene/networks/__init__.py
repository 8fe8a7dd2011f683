"""What can be trained: one file for each kind of network or model, named by the key `network` of [training].

To add a network: write a file here, `my_network.py`, that adds a `NetworkKind`; and a file of the same name in
`visualizer/learning/networks/` that adds its `Architecture`. Numbers that no kind has yet are fields of `TrainingPart`.
"""

from visualizer.scene.networks.base import NETWORKS, NetworkKind

__all__ = ["NETWORKS", "NetworkKind"]
