"""The document as the window has it: `store.py` with undo, `files.py` for opening and saving, settings.

Files are read and written in the background. Read `store.py` first.
"""
