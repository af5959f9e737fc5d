from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from driftmeter import semconv
from driftmeter.demo.correspondence import Correspondence
from driftmeter.demo.inbox import Inbox


class Refusing:
    where = "http://backend"

    def put(self, signal, request, body):
        raise OSError("503")

    def close(self):
        pass


class Taking(Refusing):
    def put(self, signal, request, body):
        pass


def one_event():
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(event_name=semconv.EVENT_PREDICTION)
    record.attributes.add(key=semconv.PREDICTION_ID).value.string_value = "7"
    return request


def inbox():
    return Inbox(lambda _: False, lambda *_: None)


def test_what_the_destination_refuses_is_not_counted_as_arrived():
    """Read here but not there would hide a loss."""
    box = inbox()
    correspondence = Correspondence(Refusing(), box)
    correspondence("logs", one_event(), b"")

    assert box.events == 0
    assert correspondence.refused == ["http://backend refused logs: 503"]


def test_what_the_destination_takes_is_read():
    """The live view and the count see it."""
    box = inbox()
    Correspondence(Taking(), box)("logs", one_event(), b"")

    assert box.events == 1
