"""All cards of the window, in their places.

To add a card: a `Card` in a file of this room, and a line here. The window asks nothing more of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from visualizer.gui.cards.diagnostics import DiagnosticsCard
from visualizer.gui.cards.field import FieldCard
from visualizer.gui.cards.fit import FitCard
from visualizer.gui.cards.fourier import FourierCard
from visualizer.gui.cards.layers import LayersCard
from visualizer.gui.cards.noise import NoiseCard
from visualizer.gui.cards.race import RaceCard
from visualizer.gui.cards.readouts import DynamicsCard, OccupancyCard
from visualizer.gui.cards.sampler import SamplerCard
from visualizer.gui.cards.target import TargetCard
from visualizer.gui.run.player import Player
from visualizer.gui.widgets.card import Card, More


class Cards:
    """The cards by name; `left` and `right` say where each stands, from the top."""

    def __init__(self, player: Player) -> None:
        self.target, self.noise = TargetCard(player), NoiseCard()
        self.field, self.sampler = FieldCard(player), SamplerCard()
        self.left: list[Card] = [self.target, self.sampler, self.noise, self.field]
        self.dynamics, self.race, self.occupancy = DynamicsCard(), RaceCard(), OccupancyCard()
        self.fourier, self.diagnostics, self.layers, self.fit = (
            FourierCard(),
            DiagnosticsCard(),
            LayersCard(),
            FitCard(),
        )
        # What grows while it runs stands below what is clicked: nothing moves under the mouse.
        self.right: list[Card] = [
            self.dynamics, self.layers, self.race, self.occupancy, self.diagnostics, self.fourier, self.fit,
        ]  # fmt: skip

    def __iter__(self) -> Iterator[Card]:
        return iter([*self.left, *self.right])

    def fold_as(self, folded: list[str]) -> None:
        """Folds the cards and parts of cards with these names, and unfolds the others."""
        for part in self._foldable():
            part.fold(part.accessibleName() in folded)

    @property
    def folded(self) -> list[str]:
        """The names of those that are folded."""
        return [part.accessibleName() for part in self._foldable() if part.is_folded]

    def _foldable(self) -> Iterator[Card | More]:
        for card in self:
            yield card
            if card.more is not None:
                yield card.more
