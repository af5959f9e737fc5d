"""Exporters that do not share their parent's connection after a fork: two processes cannot talk on one."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

Exporter = TypeVar("Exporter")


def per_process(build: Callable[[], Exporter]) -> Exporter:
    """An exporter that, in a forked child, is built anew when it has something to export.

    Not at the fork itself, where a channel of gRPC could not be opened.
    """
    exporter = build()
    pid, deliver = os.getpid(), exporter.export  # type: ignore[attr-defined]  # the exporters share no base

    def export(*args: Any, **kwargs: Any) -> Any:
        nonlocal pid, deliver
        if pid != os.getpid():
            pid, deliver = os.getpid(), build().export  # type: ignore[attr-defined]
        return deliver(*args, **kwargs)

    exporter.export = export  # type: ignore[attr-defined]
    return exporter
