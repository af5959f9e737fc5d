"""What every prediction event says of itself beside its values, whichever way it is written."""

from __future__ import annotations

from opentelemetry.util.types import AnyValue

from driftmeter import semconv
from driftmeter.record import Prediction
from driftmeter.sinks.logs_api import SeverityNumber
from driftmeter.sinks.storing import Storing


def identity_of(prediction: Prediction, storing: Storing) -> dict[str, AnyValue]:
    """Which model answered what kind of question, as all calls of one kind and day have it in common."""
    known: dict[str, AnyValue] = {
        semconv.PREDICTION_SOURCE: prediction.source,
        semconv.OPERATION_NAME: prediction.operation,
        semconv.MODEL_NAME: prediction.model,
        semconv.MODEL_VERSION: prediction.version,
        semconv.MODEL_FRAMEWORK: prediction.framework,
        semconv.ERROR_TYPE: prediction.error_type,
        semconv.REFERENCE_HASH: storing.hashes.get(prediction.model),
        semconv.RETENTION_UNTIL: storing.retention.until(prediction.timestamp_ns or prediction.started_ns),
    }
    return {key: value for key, value in known.items() if value is not None}


def body_of(prediction: Prediction) -> str:
    """The event in one short sentence."""
    return f"{prediction.model} {'answered' if prediction.error_type is None else 'failed'}"


def severity_of(prediction: Prediction) -> SeverityNumber:
    """How grave it is."""
    return SeverityNumber.INFO if prediction.error_type is None else SeverityNumber.ERROR
