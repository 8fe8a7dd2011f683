"""Files from others are parsed in a process of their own, which may die, hang or be filled: the program does not.

`call` runs a function there and hands back what it returns: tables of JSON and NumPy arrays, nothing that could run.
The process is kept, so that a good file opens as fast as in one's own. Its memory, its CPU time and the time for an
answer are bounded. It ends when its pipe does: with the process that started it, however that ends.

    client.py     the side of the program
    process.py    the other side
"""

from visualizer.apart.client import Broken, Refused, call, call_alone, warm_up

__all__ = ["Broken", "Refused", "call", "call_alone", "warm_up"]
