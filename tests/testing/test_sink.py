from driftmeter.record import Feedback, Prediction
from driftmeter.testing import CapturingSink


def test_sink_keeps_records_in_order():
    """And tells model calls from labels."""
    call = Prediction(id="1", model="air-time", started_ns=0, duration_s=None, source="predict")
    label = Feedback(prediction_id="1", actual=3, received_ns=1)
    sink = CapturingSink()
    sink.accept([call, label])
    sink.accept([call])
    assert sink.records == [call, label, call]
    assert (sink.predictions, sink.feedback) == ([call, call], [label])
