"""A reference as JSON: the same bytes every time, and read with distrust."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, cast

from driftmeter.drift.bin_names import TAILS
from driftmeter.drift.column import KINDS, ROLES, ColumnReference, Kind, Role
from driftmeter.drift.edges import check_edges
from driftmeter.drift.moments import Moments

FORMAT: Final = "driftmeter.reference"
SCHEMA_VERSION: Final = 1
"""Raised when a file of before could no longer be read as it stands."""

FINE_CELLS: Final = 512
_REBUILD = "build the reference again (driftmeter reference build, or Reference.from_data)"


def library_version() -> str:
    """The installed version of driftmeter."""
    try:
        return version("driftmeter")
    except PackageNotFoundError:
        return "unknown"


def hash_of(stored: Mapping[str, object]) -> str:
    """SHA-256 over the canonical JSON of everything but the hash itself."""
    return hashlib.sha256(_canonical({key: value for key, value in stored.items() if key != "hash"})).hexdigest()


def write(stored: Mapping[str, object], path: str | os.PathLike[str]) -> None:
    """Write beside the target and move over it, so that a reader never finds half a file."""
    target = Path(path)
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(_canonical(stored) + b"\n")
        part.chmod(0o644)  # mkstemp's file is private; a reference is shared with the server that loads it
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def read(path: str | os.PathLike[str]) -> dict[str, object]:
    """The JSON object in a file; ValueError when there is none."""
    try:
        contents = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(
            f"the reference cannot be read: {error.strerror}; build it with driftmeter reference build"
        ) from error
    try:
        stored = json.loads(contents)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the reference is not JSON: {error}; {_REBUILD}") from error
    if not isinstance(stored, dict):
        raise ValueError(f"the reference is a JSON {type(stored).__name__}, not an object; {_REBUILD}")  # noqa: TRY004  # a file's fault
    return stored


def check_envelope(stored: Mapping[str, object]) -> None:
    """Raise ValueError unless this is a reference of a schema that can be read, unaltered."""
    if stored.get("format") != FORMAT:
        raise ValueError(f"format is {stored.get('format')!r}, a reference has {FORMAT!r}; {_REBUILD}")
    if stored.get("schema") != SCHEMA_VERSION:
        raise ValueError(
            f"schema version is {stored.get('schema')!r}, this driftmeter reads {SCHEMA_VERSION};"
            f" {_REBUILD}, or install the driftmeter that wrote it ({stored.get('library')})"
        )
    if not isinstance(stored.get("model"), str) or not stored["model"]:
        raise ValueError(f"model is {stored.get('model')!r}, a reference names its model; {_REBUILD}")
    for key in ("version", "trained_at"):
        if not isinstance(stored.get(key), str | None):
            raise ValueError(f"{key} is {stored[key]!r}, it must be text or null; {_REBUILD}")  # noqa: TRY004
    check_trained_at(cast("str | None", stored.get("trained_at")))


def check_trained_at(trained_at: str | None) -> None:
    """Raise ValueError unless this is an ISO 8601 time, or none is known."""
    try:
        if trained_at is not None:
            datetime.fromisoformat(trained_at)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"trained_at is {trained_at!r}; give an ISO 8601 time such as 2026-03-31T12:00:00+00:00"
        ) from error


def check_hash(stored: Mapping[str, object]) -> None:
    """Raise ValueError when the contents were changed after the hash was taken."""
    try:
        found = hash_of(stored)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the reference holds what JSON cannot: {error}; {_REBUILD}") from error
    if stored.get("hash") != found:
        raise ValueError(
            f"hash is {stored.get('hash')!r} but the contents give {found!r}: the reference was altered; {_REBUILD}"
        )


def column_list(stored: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The stored columns; ValueError unless they are a list of named objects."""
    listed = stored.get("columns")
    if not isinstance(listed, list) or not all(
        isinstance(c, Mapping) and isinstance(c.get("name"), str) for c in listed
    ):
        raise ValueError(f"columns are {type(listed).__name__}, they must be a list of objects with a name; {_REBUILD}")
    return listed


