"""The window: the only room that knows Qt.

    window.py       lays the desk out and connects what is on it
    desk.py         the document, its run, the picture, the cards: what everything else works on
    document/       the scene with undo, files, settings
    run/            the window's side of the run: calls to the host, answers from it
    canvas/         pictures: one item for each sort of drawing, handles, mouse
    cards/          controls and read-outs beside the picture
    experiments/    dialogs that measure
    commands/       what the entries of the menus do
    finding/        everything found by a word: Ctrl+K
    presenting/     lectures from the window
    offscreen/      the same picture drawn into files
    words/          equations and the words of a lecture
    widgets/        what cards are made of

The room imports export, engine, scene and the register, but neither torch nor scipy: what needs them is an errand of
the host's (`engine/host`), in another process. Only `offscreen/`, which draws into files, has an engine of its own.
Nothing slow is computed here, and nothing reads files or waits, in the thread of the window (`jobs.py` does that).
Colours stand in `visualizer/engine/palette.py`, style sheets in `theme.py`. Read `desk.py`, then `window.py`.
"""
