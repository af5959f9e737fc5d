"""Removes single records from a journal in place, whoever is writing or reading it meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from driftmeter.journal.files import Files
from driftmeter.journal.frames import Frame, Kind
from driftmeter.journal.inspecting import segments
from driftmeter.journal.reading import WITH_DEFINITION, Entry


def erase(directory: Path, doomed: Callable[[Entry], bool], *, files: Files | None = None) -> int:
    """Overwrite every record that `doomed` names, among the dead letters too; how many there were.

    A record becomes an erased frame of the same length, which readers step over: offsets, progress and neighbours stay.
    What a sender has already read, what waits in some process's memory, and copies that the file system keeps
    elsewhere (snapshots, backups) are out of reach. Damaged frames cannot be judged and stay as they are.

    Args:
        directory: of the journal.
        doomed: whether an entry is to go; asked for every record and every row frame.
        files: the operating system.

    Raises:
        OSError: the directory cannot be trusted, or a record could not be overwritten.

    """
    count = 0
    for _, segment in segments(directory, files or Files(), writable=True):
        with contextlib.closing(segment):
            before = count
            for entry, item in segment.everything():
                if isinstance(item, Frame) and entry.kind in WITH_DEFINITION and doomed(entry):
                    segment.overwrite(item, Kind.ERASED)
                    count += 1
            if count > before:
                segment.sync()
    return count
