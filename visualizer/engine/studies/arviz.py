"""The draws of a study for ArviZ: a tree with a group for each run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from visualizer.engine.studies.store import Store
from visualizer.scene.files import dump_scene
from visualizer.scene.study import Plan

#: Attributes that libraries write of their own accord: the time makes two trees of the same draws differ.
_OF_LIBRARIES = ("created_at", "creation_library", "creation_library_version", "creation_library_language")


def write_draws(plan: Plan, keys: Iterable[str], store: Store, path: Path) -> int:
    """Writes `posterior` (chain, draw, axis) of every run that has draws as NetCDF; returns how many runs.

    A group is named by the key of its run. Its attributes say variant, seed, values of the axes and the scene.

    Raises:
        ValueError: no run has draws, or the extra `study` is not installed.
        OSError: the file cannot be written.
    """
    try:
        import arviz_base
        import xarray
    except ImportError:
        raise ValueError("Draws for ArviZ need more: pip install 'visualizer[study]'.") from None
    library: Any = arviz_base  # its functions have no types
    groups: dict[str, Any] = {}
    for cell, key in zip(plan.cells, keys, strict=True):
        draws = store.draws(key)
        if draws is None:
            continue
        posterior = library.from_dict({"posterior": {"x": draws}}, dims={"x": ["axis"]})["posterior"].to_dataset()
        for name in _OF_LIBRARIES:
            posterior.attrs.pop(name, None)
        axes = {name: str(v) for name, v in zip(plan.study.axes, cell.values, strict=True)}
        about = {"variant": cell.variant, "seed": cell.seed, "scene": dump_scene(cell.scene), **axes}
        groups[f"/{key}"] = xarray.Dataset(attrs=about)
        groups[f"/{key}/posterior"] = posterior
    if not groups:
        raise ValueError("No run has draws: say in the study how many are kept, [measure] draws = 1000.")
    tree: Any = xarray.DataTree.from_dict(groups)
    tree.attrs["title"] = plan.study.title
    beside = path.with_name(f".{path.name}.part")
    tree.to_netcdf(beside, engine="h5netcdf")
    beside.replace(path)
    return len(groups) // 2
