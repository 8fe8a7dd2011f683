"""Everything the program can do, found by a word: Ctrl+K.

    entries.py    what there is to be found: actions, layers, choices, controls, scenes, tours, pages of the manual
    finder.py     the field to type in and the list below it

Nothing is listed here by name: entries come from the table of actions, the registers and the controls of the cards.
"""
