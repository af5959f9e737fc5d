"""A small span around each model call: identity, size, outcome; never an attribute per feature."""

from __future__ import annotations

from contextvars import Token

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, TracerProvider

from driftmeter import semconv
from driftmeter.record import UNNAMED, TraceLink, error_type_of
from driftmeter.text import as_text

MAX_IDENTITIES = 1024


class SpanSink:
    """Opens `predict {model}` spans below whatever span is current.

    >>> with_no_provider = SpanSink()
    >>> span = with_no_provider.start(model="air-time", version="7", operation="predict", rows=1)
    >>> span.end(None)

    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer: Tracer = trace.get_tracer(semconv.SCOPE_NAME, semconv.SCOPE_VERSION, tracer_provider=provider)
        self._identities: dict[tuple[object, object, object], tuple[str, dict[str, str]]] = {}

    def start(self, *, model: str, version: str | None, operation: str, rows: int) -> CallSpan:
        """Open a span and make it current."""
        name, identity = self._identities.get((model, version, operation)) or self._identify(model, version, operation)
        parent_span_id = trace.get_current_span().get_span_context().span_id
        span = self._tracer.start_span(
            name, kind=SpanKind.INTERNAL, attributes={**identity, semconv.PREDICTION_BATCH_SIZE: rows}
        )
        return CallSpan(span, parent_span_id)

    def _identify(self, model: object, version: object, operation: object) -> tuple[str, dict[str, str]]:
        """The name and attributes that calls of one kind share; what cannot be encoded would cost a whole export."""
        named, asked = as_text(model) or UNNAMED, as_text(operation) or "predict"
        attributes = {semconv.MODEL_NAME: named, semconv.OPERATION_NAME: asked}
        if (told := as_text(version)) is not None:
            attributes[semconv.MODEL_VERSION] = told
        found = (f"{asked} {named}", attributes)
        if len(self._identities) < MAX_IDENTITIES:
            self._identities[model, version, operation] = found
        return found


class CallSpan:
    """One open span and the context it made current."""

    __slots__ = ("_span", "_token", "link")

    def __init__(self, span: Span, parent_span_id: int) -> None:
        self._span = span
        self._token: Token[Context] = context_api.attach(trace.set_span_in_context(span))
        context = span.get_span_context()
        self.link = TraceLink(context.trace_id, context.span_id, int(context.trace_flags), parent_span_id)

    def end(self, error: BaseException | None) -> None:
        """Leave the span's context and end it; an error gives its type, not its text, which may quote inputs."""
        context_api.detach(self._token)
        if (error_type := error_type_of(error)) is not None and self._span.is_recording():
            self._span.set_attribute(semconv.ERROR_TYPE, error_type)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
