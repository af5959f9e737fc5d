"""Batch processors that count what does not arrive, and end in time.

The SDK's own tell neither what they push out nor what an export lost, and wait half a minute for a backend in the end.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from opentelemetry.sdk._logs import ReadWriteLogRecord
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from driftmeter.forking import in_child
from driftmeter.otel.ending import SHUTDOWN_TIMEOUT_S
from driftmeter.otel.untold import tell
from driftmeter.pipeline import Tally

LOST: Final = Tally()
"""What could not be delivered. One for the process, as the global providers are: they outlive a pipeline."""

Exporter = TypeVar("Exporter")


class Queue:
    """How many items wait in one batch processor, and how many were pushed out because there were too many.

    Args:
        most: how many the processor holds; then the newest pushes out the oldest.
        lost: counts those pushed out, under `queue_<signal>`.
        signal: traces or logs.

    """

    def __init__(self, most: int, lost: Tally, signal: str) -> None:
        self.most = most
        self.lost = lost
        self.signal = signal
        self._reset()
        mine = weakref.WeakMethod(self._reset)
        in_child(lambda: (reset := mine()) and reset())

    def joined(self) -> None:
        """One item is handed to the processor."""
        with self._lock:
            if self._waiting < self.most:
                self._waiting += 1
                return
        self.lost.add(f"queue_{self.signal}")

    def left(self, items: int) -> None:
        """A batch is handed to the exporter."""
        with self._lock:
            self._waiting -= items

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._waiting = 0


def accounted(exporter: Exporter, queue: Queue) -> Exporter:
    """The same exporter of spans or log records; what it fails to deliver is counted under `export_<signal>`."""
    deliver = exporter.export  # type: ignore[attr-defined]  # the SDK's exporters of different signals share no base

    def export(batch: Sequence[Any]) -> Any:
        queue.left(len(batch))
        try:
            result = deliver(batch)
        except Exception:
            queue.lost.add(f"export_{queue.signal}", len(batch))
            raise
        if result.name != "SUCCESS":
            queue.lost.add(f"export_{queue.signal}", len(batch))
        return result

    exporter.export = export  # type: ignore[attr-defined]
    return exporter


class CountedSpans(BatchSpanProcessor):
    """A `BatchSpanProcessor` that tells what it pushes out, and ends in time."""

    def __init__(self, exporter: Any, queue: Queue) -> None:
        super().__init__(accounted(exporter, queue), max_queue_size=queue.most)
        self._counted = queue
        tell(self._batch_processor)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a sampled span."""
        if span.context is not None and span.context.trace_flags.sampled:
            self._counted.joined()
        super().on_end(span)

    def shutdown(self) -> None:
        """Export what waits, within `SHUTDOWN_TIMEOUT_S`."""
        _shut_down(self)


class CountedLogs(BatchLogRecordProcessor):
    """A `BatchLogRecordProcessor` that tells what it pushes out, and ends in time."""

    def __init__(self, exporter: Any, queue: Queue) -> None:
        super().__init__(accounted(exporter, queue), max_queue_size=queue.most)
        self._counted = queue
        tell(self._batch_processor)

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue a log record."""
        self._counted.joined()
        super().on_emit(log_record)

    def shutdown(self) -> None:
        """Export what waits, within `SHUTDOWN_TIMEOUT_S`."""
        _shut_down(self)


def _shut_down(processor: BatchSpanProcessor | BatchLogRecordProcessor) -> None:
    # What the two are made of takes a time limit; they themselves do not pass one on.
    processor._batch_processor.shutdown(timeout_millis=int(SHUTDOWN_TIMEOUT_S * 1000))  # noqa: SLF001
