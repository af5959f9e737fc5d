"""What the journal and its sender tell of themselves: read when OpenTelemetry asks, from what is there anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from opentelemetry.metrics import Observation

from driftmeter import semconv
from driftmeter.delivery import Outbox
from driftmeter.semconv import Metric

LOST = "journal_"
"""Before the reasons for which events were lost on their way through the journal, among all that was dropped."""


def lost(outbox: Outbox) -> dict[str, int]:
    """Events that will never arrive, by reason; those that an accepting backend did not store are among them."""
    return {f"{LOST}{reason}": count for reason, count in outbox.journal.losses.counts().items()}


def _usage(outbox: Outbox) -> Iterator[Observation]:
    status = outbox.journal.status()
    for state, size in (("waiting", status.bytes), ("memory", status.memory_bytes), ("dead", status.dead_bytes)):
        yield Observation(size, {semconv.JOURNAL_STATE: state})


def _age(outbox: Outbox) -> Iterator[Observation]:
    yield Observation(outbox.journal.status().oldest_age_s)


def _delivered(outbox: Outbox) -> Iterator[Observation]:
    yield Observation(outbox.sender.status().records)


def _dead_letters(outbox: Outbox) -> Iterator[Observation]:
    for reason, count in outbox.sender.status().buried.items():
        yield Observation(count, {semconv.REASON: reason})


def _retries(outbox: Outbox) -> Iterator[Observation]:
    for reason, count in outbox.sender.status().retries.items():
        yield Observation(count, {semconv.REASON: reason})


JOURNAL_METRICS: Mapping[Metric, Callable[[Outbox], Iterator[Observation]]] = {
    semconv.JOURNAL_USAGE: _usage,
    semconv.JOURNAL_AGE: _age,
    semconv.JOURNAL_DELIVERED: _delivered,
    semconv.JOURNAL_DEAD_LETTERS: _dead_letters,
    semconv.JOURNAL_RETRIES: _retries,
}
