import driftmeter
from driftmeter.drift import Reference
from driftmeter.sources.call import Call

ROW = {"distance": 945, "session_token": "secret", "user": {"name": "x", "Password": "secret"}}


def test_denied_names_do_not_leave_the_process(telemetry):
    """Not as columns, not inside them, not as tags or slices; nor their values anywhere."""
    with driftmeter.predict("m", inputs=ROW, tags={"token": "secret", "t": "x"}, slices={"secret": "secret"}) as call:
        call.outputs = {"access_token": "secret", "minutes": 1.0}
    found = telemetry.event().attributes
    assert found["ml.prediction.inputs"] == {"distance": 945, "user": {"name": "x"}}
    assert found["ml.prediction.outputs"] == {"minutes": 1.0}
    assert found["ml.tag.t"] == "x"
    assert "secret" not in str(found.values())


def test_capture_none_records_no_values(sdk):
    """The event, its identity and its size are there all the same."""
    telemetry = sdk().configure(capture="none")
    with driftmeter.predict("m", inputs=ROW) as call:
        call.outputs = [1.0]
    found = telemetry.event().attributes
    assert found["ml.prediction.id"] == call.id
    assert not {"ml.prediction.inputs", "ml.prediction.outputs"} & set(found)


def test_what_was_merely_seen_needs_a_name(sdk):
    """Zero-code instrumentation records the features of a reference, and no others."""
    telemetry = sdk().configure(reference=Reference.from_data({"distance": [1, 2]}, model="m"))
    call = Call("m", inputs={"distance": 945, "name": "Jane"})
    call.handed_over = False
    call.open()
    call.close(None)
    assert telemetry.event().attributes["ml.prediction.inputs"] == {"distance": 945}


def test_identity_survives_two_hundred_tags(telemetry):
    """Of more than 128 attributes the SDK evicts some, with a warning for each; so there are never more."""
    with driftmeter.predict("m", version="7", inputs={"a": 1}, tags={f"t{n}": "x" for n in range(200)}) as call:
        call.outputs = 1.0
    found = telemetry.event().attributes
    assert sum(name.startswith("ml.tag.") for name in found) == 100
    assert found["ml.prediction.altered"] is True
    assert found["event.name"] == "ml.prediction"
    assert found["ml.prediction.id"] == call.id
    assert (found["ml.model.name"], found["ml.model.version"]) == ("m", "7")
    assert found["ml.prediction.inputs"] == {"a": 1}


def test_altered_values_are_marked(telemetry):
    """So that nobody trains on them unawares."""
    for value in (1.5, float("inf")):
        with driftmeter.predict("m", inputs={"a": value}):
            pass
    assert [event.attributes.get("ml.prediction.altered") for event in telemetry.events()] == [None, True]


def test_reference_and_framework_are_named(sdk):
    """Which reference a prediction was held against."""
    reference = Reference.from_data({"a": [1, 2]}, model="m", version="2015Q1")
    telemetry = sdk().configure(reference=reference)
    with driftmeter.predict("m", inputs=[1.0]):
        pass
    found = telemetry.event().attributes
    assert (found["ml.reference.hash"], found["ml.model.version"]) == (reference.hash, "2015Q1")
    assert found["ml.prediction.inputs"] == {"a": 1.0}


def test_events_can_be_off(sdk):
    """Metrics and spans go on."""
    telemetry = sdk().configure(events="off")
    with driftmeter.predict("m"):
        pass
    assert (telemetry.events(), len(telemetry.spans)) == ([], 1)
    assert len(telemetry.points("ml.prediction.duration")) == 1
