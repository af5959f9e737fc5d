"""Every export request of the demo's processes: first on to its destination, then into the inbox."""

from __future__ import annotations

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from driftmeter.demo.inbox import Inbox
from driftmeter.demo.outlets import Outlet
from driftmeter.testing import Signal


class Correspondence:
    """The receiver's callback.

    What the destination does not take is not read either, so it counts as lost. The sender is not told: the demo asks
    whether anything is lost on the way, not whether a sender retries.
    """

    def __init__(self, outlet: Outlet, inbox: Inbox) -> None:
        self._outlet = outlet
        self._inbox = inbox
        self.refused: list[str] = []
        """Why the destination did not take a request."""

    def __call__(
        self,
        signal: Signal,
        request: ExportLogsServiceRequest | ExportTraceServiceRequest | ExportMetricsServiceRequest,
        body: bytes,
    ) -> None:
        """Take one request."""
        try:
            self._outlet.put(signal, request, body)
        except OSError as fault:
            self.refused.append(f"{self._outlet.where} refused {signal}: {fault}")
            return
        if isinstance(request, ExportLogsServiceRequest):
            self._inbox.take_logs(request)
        elif isinstance(request, ExportTraceServiceRequest):
            self._inbox.take_traces(request)
        else:
            self._inbox.take_metrics(request)
