"""What OpenTelemetry pulls: drift, bins, quality and driftmeter's own losses, read from what the worker left ready.

Callbacks run under a lock of the SDK, so they only read. The Meter API cannot unregister: the instruments stay, and
what they read is replaced when a pipeline is.
"""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from driftmeter import semconv
from driftmeter.delivery import Outbox
from driftmeter.drift import REFERENCE, DriftMonitor, Reading, Reference
from driftmeter.otel.carried import Carried
from driftmeter.otel.journal_metrics import JOURNAL_METRICS, lost
from driftmeter.otel.resources import resource_faults
from driftmeter.otel.series import SeriesLimit
from driftmeter.otel.wide import WideMetrics
from driftmeter.pipeline import Pipeline, Tally
from driftmeter.semconv import Metric, Subject
from driftmeter.sinks.decay import DecaySink
from driftmeter.sinks.drift import DriftSink

Attributes = dict[str, str | bool]


@dataclass(frozen=True, slots=True)
class Observed:
    """One pipeline's parts that have something to tell."""

    pipeline: Pipeline
    drift: DriftSink
    decay: DecaySink
    lost: Tally
    references: Mapping[str, Reference]
    outbox: Outbox | None = None
    series: SeriesLimit = field(default_factory=lambda: SeriesLimit(None))


_observed: WeakKeyDictionary[Meter, Observed] = WeakKeyDictionary()


def observe(meter: Meter, observed: Observed, wide: WideMetrics | None = None) -> None:
    """Emit what this pipeline has to tell through a meter, instead of what one before it had.

    Args:
        meter: has an instrument for each metric.
        observed: what there is to tell.
        wide: takes those that have a series for each bin or statistic of each column, where there is one.

    """
    new = meter not in _observed
    _observed[meter] = observed
    if new:
        by_column = partial(_register, meter) if wide is None else partial(_join, wide, meter)
        _register_subject(by_column, semconv.FEATURE, "feature")
        _register_subject(by_column, semconv.OUTPUT, "output")
        _register(meter, semconv.MULTIVARIATE_DRIFT, _together(lambda reading: reading.value))
        _register(meter, semconv.MULTIVARIATE_THRESHOLD, _together(lambda reading: reading.threshold))
        _register(meter, semconv.MULTIVARIATE_ALARM, _together(_alarm))
        _register(meter, semconv.PERFORMANCE, _performance)
        _register(meter, semconv.MODEL_AGE, _model_age)
        _register(meter, semconv.DROPPED, _all_of(Carried(_by_reason(lambda each: each.pipeline.dropped)), _lost))
        _register(meter, semconv.IGNORED, Carried(_ignored))
        faults = Carried(_by_reason(lambda each: each.pipeline.guard.faults))
        _register(meter, semconv.FAULTS, _all_of(faults, _faults_of_resources(meter)))
        _register(meter, semconv.ALTERED, Carried(_by_reason(lambda each: each.pipeline.guard.altered)))
        _register(meter, semconv.BUFFER_USAGE, _buffer_usage)
        for metric, read in JOURNAL_METRICS.items():
            _register(meter, metric, _of_outbox(read))


Read = Callable[[Observed], Iterable[Observation]]


def _register(meter: Meter, metric: Metric, read: Read) -> None:
    create = {
        "observable_counter": meter.create_observable_counter,
        "observable_gauge": meter.create_observable_gauge,
    }[metric.kind]

    def callback(_options: CallbackOptions) -> Iterable[Observation]:
        observed = _observed.get(meter)
        return () if observed is None else observed.series.watched(metric.name, read(observed))

    create(metric.name, callbacks=[callback], unit=metric.unit, description=metric.description)


def _join(wide: WideMetrics, meter: Meter, metric: Metric, read: Read) -> None:
    def observations() -> Iterable[Observation]:
        if (observed := _observed.get(meter)) is None:
            return ()
        with observed.pipeline.guard.at(f"otel.{metric.name}"):
            return list(read(observed))
        return ()

    wide.observe(metric, observations)


class _Columns:
    """Reads what the monitors say of one kind of column: features or outputs."""

    def __init__(self, subject: Subject, kind: str) -> None:
        self._attribute = subject.attribute
        self._kind = kind

    def observations(self, observed: Observed) -> Iterator[Observation]:
        for model, monitor in _monitors(observed):
            for seen in monitor.observations():
                if seen.kind == self._kind:
                    yield Observation(seen.rows, {**model, self._attribute: seen.name, semconv.BIN: seen.bin})

    def reference(self, observed: Observed) -> Iterator[Observation]:
        """Of the whole: its slices are held against the same."""
        for model, monitor in _monitors(observed):
            if semconv.SLICE_NAME in model:
                continue
            for share in monitor.reference_shares():
                if share.kind == self._kind:
                    yield Observation(share.share, {**model, self._attribute: share.name, semconv.BIN: share.bin})

    def readings(self, value_of: Callable[[Reading], float | None]) -> Read:
        def read(observed: Observed) -> Iterator[Observation]:
            for model, monitor in _monitors(observed):
                for reading in monitor.readings().readings:
                    if reading.kind == self._kind and (value := value_of(reading)) is not None:
                        yield Observation(value, {**model, self._attribute: reading.name, **_look(reading)})

        return read


