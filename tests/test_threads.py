"""Threads of our own: what they are told, and when none is begun."""

import pytest

from driftmeter.testing import OtlpReceiver
from driftmeter.threads import begin


def test_it_is_begun_with_what_it_is_told():
    """Under its name, and keeps nothing alive."""
    told = []
    thread = begin(told.append, 1, name="one of ours")
    thread.join(20)
    assert (told, thread.name, thread.daemon) == ([1], "one of ours", True)


LATE = """
import driftmeter
driftmeter.configure()

def predict(who, watch=driftmeter.predict):
    with watch("m", inputs={"a": 1.0}, id=who) as call:
        call.outputs = 1.0

class Last:
    def __del__(self, predict=predict):
        predict("late")
        print("served", flush=True)

last = Last()
"""


@pytest.mark.parametrize("before", ["", "predict('before')\n"], ids=["alone", "after others"])
@pytest.mark.parametrize("events", ["journal", "otel"])
def test_a_prediction_that_is_thrown_away_last_is_served(python, before, events):
    """In an interpreter that has ended all else, Python before 3.12 would wait for the thread's first step for ever."""
    with OtlpReceiver() as receiver:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "DRIFTMETER_EVENTS": events}
        assert python(LATE + before, **environ).out == "served"
