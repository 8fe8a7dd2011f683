"""Cards: controls and read-outs beside the picture. One file for each, a class below `widgets.card.Card`;
`readouts.py` has two, and `start.py` and `pictures.py` are parts of the sampler's.

A card is shown the scene and the moment, and says by signals what the user did; it knows nothing of other cards. To add
a card: write it, and give it a place in `columns.py`.
"""