def column_to_dict(column: ColumnReference) -> dict[str, object]:
    """The stored form of a column."""
    stored: dict[str, object] = {
        "name": column.name,
        "role": column.role,
        "kind": column.kind,
        "n": column.n,
        "counts": list(column.counts),
    }
    if column.kind == "category":
        return {**stored, "labels": list(column.labels)}
    moments = column.moments or Moments()
    return {
        **stored,
        "edges": list(column.edges),
        "fine": list(column.fine),
        "finite": moments.count,
        "mean": _finite(moments.mean),
        "deviations": _finite(moments.deviations),
        "std": _finite(moments.std),
        "min": _finite(moments.low),
        "max": _finite(moments.high),
    }


def column_from_dict(stored: Mapping[str, object]) -> ColumnReference:
    """Read the stored form of a column, and check that it can be counted by."""
    name = cast("str", stored["name"])
    kind, role = stored.get("kind"), stored.get("role")
    if kind not in KINDS or role not in ROLES:
        raise ValueError(f"column {name!r} is {role!r} of kind {kind!r}; known are {ROLES} and {KINDS}; {_REBUILD}")
    n, counts = _count(name, "n", stored.get("n")), _counts(name, "counts", stored.get("counts"))
    if kind == "category":
        labels = _labels(name, stored.get("labels"))
        _check_counts(name, counts, n, bins=len(labels) + 1)
        return ColumnReference(name, cast("Role", role), "category", n, (), labels, counts)
    edges = _edges(name, stored.get("edges"))
    _check_counts(name, counts, n, bins=len(edges) - 1)
    fine = _counts(name, "fine", stored.get("fine"))
    if len(fine) != FINE_CELLS:
        raise ValueError(f"column {name!r} has {len(fine)} fine counts, the grid has {FINE_CELLS} cells; {_REBUILD}")
    return ColumnReference(
        name, cast("Role", role), cast("Kind", kind), n, edges, (), counts, fine, _moments(name, stored)
    )


def _canonical(stored: Mapping[str, object]) -> bytes:
    """Sorted keys, no spaces, ASCII only, the shortest digits that give the same float back."""
    return json.dumps(stored, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _check_counts(name: str, counts: Sequence[int], n: int, *, bins: int) -> None:
    if len(counts) != bins + len(TAILS):
        raise ValueError(
            f"column {name!r} has {len(counts)} counts; its {bins} bins and {', '.join(TAILS)} need"
            f" {bins + len(TAILS)}; {_REBUILD}"
        )
    if sum(counts) != n:
        raise ValueError(f"the counts of column {name!r} add up to {sum(counts)}, but it has {n} rows; {_REBUILD}")


def _edges(name: str, stored: object) -> tuple[float, ...]:
    if not isinstance(stored, list) or not all(type(edge) in (int, float) for edge in stored):
        raise ValueError(f"the bin edges of column {name!r} are not a list of numbers; {_REBUILD}")
    edges = tuple(map(float, stored))
    check_edges(edges, name)
    return edges


def _labels(name: str, stored: object) -> tuple[str, ...]:
    if not isinstance(stored, list) or not all(isinstance(label, str) for label in stored):
        raise ValueError(f"the labels of column {name!r} are not a list of text; {_REBUILD}")
    if len(set(stored)) < len(stored):
        raise ValueError(f"the labels of column {name!r} repeat themselves; {_REBUILD}")
    return tuple(stored)


def _counts(name: str, key: str, stored: object) -> tuple[int, ...]:
    if not isinstance(stored, list):
        raise ValueError(f"{key} of column {name!r} is no list of counts; {_REBUILD}")  # noqa: TRY004
    return tuple(_count(name, key, count) for count in stored)


def _count(name: str, key: str, stored: object) -> int:
    if type(stored) is not int or not 0 <= stored < 2**62:
        raise ValueError(
            f"{key} of column {name!r} holds {stored!r}, counts are whole numbers from 0 to 2**62; {_REBUILD}"
        )
    return stored


def _moments(name: str, stored: Mapping[str, object]) -> Moments:
    values = [stored.get(key) for key in ("mean", "deviations", "min", "max")]
    if not all(type(value) in (int, float) or value is None for value in values):
        raise ValueError(f"the moments of column {name!r} are {values}, they must be numbers or null; {_REBUILD}")
    count = _count(name, "finite", stored.get("finite"))
    if not count:
        return Moments()
    mean, deviations, low, high = (math.nan if value is None else float(cast("float", value)) for value in values)
    if deviations < 0:
        raise ValueError(f"the squared deviations of column {name!r} add up to {deviations}; {_REBUILD}")
    return Moments(count, mean, deviations, low, high)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
