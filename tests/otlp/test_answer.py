import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from driftmeter.otlp.answer import Answer, Verdict, of_status, of_success


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([400, 422], Verdict.REFUSED),
        ([413], Verdict.TOO_LARGE),
        ([301, 302, 307, 308, 401, 403, 404, 405, 408, 409, 410, 429, 431, 500, 501, 502, 503, 504], Verdict.RETRY),
    ],
)
def test_only_what_is_certain_to_stay_so_is_a_refusal(statuses, verdict):
    """Everything else may be put right, and the records wait for it."""
    for status in statuses:
        assert of_status(status) == Answer(verdict, f"http_{status}")


def test_415_means_the_compression_if_there_was_one():
    """Else the address is somebody else's, which can be put right."""
    assert of_status(415, compressed=True).verdict is Verdict.UNSUPPORTED_ENCODING
    assert of_status(415, compressed=False).verdict is Verdict.RETRY


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("0", 0.0),
        ("86400", 300.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300.0),
        ("-1", None),
        ("nan", None),
        ("inf", 300.0),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    """At most five minutes; nonsense is no wish."""
    assert of_status(503, retry_after=header, now_s=60.0).after_s == seconds


def test_partial_success_is_read():
    """How many were not stored, and why; the words are foreign and made harmless."""
    response = ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = 3
    response.partial_success.error_message = "too\nold\x1b[31m" + "x" * 1000
    answer = of_success(response.SerializeToString())
    assert (answer.verdict, answer.rejected) == (Verdict.ACCEPTED, 3)
    assert answer.message.startswith("too old [31m")
    assert len(answer.message) == 200


@pytest.mark.parametrize("name", ["rejectedLogRecords", "rejectedSpans", "rejectedDataPoints"])
def test_partial_success_is_read_in_json(name):
    """Of each signal."""
    json = b'{"partialSuccess": {"%b": "2", "errorMessage": "old"}}' % name.encode()
    assert of_success(json, "application/json; charset=utf-8") == Answer(Verdict.ACCEPTED, rejected=2, message="old")


@pytest.mark.parametrize("body", [b"", b"\xff\xff", b"{}", b"<html>"])
@pytest.mark.parametrize("content_type", ["", "application/x-protobuf", "application/json"])
def test_what_cannot_be_read_is_an_acknowledgement_all_the_same(body, content_type):
    """The status has said so."""
    assert of_success(body, content_type) == Answer(Verdict.ACCEPTED)


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b'{"partialSuccess": 1}', b'{"partialSuccess": {"rejectedLogRecords": "x"}}', b"[" * 100_000],
)
def test_json_of_another_shape_says_nothing(body):
    """Nor does it harm."""
    assert of_success(body, "application/json") == Answer(Verdict.ACCEPTED)


def test_negative_rejections_are_none():
    """A backend may say anything."""
    response = ExportLogsServiceResponse()
    response.partial_success.rejected_log_records = -5
    assert of_success(response.SerializeToString()).rejected == 0
