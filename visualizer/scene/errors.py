"""What is wrong with a scene, said so that it can be mended."""

from __future__ import annotations

from dataclasses import dataclass

#: Faults that are told, at most: a file may have hundreds of thousands.
_TOLD = 20


@dataclass(frozen=True)
class Problem:
    """One fault: the dotted key it is at ("" for the whole document) and what was expected."""

    key: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key}: {self.expected}" if self.key else self.expected


class SceneError(ValueError):
    """A scene that cannot be used. Its text has one line for each problem: file, key, what was expected."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        lines = [f"{source}: {p}" for p in problems[:_TOLD]]
        if len(problems) > _TOLD:
            lines.append(f"{source}: and {len(problems) - _TOLD:,} more faults")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[SceneError], tuple[str, list[Problem]]]:
        """It crosses from one process to another."""
        return type(self), (self.source, self.problems)

    @property
    def sentence(self) -> str:
        """What was expected, for a person who sees what it is about."""
        said = "; ".join(p.expected for p in self.problems[:_TOLD]).rstrip(".")
        return f"{said[:1].upper()}{said[1:]}."


class FilesOutside(SceneError):
    """A scene names files that lie neither below its folder nor with the program, and nobody has agreed to them."""

    def __init__(self, source: str, files: tuple[str, ...]) -> None:
        super().__init__(source, [Problem("", f"reads files outside its folder: {', '.join(files)}")])
        self.files = files


class NothingInside(SceneError):
    """A picture or video that holds no scene: it was not exported from this program."""
