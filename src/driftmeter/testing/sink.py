"""A sink that remembers what it was given."""

from __future__ import annotations

from collections.abc import Sequence

from driftmeter.record import Feedback, Prediction, Record, singly


class CapturingSink:
    """Keeps every record that reaches it, in order.

    >>> sink = CapturingSink()
    >>> sink.accept([Prediction(id="7", model="air-time", started_ns=0, duration_s=0.01, source="predict")])
    >>> [prediction.id for prediction in sink.predictions]
    ['7']

    """

    def __init__(self) -> None:
        self.records: list[Prediction | Feedback] = []

    def accept(self, records: Sequence[Record], /) -> None:
        """Take records in the order in which they ended."""
        self.records.extend(singly(records))

    @property
    def predictions(self) -> list[Prediction]:
        """The model calls among the records."""
        return [record for record in self.records if isinstance(record, Prediction)]

    @property
    def feedback(self) -> list[Feedback]:
        """The labels among the records."""
        return [record for record in self.records if isinstance(record, Feedback)]
