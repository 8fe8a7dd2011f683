"""The choice of a picture's colours, which says of a transparent one for which ground they are."""

from __future__ import annotations

from visualizer.gui.widgets.card import Choice

#: What the same colours are for where the picture is transparent.
_GROUNDS = (("", "As in the window"), ("dark", "For slides on black"), ("light", "For slides on white"))


class Colours(Choice):
    """As in the window, dark, or light.

    Args:
        plain: values and texts where the picture is not transparent.
        tip: of the choice.
        name: for screen readers.
    """

    def __init__(self, plain: tuple[tuple[str, str], ...], tip: str, name: str) -> None:
        super().__init__(list(plain), tip, name)
        self._plain = plain

    def say_for(self, transparent: bool) -> None:
        """Texts for a transparent picture, or for one with a ground."""
        for i, (_, text) in enumerate(_GROUNDS if transparent else self._plain):
            self.setItemText(i, text)
