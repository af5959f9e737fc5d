"""Any OpenTelemetry log record on the journal: safe before `emit` returns, delivered whenever the backend returns."""

from __future__ import annotations

from os import environ
from pathlib import Path

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, get_value
from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.resources import Resource

from driftmeter.delivery import default_directory, outbox_of
from driftmeter.forking import MARK, notice
from driftmeter.journal import Journal, Kind, Limits
from driftmeter.otel.log_encoding import plain_log_record
from driftmeter.otel.origin import Origins, own_origin
from driftmeter.otlp.endpoint import Endpoint
from driftmeter.pipeline import Guard
from driftmeter.pipeline.patience import PATIENCE


class DurableLogRecordProcessor(LogRecordProcessor):
    """A drop-in for `BatchLogRecordProcessor`: the same records, on disk before the caller goes on.

    There is no exporter to be given: what sends them is configured by `OTEL_EXPORTER_OTLP_*`, as OpenTelemetry's
    exporters are, over http/protobuf or gRPC. A record of more than 256 KiB is refused and counted; values that OTLP
    cannot carry are made plain, and the record says so in `driftmeter.journal.altered`.

    Args:
        directory: of the journal; by default one for this service and backend under `XDG_STATE_HOME`.
        endpoint: where to send to, instead of the variables; as `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`.
        max_bytes: how many bytes the journal may keep on disk; beyond, the oldest records are dropped, and reported.
        max_age_s: how long a record may wait, in seconds.
        sync: when records reach the disk itself: "interval" (every 500 ms), "always" or "process" (when the system
            sees fit; enough to survive the death of the process).

    Raises:
        ValueError: an endpoint, directory or limit that cannot be meant; the message names the way out.

    >>> import tempfile
    >>> from opentelemetry.sdk._logs import LoggerProvider
    >>> provider = LoggerProvider()
    >>> provider.add_log_record_processor(DurableLogRecordProcessor(directory=tempfile.mkdtemp() + "/journal"))

    """

    def __init__(
        self,
        *,
        directory: str | Path | None = None,
        endpoint: str | None = None,
        max_bytes: int = 1024**3,
        max_age_s: float | None = 7 * 86_400.0,
        sync: str = "interval",
    ) -> None:
        variables = environ if endpoint is None else {**environ, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": endpoint}
        target = Endpoint.from_environ(variables)
        service = str(Resource.create().attributes.get("service.name", "unknown"))
        place = default_directory(target, service) if directory is None else Path(directory).expanduser()
        self.guard = Guard()
        limits = Limits(max_bytes=max_bytes, max_age_s=max_age_s)
        self._outbox = outbox_of(place, target, self.guard, own_origin(), limits=limits, sync=sync)
        try:
            self._outbox.journal.prepare()
        except (OSError, ValueError) as fault:  # the disk's, or a name that no file can have
            raise ValueError(f"the journal cannot be in {str(place)!r}: {fault}; choose another directory") from fault
        self._origins = Origins()

    @property
    def journal(self) -> Journal:
        """Where the records are; its `losses` and `status()` tell how it fares."""
        return self._outbox.journal

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Store one record; never raises."""
        if not MARK[0]:
            notice()
        # Set while the sender itself speaks HTTP: what its client logs then would be sent next, and so for ever.
        if get_value(_SUPPRESS_INSTRUMENTATION_KEY):
            return
        with self.guard.at("otel.durable"):
            origin = self._origins.find(log_record.resource, log_record.instrumentation_scope)
            self._outbox.append(Kind.RECORD, origin.to_bytes(), plain_log_record(log_record))

    def shutdown(self) -> None:
        """Make one attempt to deliver what waits, within five seconds; the rest is left to the next process."""
        if not MARK[0]:
            notice()
        PATIENCE.end(self._outbox.shutdown, 5.0)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver what was emitted before now; False when that takes longer."""
        if not MARK[0]:
            notice()
        return self._outbox.flush(timeout_millis / 1000)