def _register_subject(register: Callable[[Metric, Read], None], subject: Subject, kind: str) -> None:
    columns = _Columns(subject, kind)
    register(subject.observations, Carried(columns.observations))
    register(subject.reference, columns.reference)
    register(subject.drift, columns.readings(lambda reading: reading.value))
    register(subject.threshold, columns.readings(lambda reading: reading.threshold))
    register(subject.alarm, columns.readings(_alarm))


def _together(value_of: Callable[[Reading], float | None]) -> Read:
    """Reads what the monitors say of columns together."""

    def read(observed: Observed) -> Iterator[Observation]:
        for model, monitor in _monitors(observed):
            for reading in monitor.readings().readings:
                if reading.kind == "multivariate" and (value := value_of(reading)) is not None:
                    yield Observation(value, {**model, **_look(reading)})

    return read


def _alarm(reading: Reading) -> int | None:
    """1 or 0 where the statistic is one that raises alarms."""
    return None if reading.threshold is None else int(reading.alarm)


def _monitors(observed: Observed) -> Iterator[tuple[Attributes, DriftMonitor]]:
    for (model, version, slice_), monitor in observed.drift.monitors().items():
        attributes = _model(model, version)
        if slice_ is not None:
            attributes |= {semconv.SLICE_NAME: slice_.name, semconv.SLICE_VALUE: slice_.value}
        yield attributes, monitor


def _model(model: str, version: str | None) -> Attributes:
    attributes: Attributes = {semconv.MODEL_NAME: model}
    if version is not None:
        attributes[semconv.MODEL_VERSION] = version
    return attributes


def _look(reading: Reading) -> Attributes:
    look: Attributes = {semconv.DRIFT_STATISTIC: reading.statistic, semconv.WINDOW: reading.window}
    if reading.against != REFERENCE:
        look[semconv.DRIFT_AGAINST] = reading.against
    return look


def _performance(observed: Observed) -> Iterator[Observation]:
    for model, version, scores in observed.decay.quality():
        for score in scores:
            named: Attributes = {semconv.PERFORMANCE_NAME: score.name, semconv.PERFORMANCE_ESTIMATED: False}
            yield Observation(score.value, {**_model(model, version), **named})


def _model_age(observed: Observed) -> Iterator[Observation]:
    for reference in observed.references.values():
        if (trained_s := _seconds(reference.trained_at)) is not None:
            yield Observation(max(0.0, time.time() - trained_s), _model(reference.model, reference.version))


def _seconds(iso: str | None) -> float | None:
    if iso is None:
        return None
    moment = dt.datetime.fromisoformat(iso)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


def _all_of(*reads: Read) -> Read:
    """One counter of which each part has a place of its own: of pipelines, of the process."""
    return lambda observed: itertools.chain.from_iterable(read(observed) for read in reads)


def _by_reason(tally_of: Callable[[Observed], Tally]) -> Read:
    return lambda observed: _told(tally_of(observed).counts())


def _lost(observed: Observed) -> Iterator[Observation]:
    """On the way to the backend: of the process, or of a journal that pipelines share."""
    yield from _told(observed.lost.counts())
    if observed.outbox is not None:
        yield from _told(lost(observed.outbox))


def _told(counts: Mapping[str, int]) -> Iterator[Observation]:
    for reason, count in counts.items():
        yield Observation(count, {semconv.REASON: reason})


def _of_outbox(read: Callable[[Outbox], Iterable[Observation]]) -> Read:
    return lambda observed: () if observed.outbox is None else read(observed.outbox)


def _ignored(observed: Observed) -> Iterator[Observation]:
    """Absent: of columns that did not arrive; unknown: of columns without reference; late: rows, by window by time."""
    for (model, version, slice_), monitor in observed.drift.monitors().items():
        if slice_ is None:
            counts = {"absent": monitor.absent.total(), "unknown": monitor.unknown, "late": monitor.late}
            for reason, count in counts.items():
                yield Observation(count, {**_model(model, version), semconv.REASON: reason})


def _faults_of_resources(meter: Meter) -> Read:
    def read(_observed: Observed) -> Iterator[Observation]:
        for (reading, error_type), count in resource_faults(meter).items():
            attributes = {semconv.REASON: f"resources.{reading}", semconv.ERROR_TYPE: error_type}
            yield Observation(count, attributes)

    return read


def _buffer_usage(observed: Observed) -> Iterator[Observation]:
    yield Observation(observed.pipeline.buffer.weight_bytes)
