"""Counting what an exporter could not deliver: the SDK's batch processors ignore its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from driftmeter.pipeline import Tally

LOST: Final = Tally()
"""What could not be delivered. One for the process, as the global providers are: they outlive a pipeline."""

Exporter = TypeVar("Exporter")


def accounted(exporter: Exporter, lost: Tally, signal: str) -> Exporter:
    """The same exporter of spans or log records; what it fails to deliver is counted under `export_<signal>`."""
    deliver = exporter.export  # type: ignore[attr-defined]  # the SDK's exporters of different signals share no base

    def export(batch: Sequence[Any]) -> Any:
        try:
            result = deliver(batch)
        except Exception:
            lost.add(f"export_{signal}", len(batch))
            raise
        if result.name != "SUCCESS":
            lost.add(f"export_{signal}", len(batch))
        return result

    exporter.export = export  # type: ignore[attr-defined]
    return exporter
