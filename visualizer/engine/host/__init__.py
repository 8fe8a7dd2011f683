"""The host: what drives runs and makes pictures, behind a wall from the window.

`talk.py` says what goes down (`Calls`) and what comes up (`Hears`); read it first. `host.py` is the loop: it takes the
newest scene and view, advances, paints, and hands over one result at a time. `errands.py` does what the window asks for
besides (`Errand`: a function of the engine by its address) and iterates over long work. `reports.py` measures on a
cadence of its own.

The same `Host` lives in a thread of its own process (`local.py`: tests, notebooks) or in a child (`child.py` on the
window's side, `process.py` on the other, `birth.py` between them). The window knows only `talk.Engine`. Nothing on its
side of the wall imports torch, scipy or onnxruntime.

The way of a drag: `Store.edit` → `Player.show` → `ChildEngine` sends the parts of the scene that are other objects →
a thread of the child hands them to `Host.show` → the loop adopts them, paints, and waits for the window to have taken
the picture before → `crossing.Packer` copies new arrays into shared memory, names what has not changed, and sends the
rest as a pickle → a thread of the window unpacks it without copying → `Player.frame`. A block of shared memory is free
again when the last array that looks at it is gone, which the window tells with its next word. Where no block is free
arrays travel in the pickle: nobody waits for a block. The memory and the pipe have no names, so nothing can be left
behind; pickles are read by our own two processes alone.

Death. The child tells every two seconds where the runs are (`keeping.py`), and every checkpoint of a training. When the
pipe ends, `ChildEngine` starts another child and tells it the scene, the views, the networks and where the runs were;
after a second death on one scene it waits for another scene. A child that has been at one step for long is told of by
its beat, a stopped one by its silence; `kill` ends either. The child ends with the window: Linux kills it, and
elsewhere the end of the pipe does.

Thought of, not built: the same crossing over an ssh tunnel, a GPU in the laboratory under a laptop in the hall. Arrays
would travel in the message (an `Arena` of no bytes does that today), compressed where they are pictures; pictures would
cross, not particles, as now; `birth.bear` would start `ssh host visualizer-host` and talk over its standard streams.
Pickles would then come from another machine: what `Hears` says would need a format that runs nothing.
"""
