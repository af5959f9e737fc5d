"""Which way events go: through the journal, through a LoggerProvider, or nowhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from driftmeter.delivery import Outbox, default_directory, open_outbox
from driftmeter.journal import Limits
from driftmeter.otel.origin import own_origin
from driftmeter.otel.providers import Providers
from driftmeter.otlp import Origin
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.pipeline import Events, Guard, Sink
from driftmeter.pipeline.catalogue import KnownModel
from driftmeter.pipeline.stages import Naming
from driftmeter.pipeline.worker import LINGER_S
from driftmeter.settings import Settings
from driftmeter.sinks.changes import ModelChangeSink
from driftmeter.sinks.event_writer import EventWriter
from driftmeter.sinks.events import EventSink
from driftmeter.sinks.journal_writer import JournalWriter
from driftmeter.sinks.journalled import Journalled, Packing
from driftmeter.sinks.logs_api import LoggerWriter
from driftmeter.sinks.packed.packer import CallPacker
from driftmeter.sinks.storing import Storing
from driftmeter.text import parse_duration

_log = logging.getLogger("driftmeter")

UNSAFE_LINGER_S: Final = 0.25
"""How long calls wait where their events wait with them, and are lost with the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One way for events to go."""

    writer: EventWriter | None
    """Writes events that driftmeter itself has to tell: drift, new versions."""
    events: Events | None = None
    """Takes drafts on the caller's thread."""
    packing: Events | None = None
    """Takes them on the worker, where nothing has to be safe before."""
    sinks: Sequence[Sink] = ()
    """Take records on the worker."""
    outbox: Outbox | None = None
    linger_s: float = LINGER_S
    """How long calls wait for the worker at most."""
    on_fork: Sequence[Callable[[], None]] = field(default=())


def door(settings: Settings, providers: Providers, known: Sequence[KnownModel], storing: Storing, guard: Guard) -> Door:
    """The way that the settings, or what is set up already, say.

    Raises:
        ValueError: a journal is asked for in a place that it cannot have, or an endpoint that cannot be meant.

    """
    way = settings.events
    if way == "auto":
        way = "journal" if providers.logs_are_own else "otel"
    if way == "journal":
        return _journal(settings, providers, known, storing, guard)
    packing = Packing(CallPacker(known, storing, None), guard)
    if way == "off":
        return Door(writer=None, packing=packing)
    writer = LoggerWriter(providers.logger_provider)
    sinks: list[Sink] = [EventSink(writer, storing, guard), ModelChangeSink(writer, guard, storing.hashes)]
    return Door(writer=writer, packing=packing, sinks=sinks, linger_s=UNSAFE_LINGER_S)


def _journal(
    settings: Settings, providers: Providers, known: Sequence[KnownModel], storing: Storing, guard: Guard
) -> Door:
    origin = own_origin(providers.logger_provider, providers.tracer_provider, providers.meter_provider)
    outbox = _outbox(settings, guard, origin)
    writer = JournalWriter(outbox.append, origin)
    packer = CallPacker(known, storing, origin)
    journalled = Journalled(
        packer, guard, append=outbox.append, sink=EventSink(writer, storing, guard), naming=Naming(known, guard)
    )
    return Door(
        writer=writer,
        events=journalled,
        sinks=[ModelChangeSink(writer, guard, storing.hashes)],
        outbox=outbox,
        on_fork=[packer.reset, journalled.renew],
    )


def _outbox(settings: Settings, guard: Guard, origin: Callable[[], Origin]) -> Outbox:
    endpoint = Endpoint.from_environ()
    limits = Limits(max_bytes=settings.journal_max_bytes, max_age_s=parse_duration(settings.journal_max_age))
    directory = (
        Path(settings.journal_dir).expanduser()
        if settings.journal_dir is not None
        else default_directory(endpoint, str(dict(origin().resource).get("service.name", "unknown")))
    )
    outbox = open_outbox(directory, endpoint, guard, origin, limits=limits, sync=settings.journal_sync)
    try:
        outbox.journal.prepare()
    except OSError as fault:
        if settings.journal_dir is not None:
            raise ValueError(f"journal_dir is {settings.journal_dir!r}: {fault}; choose another directory") from fault
        # A server must start on a read-only disk, too: events then wait in memory, and what is lost is counted.
        _log.warning("the journal cannot use %s (%s); set DRIFTMETER_JOURNAL_DIR", directory, type(fault).__name__)
    return outbox
