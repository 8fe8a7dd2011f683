"""What the entries of the menus do: one method for each entry of `gui/actions.py`.

*Quit* is the window's; experiments have a register. To add a command: a method here, in the file of its group, and a
line in `gui/actions.py`. Commands work on the desk.
"""

from __future__ import annotations

from visualizer.gui.commands.edit import EditCommands
from visualizer.gui.commands.experiments import ExperimentCommands
from visualizer.gui.commands.file import FileCommands
from visualizer.gui.commands.plugins import PluginCommands
from visualizer.gui.commands.recovery import RecoveryCommands
from visualizer.gui.commands.run import RunCommands
from visualizer.gui.commands.view import ViewCommands


class Commands(
    FileCommands, RecoveryCommands, EditCommands, RunCommands, ExperimentCommands, ViewCommands, PluginCommands
):
    """All of them."""

    def stop(self) -> None:
        """The window closes: nothing goes on without it."""
        self.stop_export()
        self.stop_experiments()
