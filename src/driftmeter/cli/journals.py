"""Which journals a command means, and what stands in their entries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import click

from driftmeter import semconv
from driftmeter.delivery import default_root
from driftmeter.journal import Entry, Sighting, inspect
from driftmeter.otlp import decode, encode
from driftmeter.settings import PREFIX

VARIABLE = PREFIX + "JOURNAL_DIR"


def directories(given: Path | None) -> list[Path]:
    """The directory that was named, by option or variable; else every one of this user.

    Raises:
        click.ClickException: there is none.

    """
    if given is None and (named := os.environ.get(VARIABLE)):
        given = Path(named).expanduser()
    if given is not None:
        if not given.is_dir():
            raise click.ClickException(f"{given} is no directory; name the journal's with --dir or {VARIABLE}")
        return [given]
    root = default_root()
    found = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    if not found:
        raise click.ClickException(f"there is no journal under {root}; name its directory with --dir or {VARIABLE}")
    return found


def the_directory(given: Path | None) -> Path:
    """The only directory that can be meant, for a command that sends or changes.

    Raises:
        click.ClickException: there is none, or more than one.

    """
    found = directories(given)
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise click.ClickException(f"there are several journals ({names}); name one with --dir")
    return found[0]


class Seen(NamedTuple):
    """An entry as it would be sent."""

    place: str
    pending: bool
    reason: str
    seq: int
    writer: str
    record: dict[str, Any]
    """The log record as plain values; empty where it cannot be read."""


def seen(directory: Path, most: int | None) -> Iterator[Seen]:
    """The entries of a journal, the oldest first, dead letters last."""
    for sighting in islice(inspect(directory), most):
        yield Seen(
            sighting.place,
            sighting.pending,
            sighting.reason,
            sighting.entry.seq,
            sighting.writer,
            record_of(sighting),
        )


def record_of(sighting: Sighting) -> dict[str, Any]:
    """The log record of an entry as plain values; empty where there is none, or none that can be read."""
    for group in encode([sighting.entry]).groups:
        for record in group.records():
            return dict(decode(record))
    return {}


class About:
    """Whether entries are about one subject: predictions that name it, and labels of those predictions."""

    def __init__(self, subject_ref: str) -> None:
        self._subject_ref = subject_ref
        self._predictions: set[object] = set()

    def __call__(self, entry: Entry) -> bool:
        """Whether this entry is; labels are known once their prediction was seen."""
        for group in encode([entry]).groups:
            for record in group.records():
                attributes = decode(record).get("attributes")
                if isinstance(attributes, dict):
                    return self._is_about(attributes)
        return False

    def _is_about(self, attributes: dict[str, Any]) -> bool:
        prediction = attributes.get(semconv.PREDICTION_ID)
        if attributes.get(semconv.SUBJECT_REF) == self._subject_ref:
            self._predictions.add(prediction)
            return True
        return prediction is not None and prediction in self._predictions
