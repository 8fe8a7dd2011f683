"""Densities, score fields and the samplers that move through them.

The house. A room imports only from the rooms below it, and nothing in a circle; `make check` refuses anything else.

    cli                  the command line
    gui                  the window; the only room that knows Qt
    export               frames to files
    engine               a scene becomes a run, a run becomes pictures
    scene                the document                  | diagnostics   a run in numbers
                                                       | learning      learned models
    samplers             one step after another
    processes            α(t) and σ(t)
    densities            log p, ∇log p, draws
    register             kinds by name

A drag, from the mouse to the picture: `gui/canvas` turns the mouse into an edited `Scene`; `gui/desk.py` puts the scene
into `gui/document/store.py`, which remembers it for undo and tells the window; `scene/changes.py` says what the edit
makes stale; `gui/run/player.py` hands the newest scene to the thread of the run, where `engine/stage.py` edits its
`Simulation` and asks each layer for its drawings of the moment; the `Picture` comes back, and `gui/canvas/drawn.py`
gives each drawing to the item that draws its sort.

To add a kind is to add a file. Where the file goes, and what stands in it, say the docstrings of

    a sampler            visualizer/scene/samplers, then visualizer/samplers
    a process            visualizer/scene/processes, then visualizer/processes
    a target             visualizer/scene/targets, then visualizer/engine/targets
    a layer              visualizer/scene/layers, then visualizer/engine/layers
    a network, a model   visualizer/scene/networks, then visualizer/learning/networks and visualizer/learning/model.py
    an experiment        visualizer/gui/experiments
    a card               visualizer/gui/cards/columns.py

`tests/house` has one small file of each, and `tests/gui/test_open_house.py` puts them in. Particles are columns (d, N)
everywhere but in the public interface of densities, where they are rows (N, d).
"""

__version__ = "0.1.0"
