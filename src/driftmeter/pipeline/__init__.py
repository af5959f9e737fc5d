"""From the caller's thread to the sinks: buffer, worker, stages, guard."""

from driftmeter.pipeline.contracts import Draft, Events, Logs, OpenSpan, Sink, Spans, Stage
from driftmeter.pipeline.guard import INTERNAL_LOGGER, Guard, Tally
from driftmeter.pipeline.pipeline import Pipeline

__all__ = [
    "INTERNAL_LOGGER",
    "Draft",
    "Events",
    "Guard",
    "Logs",
    "OpenSpan",
    "Pipeline",
    "Sink",
    "Spans",
    "Stage",
    "Tally",
]
