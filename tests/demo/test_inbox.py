from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from driftmeter import semconv
from driftmeter.demo.inbox import Inbox, Reading


def value(given):
    if isinstance(given, dict):
        return AnyValue(kvlist_value=KeyValueList(values=pairs(given)))
    if isinstance(given, list):
        return AnyValue(array_value=ArrayValue(values=map(value, given)))
    kind = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}[type(given)]
    return AnyValue(**{kind: given})


def pairs(attributes):
    return [KeyValue(key=key, value=value(one)) for key, one in attributes.items()]


def logs(*events, trace_id=b""):
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for name, attributes in events:
        scope.log_records.add(event_name=name, attributes=pairs(attributes), trace_id=trace_id)
    return request


def metrics(name, points, service="flight-server"):
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    resource.resource.attributes.extend(pairs({"service.name": service}))
    metric = resource.scope_metrics.add().metrics.add(name=name)
    for attributes, number in points:
        metric.gauge.data_points.add(attributes=pairs(attributes), as_double=number)
    return request


def inbox():
    answers = []
    return Inbox({"ab" * 16}.__contains__, lambda *answer: answers.append(answer)), answers


def prediction(n, minutes=120.0):
    return semconv.EVENT_PREDICTION, {
        semconv.PREDICTION_ID: str(n),
        semconv.PREDICTION_OUTPUTS: {"air_time_min": minutes},
    }


def test_a_prediction_counts_once_though_its_event_comes_twice():
    """A retried export is no second prediction."""
    box, answers = inbox()
    box.take_logs(logs(prediction(1), prediction(2)))
    box.take_logs(logs(prediction(2)))

    assert box.events == 2
    assert answers == [("1", 120.0), ("2", 120.0)]


def test_labels_are_counted_by_their_prediction():
    """One label each."""
    box, _ = inbox()
    box.take_logs(logs((semconv.EVENT_FEEDBACK, {semconv.PREDICTION_ID: "7", semconv.LABEL_VALUE: 99.0})))

    assert (box.labels, box.events) == (1, 0)


def test_an_alarm_is_read_with_subject_numbers_and_trace():
    """What the verdict needs of the event."""
    box, _ = inbox()
    told = {
        semconv.FEATURE_NAME: "airline",
        semconv.DRIFT_STATISTIC: "psi",
        semconv.DRIFT_VALUE: 0.4,
        semconv.DRIFT_THRESHOLD: 0.03,
        semconv.DRIFT_ROW: 2000,
    }
    box.take_logs(
        logs((semconv.EVENT_DRIFT_DETECTED, told), (semconv.EVENT_DRIFT_CLEARED, told), trace_id=b"\xab" * 16)
    )

    raised, cleared = box.alarms()
    assert (raised.subject, raised.value, raised.threshold, raised.row) == ("airline", 0.4, 0.03, 2000)
    assert raised.trace_id == "ab" * 16
    assert (raised.raised, cleared.raised) == (True, False)


def test_an_alarm_of_columns_together_is_called_after_them():
    """There is no single one to blame."""
    box, _ = inbox()
    told = {semconv.DRIFT_COLUMNS: ["distance_mi", "air_time_min"], semconv.DRIFT_STATISTIC: "correlation"}
    box.take_logs(logs((semconv.EVENT_DRIFT_DETECTED, told)))

    [raised] = box.alarms()
    assert raised.subject == "distance_mi and air_time_min"


def test_only_traces_of_the_replay_are_counted_each_once():
    """Other requests to the server are none of ours."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for octet in (b"\xab", b"\xab", b"\xcd"):
        scope.spans.add(trace_id=octet * 16)
    box, _ = inbox()
    box.take_traces(request)

    assert box.traces == 1


def test_a_subjects_reading_is_the_latest_psi_beside_its_limit_and_its_course_has_all():
    """Other statistics are not drawn."""
    box, _ = inbox()
    psi = {semconv.FEATURE_NAME: "airline", semconv.DRIFT_STATISTIC: "psi"}
    box.take_metrics(metrics("ml.feature.drift", [({**psi, semconv.DRIFT_STATISTIC: "js"}, 0.9), (psi, 0.01)]))
    box.take_metrics(metrics("ml.feature.drift", [(psi, 0.4)]))
    box.take_metrics(metrics("ml.feature.drift.threshold", [(psi, 0.03)]))
    box.take_metrics(metrics("ml.feature.drift.alarm", [(psi, 1.0)]))

    assert box.reading("airline") == Reading(0.4, 0.03, alarm=True)
    assert box.course("airline") == (0.01, 0.4)
    assert box.reading("distance_mi") is None


def test_usage_is_the_servers_own_over_all_modes():
    """Flight operations run in another process."""
    box, _ = inbox()
    cpu = [({"cpu.mode": "user"}, 0.4), ({"cpu.mode": "system"}, 0.1)]
    box.take_metrics(metrics("process.cpu.utilization", cpu))
    box.take_metrics(metrics("process.memory.usage", [({}, 5e8)]))
    box.take_metrics(metrics("process.memory.usage", [({}, 1e6)], service="flight-operations"))

    assert box.usage() == (0.5, 5e8)
