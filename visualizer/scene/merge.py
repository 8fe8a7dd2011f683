"""Tables put over tables, and what has to be put over one to get another."""

from __future__ import annotations

from typing import Any

#: Keys that say what kind of table it is.
_KINDS = ("kind", "network")


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Tables key by key; a table of another kind takes the place of the old one."""
    out = dict(old)
    for key, value in new.items():
        before: Any = out.get(key)
        out[key] = merged(before, value) if _same_kind(before, value) else value
    return out


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """What `merged` has to put over `old` to get `new`; None where a key is gone, which it cannot do."""
    if old.keys() - new.keys():
        return None
    out: dict[str, Any] = {}
    for key, value in new.items():
        before: Any = old.get(key)
        if before == value and key in old:
            continue
        if not _same_kind(before, value):
            out[key] = value
            continue
        inner = difference(before, value)
        if inner is None:
            return None
        out[key] = inner
    return out


def _same_kind(before: Any, value: Any) -> bool:
    if not (isinstance(before, dict) and isinstance(value, dict)):
        return False
    return all(value.get(name, before.get(name)) == before.get(name) for name in _KINDS)
