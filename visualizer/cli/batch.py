"""Many scenes into a folder, several at a time, each in a process of its own, with a line of progress for each."""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from visualizer.cli.common import UsageError
from visualizer.export.options import arguments

_MAX_JOBS = 64
_REDRAW = 0.2


def run_all(options: argparse.Namespace) -> int:
    """Draws every scene; 0 if all went well, else the highest status of any."""
    if not 1 <= options.jobs <= _MAX_JOBS:
        raise UsageError(f"--jobs {options.jobs}: expected 1 to {_MAX_JOBS}")
    if "-" in options.scene:
        raise UsageError("standard input is one scene: expected -o FILE")
    folder = Path(options.output)
    if not folder.is_dir():
        if folder.suffix or not folder.parent.is_dir():
            raise UsageError(f"{folder}: expected a folder, for there are {len(options.scene)} scenes")
        folder.mkdir()
    suffix = "" if options.format == "frames" else f".{options.format or 'mp4'}"
    names = [Path(scene).stem if Path(scene).is_file() else scene for scene in options.scene]
    if options.format == "html" and "index" in names:
        raise UsageError("index: the page of all pages has this name; rename the scene")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{twice[0]}: there is more than one scene of this name, and they would go to one file")
    jobs = [_Job(s, folder / f"{n}{suffix}", options) for s, n in zip(options.scene, names, strict=True)]
    board = _Board(jobs)
    pool = ThreadPoolExecutor(options.jobs)
    try:
        running = [pool.submit(job.run) for job in jobs]
        while not all(future.done() for future in running):
            board.show()
            time.sleep(_REDRAW)
        for future in running:
            future.result()
    finally:
        for job in jobs:
            job.stop()
        pool.shutdown(cancel_futures=True)
        board.show()
    made = [job.path for job in jobs if not job.status]
    if options.format == "html" and made:
        from visualizer.gui.offscreen.web import write_index

        write_index(folder, made)
    for job in jobs:
        if job.error:
            print(f"{job.path.name}: {job.error}", file=sys.stderr)
    return max(job.status for job in jobs)


class _Job:
    def __init__(self, scene: str, path: Path, options: argparse.Namespace) -> None:
        self.path, self.words, self.status, self.error = path, "waits", 0, ""
        self._lock, self._stopped = threading.Lock(), False
        self._process: subprocess.Popen[str] | None = None
        self._command = [
            sys.executable, "-m", "visualizer", "render", scene, "-o", str(path), "--progress", *arguments(options),
            *(["--format", "frames"] if options.format == "frames" else []),
        ]  # fmt: skip

    def run(self) -> None:
        """Draws the scene; says meanwhile how far it is."""
        with self._lock:
            if self._stopped:
                return
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(self._command, stdout=pipe, stderr=pipe, text=True)
        begin = time.monotonic()
        self.words = "starts"
        assert self._process.stdout is not None
        for line in self._process.stdout:
            numbers = line.split()
            if len(numbers) == 2 and all(n.isdigit() for n in numbers):
                done, total = map(int, numbers)
                left = (time.monotonic() - begin) / max(1, done) * (total - done)
                self.words = f"frame {done} of {total}, {left:.0f} s left"
        _, said = self._process.communicate()
        self.status = self._process.returncode if self._process.returncode >= 0 else 1
        self.error = said.strip().removeprefix("visualizer: ") if self.status else ""
        self.words = "failed" if self.status else f"done in {time.monotonic() - begin:.1f} s"

    def stop(self) -> None:
        """Ends it, if it still runs; it leaves no half file."""
        with self._lock:
            self._stopped = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()


class _Board:
    """One line for each job, written over and over on a terminal; nothing in a pipe."""

    def __init__(self, jobs: list[_Job]) -> None:
        self._jobs, self._shown = jobs, False
        self._wide = max(len(job.path.name) for job in jobs)

    def show(self) -> None:
        """Writes the lines over those before."""
        if not sys.stderr.isatty():
            return
        up = f"\x1b[{len(self._jobs)}F" if self._shown else ""
        lines = "".join(f"\x1b[K{job.path.name:{self._wide}}  {job.words}\n" for job in self._jobs)
        sys.stderr.write(up + lines)
        sys.stderr.flush()
        self._shown = True
