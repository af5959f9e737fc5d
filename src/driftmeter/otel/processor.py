"""`DriftSpanProcessor`: predictions from the attributes of spans, whoever made them."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import StatusCode

from driftmeter import semconv
from driftmeter.pipeline import current
from driftmeter.record import TraceLink
from driftmeter.sources.adopting import adopt
from driftmeter.sources.call import surrounding
from driftmeter.sources.default import Default
from driftmeter.sources.span import Ended, Named, SpannedPrediction
from driftmeter.sources.surrounded import Surrounded
from driftmeter.text import as_text

SHUTDOWN_TIMEOUT_S = 5.0


class DriftSpanProcessor(SpanProcessor):
    """Makes a prediction of each span that carries features or outputs as attributes.

    By default the attribute `ml.feature.<name>` is the feature `<name>`, and `ml.output.<name>` the output; a sequence
    is one value per row. The model is the attribute `ml.model.name`, its version `ml.model.version`; where present,
    `ml.prediction.id`, `ml.operation.name`, `ml.slice.<name>` and `ml.tag.<name>` are taken, too. Time, duration, trace
    and failure are the span's own; without `ml.prediction.id`, the id is `<trace id>-<span id>` in hexadecimal.

    A span around or inside a prediction that driftmeter records otherwise is not counted again, unless it names another
    model. Only spans that the SDK records are seen: for those that the sampler refuses, wrap it in
    `opentelemetry.sdk.trace.sampling.AlwaysRecordSampler`, under which such a span keeps the attributes that are set
    after its start, and no others. A span holds 128 attributes unless `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` says otherwise,
    and loses the first ones above.

    Args:
        model: the model of spans that name none; else the model of the only reference, else `unnamed`.
        version: its version.
        features: span attribute to feature name, instead of the prefix.
        outputs: span attribute to output name, instead of the prefix.
        feature_prefix: what attributes of features begin with.
        output_prefix: what attributes of outputs begin with.
        span_name: only spans of this name; ending in `*`, only those whose name begins so.
        reference: path of a reference, or several, or `Reference` objects.
        **settings: settings as for `driftmeter.configure`; they hold for the whole program.

    Raises:
        ValueError: for an unknown setting, a value that a setting does not take, a reference that cannot be read, or
            an empty prefix.

    >>> from opentelemetry.sdk.trace import TracerProvider
    >>> provider = TracerProvider()
    >>> provider.add_span_processor(DriftSpanProcessor(model="air-time", features={"app.distance": "distance_mi"}))

    """

    def __init__(
        self,
        *,
        model: str | None = None,
        version: str | None = None,
        features: Mapping[str, str] | None = None,
        outputs: Mapping[str, str] | None = None,
        feature_prefix: str = "ml.feature.",
        output_prefix: str = "ml.output.",
        span_name: str | None = None,
        reference: object = None,
        **settings: object,
    ) -> None:
        for name, prefix in (("feature_prefix", feature_prefix), ("output_prefix", output_prefix)):
            if not prefix:
                raise ValueError(f"{name} is {prefix!r}, which every attribute begins with; write a longer one")
        adopt({**settings, "reference": reference})
        self._default = Default(model, version)
        self._features = Named(features, feature_prefix)
        self._outputs = Named(outputs, output_prefix)
        self._exact = span_name is None or not span_name.endswith("*")
        self._span_name = span_name if self._exact or span_name is None else span_name[:-1]
        self._surrounded = Surrounded()
        self._flushing = threading.Lock()
        self._closed = False

    def on_end(self, span: ReadableSpan) -> None:
        """Leave the span to the worker if it carries a prediction; never raises, whatever the span."""
        try:
            self._look_at(span)
        except Exception as fault:  # noqa: BLE001  # the SDK lets it through into the code that ended the span
            if (pipeline := current.installed()) is not None:
                pipeline.guard.contain("sources.span", fault)

    def shutdown(self) -> None:
        """Hand over what has ended; spans that end later are left alone."""
        self._closed = True
        if (pipeline := current.installed()) is not None:
            pipeline.drain(SHUTDOWN_TIMEOUT_S)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what has ended before now, within the time limit; True when nothing is left to send."""
        pipeline = current.installed()
        # A pipeline that flushes asks the providers to flush, and these ask us again.
        if pipeline is None or not self._flushing.acquire(blocking=False):
            return True
        try:
            return pipeline.flush(timeout_millis / 1000)
        finally:
            self._flushing.release()

    def _look_at(self, span: ReadableSpan) -> None:
        scope, attributes, context = span.instrumentation_scope, span.attributes, span.context
        if context is None or self._closed:
            return
        parent = span.parent
        parent_id = parent.span_id if parent is not None and not parent.is_remote else None
        recorded = self._surrounded.leave(context.span_id, parent_id)
        if not attributes:
            return
        if scope is not None and scope.name == semconv.SCOPE_NAME:
            if parent_id is not None and (model := as_text(attributes.get(semconv.MODEL_NAME))) is not None:
                self._surrounded.mark(parent_id, frozenset({model}))
            return
        if not self._is_wanted(span.name):
            return
        if not (self._features.any_in(attributes) or self._outputs.any_in(attributes)):
            return
        if self._is_part_of(attributes, recorded):
            return
        link = TraceLink(
            context.trace_id, context.span_id, int(context.trace_flags), parent.span_id if parent is not None else 0
        )
        self._submit(span, attributes, link)

    def _is_part_of(self, attributes: Mapping[str, object], recorded: frozenset[str]) -> bool:
        """Whether the span tells of a prediction of its model that is recorded otherwise, inside it or around it."""
        call = surrounding()
        if not recorded and call is None:
            return False
        model = as_text(attributes.get(semconv.MODEL_NAME)) or self._default.model
        return model is None or model in recorded or (call is not None and call.model == model)

    def _submit(self, span: ReadableSpan, attributes: Mapping[str, object], link: TraceLink) -> None:
        started_ns, ended_ns = span.start_time or 0, span.end_time
        duration_s = None if ended_ns is None else max(0.0, (ended_ns - started_ns) / 1e9)
        ended = Ended(attributes, link, started_ns, duration_s, span.status.status_code is StatusCode.ERROR)
        draft = SpannedPrediction(ended, self._features, self._outputs, self._default)
        current.pipeline().submit(draft)

    def _is_wanted(self, name: str) -> bool:
        if self._span_name is None:
            return True
        return name == self._span_name if self._exact else name.startswith(self._span_name)
