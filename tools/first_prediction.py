"""A prediction arrives, where nothing is installed but the wheel and what it asks for."""

import os

import driftmeter
from driftmeter.testing import OtlpReceiver

for name in driftmeter.__all__:
    getattr(driftmeter, name)

with OtlpReceiver() as receiver:
    os.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "DRIFTMETER_JOURNAL_DIR": "journal"}
    with driftmeter.predict("air-time", inputs={"distance_mi": 945}) as call:
        call.outputs = 131.0
    assert driftmeter.flush(30)
    assert call.id in {event.attributes.get("ml.prediction.id") for event in receiver.logs}
    driftmeter.shutdown()
