"""Where everything is put together: settings, references, providers, stages and sinks become a pipeline."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

from driftmeter.capture import Capture, Key, Retention, Subjects
from driftmeter.doors import door
from driftmeter.drift import Reference, Window, parse_window
from driftmeter.drift.budget import MONTH_S
from driftmeter.otel.accounting import LOST
from driftmeter.otel.endpoint import warn_if_unreachable
from driftmeter.otel.observables import Observed, observe
from driftmeter.otel.providers import Providers
from driftmeter.otel.resources import observe_resources, should_observe
from driftmeter.pipeline import Guard, Pipeline
from driftmeter.pipeline.catalogue import Defaults, KnownModel, announce
from driftmeter.pipeline.stages import Naming, Once, OtherModels
from driftmeter.settings import Settings
from driftmeter.sinks.decay import DecaySink
from driftmeter.sinks.drift import DriftSink
from driftmeter.sinks.event_writer import EventWriter
from driftmeter.sinks.log_lines import LogLines
from driftmeter.sinks.metrics import MetricSink
from driftmeter.sinks.spans import SpanSink
from driftmeter.sinks.storing import Storing
from driftmeter.text import parse_duration
from driftmeter.threads import begin

PROVIDERS = {"tracer_provider": "get_tracer", "meter_provider": "get_meter", "logger_provider": "get_logger"}
"""Providers that may be given, and what each is asked for."""

_watching: WeakKeyDictionary[Pipeline, DriftSink] = WeakKeyDictionary()


def assemble(given: Mapping[str, object]) -> Pipeline:
    """Put a pipeline together from arguments, environment, file and defaults.

    Raises:
        ValueError: for an unknown setting, a value that a setting does not take, a reference that cannot be read.

    """
    settings, references = settle(given)
    guard = Guard()
    providers = Providers(lost=LOST, **{name: cast("Any", given.get(name)) for name in PROVIDERS})
    known, storing = _known(references.values()), _storing(settings, references, guard)
    way = door(settings, providers, known, storing, guard)
    references = {model: _veiled(reference, storing.capture) for model, reference in references.items()}
    drift = _drift(settings, references, guard, way.writer)
    decay = DecaySink(guard, label_memory=settings.label_memory, provider=providers.meter_provider)
    pipeline = Pipeline(
        [*way.sinks, MetricSink(guard, providers.meter_provider, providers.durations), drift, decay],
        stages=[Once(), Naming(known, guard), OtherModels(settings.max_models, known)],
        spans=SpanSink(providers.tracer_provider) if settings.spans else None,
        logs=LogLines(providers.logger_provider, storing.capture.allows, guard.altered.add),
        events=way.events,
        packing=way.packing,
        guard=guard,
        flushes=[providers.flush],
        outlet=way.outbox,
        max_records=settings.buffer_records,
        max_bytes=settings.buffer_bytes,
        linger_s=way.linger_s,
    )
    pipeline.on_fork += [drift.reset, decay.reset, LOST.reset, *way.on_fork]
    _watching[pipeline] = drift
    announce(known, _defaults(settings))
    meter = providers.meter()
    observed = Observed(pipeline, drift, decay, LOST, references, way.outbox, providers.series_limit())
    observe(meter, observed, providers.wide)
    if settings.resources and should_observe():
        observe_resources(meter, settings.resources)
    if providers.own_otlp:
        # Not awaited: looking up a host may take long, and this may be the first request.
        begin(warn_if_unreachable, os.environ.copy(), providers.own_otlp, name="driftmeter-endpoint")
    return pipeline


def retire(pipeline: Pipeline, timeout_s: float) -> None:
    """Another pipeline stands in its place: hand over what waits, and close the pages that only this one could.

    It is not shut down: what ends in this very moment still goes there.
    """
    pipeline.drain(timeout_s)
    if (drift := _watching.get(pipeline)) is not None:
        drift.end()


def settle(given: Mapping[str, object]) -> tuple[Settings, dict[str, Reference]]:
    """The settings, and the references by model.

    Raises:
        ValueError: as `assemble`.

    """
    for name, asked_for in PROVIDERS.items():
        if (provider := given.get(name)) is not None and not hasattr(provider, asked_for):
            raise ValueError(f"argument {name} is {provider!r}: give one of OpenTelemetry's, which has {asked_for}()")
    plain = {key: value for key, value in given.items() if key not in PROVIDERS and key != "reference"}
    references, paths = _split(given.get("reference"))
    settings = Settings.resolve({**plain, "reference": paths})
    _windows(settings)
    references += [Reference.load(path) for path in (settings.reference if paths or not references else ())]
    by_model: dict[str, Reference] = {}
    for reference in references:
        if by_model.get(reference.model, reference).hash != reference.hash:
            raise ValueError(f"two references for model {reference.model!r}; give one per model")
        by_model[reference.model] = reference
    _storing(settings, by_model, Guard())
    return settings, by_model


def _windows(settings: Settings) -> list[Window]:
    try:
        return [parse_window(text) for text in settings.windows]
    except ValueError as fault:
        raise ValueError(f"windows are {', '.join(settings.windows)}: {fault}") from fault


def several(given: object) -> list[object]:
    """What was given as `reference`, as a list.

    Raises:
        ValueError: for what is neither a path, nor a `Reference`, nor a list of those.

    """
    if isinstance(given, str | Path | Reference):
        return [given]
    if isinstance(given, list | tuple | set):
        return list(given)
    raise ValueError(f"argument reference is {given!r}: give a path, a Reference, or a list of those")


def _split(given: object) -> tuple[list[Reference], list[str] | None]:
    """References that are at hand, and paths of references that are to be loaded."""
    if given is None:
        return [], None
    each = several(given)
    paths = [part for one in each if not isinstance(one, Reference) for part in str(one).split(os.pathsep)]
    return [one for one in each if isinstance(one, Reference)], paths or None


def _storing(settings: Settings, references: Mapping[str, Reference], guard: Guard) -> Storing:
    named = {model: frozenset((*each.input_names, *each.output_names)) for model, each in references.items()}
    key = None if settings.hash_key is None else Key.load(settings.hash_key)
    capture = Capture(settings.capture, named, deny=settings.deny, policies=settings.policies, key=key)
    for name in settings.slices:  # whose values stand in metrics and alarms as they are
        if not capture.allows(name):
            raise ValueError(
                f"slices names {name!r}, which deny or policies hide; leave it out of slices, or let it be stored"
            )
    return Storing(
        capture,
        {model: reference.hash for model, reference in references.items()},
        Subjects(settings.subjects, key, guard.faults.add),
        Retention(settings.retention),
    )


def _veiled(reference: Reference, capture: Capture) -> Reference:
    """The reference as metrics and alarms may show it: what is not stored as it is has no labels there, either."""
    hidden = {
        name: replace(column, veiled=True) for name, column in reference.columns.items() if not capture.allows(name)
    }
    return replace(reference, columns={**reference.columns, **hidden}) if hidden else reference


def _drift(
    settings: Settings, references: Mapping[str, Reference], guard: Guard, writer: EventWriter | None
) -> DriftSink:
    return DriftSink(
        references,
        _windows(settings),
        parse_duration(settings.false_page_interval) or MONTH_S,
        guard,
        writer,
        slices=settings.slices,
        max_slices=settings.max_slices,
        compare_with=settings.compare_with,
        multivariate=settings.multivariate,
    )


def _known(references: Iterable[Reference]) -> list[KnownModel]:
    return [
        KnownModel(reference.model, reference.version, reference.input_names, reference.output_names, reference.vectors)
        for reference in references
    ]


def _defaults(settings: Settings) -> Defaults:
    return Defaults(
        model_name=settings.model_name,
        model_version=settings.model_version,
        accept_baggage_id=settings.accept_baggage_id,
    )
