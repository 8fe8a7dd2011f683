"""What the actions do: one method for each entry of their table."""

from __future__ import annotations

from visualizer.gui.commands.edit import EditCommands
from visualizer.gui.commands.experiments import ExperimentCommands
from visualizer.gui.commands.file import FileCommands
from visualizer.gui.commands.lecture import LectureCommands
from visualizer.gui.commands.run import RunCommands
from visualizer.gui.commands.view import ViewCommands


class Commands(FileCommands, LectureCommands, EditCommands, RunCommands, ExperimentCommands, ViewCommands):
    """All of them."""

    def stop(self) -> None:
        """The window closes: nothing goes on without it."""
        self.stop_export()
        self.stop_experiments()
