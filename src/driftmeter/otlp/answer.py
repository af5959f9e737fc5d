"""What a backend said to one request: five verdicts that a sender can act on, whatever the protocol.

The mapping departs from OTLP's list of retryable answers on purpose: these are records for an audit, so that only an
answer that is certain to stay the same for the same bytes (400, 422) counts as a refusal. A wrong token, path or
gateway is put right by somebody sooner or later, and until then the records wait on disk.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

RETRY_AFTER_MOST_S = 300.0
MESSAGE_CHARACTERS = 200
REJECTED = ("rejectedLogRecords", "rejectedSpans", "rejectedDataPoints")
"""Partial success in JSON, by signal."""


class Verdict(Enum):
    """What a sender does next."""

    ACCEPTED = "accepted"
    """Forget the records; `Answer.rejected` of them were not stored."""
    RETRY = "retry"
    """Keep the records and come again."""
    REFUSED = "refused"
    """At least one of the records will never be accepted."""
    TOO_LARGE = "too_large"
    """Send less at once."""
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    """Send without compression."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    >>> of_status(503, retry_after="7").after_s
    7.0

    """

    verdict: Verdict
    reason: str = ""
    """Ours and short, fit for a metric: `http_503`, `grpc_unavailable`, `timeout`; never the backend's words."""
    after_s: float | None = None
    """How long the backend asked to wait, in seconds, at most 300; None where it did not."""
    rejected: int = 0
    """Records that an accepting backend did not store (OTLP's partial success)."""
    message: str = ""
    """The backend's words about that: untrusted, printable, at most 200 characters."""
    unknown: bool = False
    """True where no answer came although the request may have: the records may be stored all the same."""


def of_status(status: int, *, compressed: bool = False, retry_after: str | None = None, now_s: float = 0.0) -> Answer:
    """Judge an HTTP status other than success.

    Args:
        status: the HTTP status.
        compressed: whether the request was, so that 415 may mean that.
        retry_after: the header of that name: seconds or a date.
        now_s: the wall clock in seconds since the epoch, for a date.

    """
    reason = f"http_{status}"
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return Answer(Verdict.REFUSED, reason)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Answer(Verdict.TOO_LARGE, reason)
    if status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE and compressed:
        return Answer(Verdict.UNSUPPORTED_ENCODING, reason)
    return Answer(Verdict.RETRY, reason, after_s=_wait_s(retry_after, now_s))


def of_success(body: bytes, content_type: str = "") -> Answer:
    """Read an accepting answer: OTLP's partial success, in protobuf or JSON.

    What cannot be read says nothing: the status alone has acknowledged the records.
    """
    try:
        if "json" in content_type:
            told = json.loads(body or b"{}").get("partialSuccess", {})
            rejected = int(next((told[name] for name in REJECTED if told.get(name)), 0))
            message = str(told.get("errorMessage", ""))
        else:
            # Of spans and metrics it has the same fields.
            partial = ExportLogsServiceResponse.FromString(body).partial_success
            rejected, message = partial.rejected_log_records, partial.error_message
    except (AttributeError, DecodeError, RecursionError, TypeError, ValueError):
        return Answer(Verdict.ACCEPTED)
    return Answer(Verdict.ACCEPTED, rejected=max(0, rejected), message=printable(message))


def printable(text: str) -> str:
    """Give foreign words as one short line without control characters."""
    return "".join(c if c.isprintable() else " " for c in text[:MESSAGE_CHARACTERS])


def _wait_s(retry_after: str | None, now_s: float) -> float | None:
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - now_s
        except (OverflowError, TypeError, ValueError):
            return None
    return bounded_wait_s(seconds)


def bounded_wait_s(seconds: float) -> float | None:
    """Give what a backend asked for, as far as we heed it; None for what is no time to wait.

    >>> bounded_wait_s(86_400.0), bounded_wait_s(-1.0), bounded_wait_s(float("nan"))
    (300.0, None, None)

    """
    return min(seconds, RETRY_AFTER_MOST_S) if seconds >= 0 else None
