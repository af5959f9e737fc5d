"""Calls of a chunk that are read together, whatever others came between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from driftmeter.pipeline.buffer import Waiting
from driftmeter.pipeline.contracts import Reader


class Run(NamedTuple):
    """Calls with one reader, or some that are written up one by one."""

    reader: Reader | None
    calls: list[Waiting]


def runs(waiting: Iterable[Waiting]) -> list[Run]:
    """The calls by their readers, those of one stream in the order in which they came.

    Two models in one process are called by turns, and so are two versions that are tried against each other: read call
    by call, they would cost many times as much. A call that is written up by itself, such as a label, keeps its place
    behind all that came before it.
    """
    found: list[Run] = []
    growing: dict[Hashable, Run] = {}
    for each in waiting:
        reader = each[0] if isinstance(each, tuple) else None
        if reader is None:
            run = found[-1] if found and found[-1].reader is None else None
            growing.clear()
        else:
            run = growing.get(reader.stream)
        if run is None or run.reader is not reader:
            run = Run(reader, [])
            found.append(run)
        if reader is not None:
            growing[reader.stream] = run
        run.calls.append(each)
    return found
