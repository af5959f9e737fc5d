"""driftmeter makes any model in production observable, over OpenTelemetry.

>>> import driftmeter
>>> with driftmeter.predict("air-time", version="7", inputs={"airline": "AA", "distance_mi": 945}) as call:
...     call.outputs = [131.0]

"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# Now, so that its hooks are older than the program's: at a fork what we have stands still after those were called, and
# goes on before, so that they may flush and configure.
import driftmeter.forking  # noqa: F401
from driftmeter.version import __version__

if TYPE_CHECKING:
    from driftmeter import testing
    from driftmeter.drift import DriftReport, Reference, compare
    from driftmeter.otel.durable import DurableLogRecordProcessor
    from driftmeter.otel.processor import DriftSpanProcessor
    from driftmeter.runtime import configure, flush, shutdown
    from driftmeter.sources.feedback import feedback
    from driftmeter.sources.handler import PredictionHandler
    from driftmeter.sources.instrument import instrument, uninstrument
    from driftmeter.sources.predict import predict

__all__ = [
    "DriftReport",
    "DriftSpanProcessor",
    "DurableLogRecordProcessor",
    "PredictionHandler",
    "Reference",
    "__version__",
    "compare",
    "configure",
    "feedback",
    "flush",
    "instrument",
    "predict",
    "shutdown",
    "testing",
    "uninstrument",
]

# Looked up when first asked for: importing driftmeter must cost a program no more than it uses.
_HOMES = {
    "DriftReport": "driftmeter.drift",
    "DriftSpanProcessor": "driftmeter.otel.processor",
    "DurableLogRecordProcessor": "driftmeter.otel.durable",
    "PredictionHandler": "driftmeter.sources.handler",
    "Reference": "driftmeter.drift",
    "compare": "driftmeter.drift",
    "configure": "driftmeter.runtime",
    "feedback": "driftmeter.sources.feedback",
    "flush": "driftmeter.runtime",
    "instrument": "driftmeter.sources.instrument",
    "predict": "driftmeter.sources.predict",
    "shutdown": "driftmeter.runtime",
    "uninstrument": "driftmeter.sources.instrument",
}


def __getattr__(name: str) -> object:
    if name == "testing":
        return import_module("driftmeter.testing")
    if name not in _HOMES:
        raise AttributeError(f"module 'driftmeter' has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
