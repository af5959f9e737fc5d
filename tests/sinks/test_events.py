import logging

import driftmeter
from driftmeter.drift import Reference
from driftmeter.sources.call import Call
from driftmeter.sources.extras import Watch
from driftmeter.sources.handler import PredictionHandler

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
    with Call("m", inputs={"distance": 945, "name": "Jane"}, watch=Watch(handed_over=False)):
        pass
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


def test_values_are_stored_in_the_form_that_was_asked_for(sdk, monkeypatch):
    """Of single rows and of batches, of inputs, outputs and labels; and nowhere as they were."""
    monkeypatch.setenv("KEY", "a secret of 16 bytes or more")
    telemetry = sdk().configure(policies="email=hash,age=bucket:10,name=drop,label=bucket:100", hash_key="env:KEY")
    with driftmeter.predict("m", inputs={"email": "a@b.example", "age": 34, "name": "Jane", "hub": "DFW"}) as call:
        call.outputs = {"age": 7}
    driftmeter.feedback(call.id, actual=1234)
    with driftmeter.predict(
        "m", inputs={"email": ["a@b.example", None], "age": [34, 40]}, tags={"email": "a@b.example"}
    ):
        pass
    single, batch = (dict(event.attributes) for event in telemetry.events())
    label = telemetry.event("ml.feedback").attributes
    pseudonym = single["ml.prediction.inputs"]["email"]
    assert len(bytes.fromhex(pseudonym)) == 16
    assert single["ml.prediction.inputs"] == {"email": pseudonym, "age": "[30, 40)", "hub": "DFW"}
    assert single["ml.prediction.outputs"] == {"age": "[0, 10)"}
    assert label["ml.label.value"] == "[1200, 1300)"
    assert batch["ml.prediction.inputs"] == {"email": (pseudonym, None), "age": ("[30, 40)", "[40, 50)")}
    assert not any(word in str([*single.values(), *batch.values()]) for word in ("a@b", "Jane", "1234"))


def test_labels_are_values_too(sdk):
    """`none` records none; a list of names those that are called `label`."""
    for capture, kept in (("none", False), ("age", False), ("label", True), ("default", True)):
        telemetry = sdk().configure(capture=capture)
        driftmeter.feedback("1", actual="secret")
        assert ("ml.label.value" in telemetry.event("ml.feedback").attributes) is kept


def test_altered_values_are_marked(telemetry):
    """So that nobody trains on them unawares."""
    for value in (1.5, float("inf")):
        with driftmeter.predict("m", inputs={"a": value}):
            pass
    assert [event.attributes.get("ml.prediction.altered") for event in telemetry.events()] == [None, True]


def test_altered_values_are_counted_by_reason(telemetry):
    """In predictions, labels and logs, so that one sees it without reading events."""
    with driftmeter.predict("m", inputs={"a": float("inf"), "b": object(), "c": "x" * 5000}):
        pass
    driftmeter.feedback("1", actual=2**70)
    PredictionHandler().handle(logging.makeLogRecord({"name": "n", "msg": "x", "levelno": 40, "held": object()}))
    assert telemetry.counts("driftmeter.altered") == {"out_of_range": 2, "unknown_type": 2, "too_long": 1}


def test_a_record_that_is_full_says_so(telemetry):
    """Its identity is there all the same."""
    with driftmeter.predict("m", inputs={f"f{n:03}": "x" * 4096 for n in range(200)}) as call:
        pass
    found = telemetry.event().attributes
    assert 50 < len(found["ml.prediction.inputs"]) < 70
    assert (found["ml.prediction.id"], found["ml.prediction.altered"]) == (call.id, True)


def test_a_column_whose_name_has_no_room_is_left_out(telemetry):
    """A name that is cut would be another column's."""
    wide = {f"f{number:03}": [b"x" * 4096] * 7 for number in range(9)}
    for length in range(0, 2000, 100):
        with driftmeter.predict("m", inputs={**wide, "last": [b"x" * length] * 7}) as call:
            call.outputs = [0.5] * 7
    for event in telemetry.events():
        assert set(event.attributes["ml.prediction.inputs"]) <= {*wide, "last"}
        assert set(event.attributes.get("ml.prediction.outputs", ())) <= {"output"}


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
