"""Whether a LoggerProvider is the one that `opentelemetry-instrument` sets up, with nothing of the user's own in it."""

from __future__ import annotations

from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.semconv.resource import ResourceAttributes

OTLP_EXPORTERS = "opentelemetry.exporter.otlp."


def sends_over_otlp_unchanged(provider: object) -> bool:
    """Whether a provider of auto-instrumentation batches every record as it is and sends it over OTLP.

    Then nobody misses anything when events take a safer way to the same place. A processor of the user's own is a
    choice to be respected; so is what cannot be looked into.
    """
    try:
        if ResourceAttributes.TELEMETRY_AUTO_VERSION not in provider.resource.attributes:  # type: ignore[attr-defined]
            return False
        processors = provider._multi_log_record_processor._log_record_processors  # type: ignore[attr-defined]  # noqa: SLF001  # the SDK has no public way
        return bool(processors) and all(
            type(each) is BatchLogRecordProcessor
            and type(each._batch_processor._exporter).__module__.startswith(OTLP_EXPORTERS)  # noqa: SLF001
            for each in processors
        )
    except AttributeError:
        return False
