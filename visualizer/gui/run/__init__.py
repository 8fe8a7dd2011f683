"""The window's side of the run.

`player.py` hands scenes, views and commands to the host (engine/host) and its pictures and answers back; read it first.
`runner.py` is for long work: experiments and trainings.
"""
