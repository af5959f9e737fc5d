"""Whatever leaves a process says which driftmeter wrote it."""

from importlib.metadata import version

import pytest

import driftmeter
from driftmeter.otel.origin import own_origin


@pytest.fixture
def telemetry(sdk):
    reference = driftmeter.Reference.from_data({"a": [1.0, 2.0, 3.0]}, model="m")
    telemetry = sdk().configure(reference=reference, resources="process")
    with driftmeter.predict("m", inputs={"a": 1.5}, id="p") as call:
        call.outputs = 1.0
    driftmeter.feedback("p", actual=2.0)
    return telemetry


def test_it_is_the_packages():
    assert driftmeter.__version__ == version("driftmeter")


def test_every_signal_carries_it(telemetry):
    """As the version of its instrumentation scope."""
    ours = ("driftmeter", driftmeter.__version__)
    scopes = {
        "spans": {span.instrumentation_scope for span in telemetry.spans},
        "events": {log.instrumentation_scope for log in telemetry._logs.get_finished_logs()},
        "metrics": {s.scope for r in telemetry._reader.get_metrics_data().resource_metrics for s in r.scope_metrics},
    }
    for signal, found in scopes.items():
        assert {(scope.name, scope.version) for scope in found} == {ours}, signal
    origin = own_origin()()
    assert (origin.scope_name, origin.scope_version) == ours
