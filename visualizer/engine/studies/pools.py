"""Where cells are run: in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from visualizer.engine.studies.cell import about_here, begin_worker, run_cell, run_cell_there

#: Seconds to reach a cluster, and to hear from its workers.
_PATIENCE = 30.0
#: How often Dask runs a cell again whose worker died, before it gives the cell up.
_RETRIES = 2
_HERE = ("127.0.0.1", "localhost", "::1")


class ClusterError(ValueError):
    """A cluster cannot be used, in a sentence that says what to do."""


@dataclass(frozen=True)
class Pool:
    """What runs cells.

    Attributes:
        make: starts it; called again after it broke.
        jobs: how many cells it runs side by side.
        task: what runs a cell there.
        broken: raised of a cell under way when all of it is gone; what was under way is run again.
        deadly: raised of a cell that brought down its worker several times.
        end: ends it.
    """

    make: Callable[[], Executor]
    jobs: int
    task: Callable[..., str] = run_cell
    broken: tuple[type[BaseException], ...] = (BrokenExecutor,)
    deadly: tuple[type[BaseException], ...] = ()
    end: Callable[[], None] = lambda: None


def local_pool(jobs: int) -> Pool:
    """Processes of this machine, which end with this one, or with the pool, whatever they are at."""
    context, before = multiprocessing.get_context("spawn"), set(multiprocessing.active_children())

    def end() -> None:
        for child in set(multiprocessing.active_children()) - before:
            child.kill()

    return Pool(lambda: ProcessPoolExecutor(jobs, context, begin_worker, (os.getpid(),)), jobs, end=end)


def cluster_pool(address: str) -> Pool:
    """The workers of a Dask scheduler, which have to be of this program's version.

    Raises:
        ClusterError: the address is not safe, nobody answers, or the workers are of another version.
    """
    _refuse_unsafe(address)
    try:
        import distributed
    except ImportError:
        raise ClusterError("A cluster needs Dask: pip install 'visualizer[study]'.") from None
    library: Any = distributed  # its functions have no types
    try:
        client = library.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(f"{address}: nobody answers there ({error}). Start `dask scheduler` first.") from None
    try:
        jobs = sum(client.nthreads().values())
        if not jobs:
            raise ClusterError(f"{address}: the cluster has no workers. Start `dask worker {address}` first.")
        here, there = about_here(), client.run(about_here)
        for worker, said in there.items():
            if said != here:
                raise ClusterError(f"{worker} runs {said}, and this program {here}: install the same on both.")
    except BaseException:
        client.close()
        raise

    def make() -> Any:
        return client.get_executor(pure=False, retries=_RETRIES)

    return Pool(make, jobs, run_cell_there, (CancelledError,), (library.KilledWorker,), client.close)


def _refuse_unsafe(address: str) -> None:
    """Whoever speaks to Dask over a bare connection can run programs: only this machine, or an encrypted line."""
    found = urlsplit(address if "//" in address else f"tcp://{address}")
    if not (found.scheme == "tls" or (found.scheme == "tcp" and found.hostname in _HERE)):
        raise ClusterError(
            f"{address}: whoever reaches a scheduler at tcp:// can run programs on its workers. Use tls://, or a "
            "scheduler of this machine, as through an ssh tunnel: tcp://127.0.0.1:8786."
        )
