import numpy as np
import pytest

from driftmeter.columns import read_inputs, read_outputs
from driftmeter.pipeline import Guard
from driftmeter.pipeline.catalogue import KnownModel
from driftmeter.pipeline.stages import Naming, Once, OtherModels
from driftmeter.record import Feedback, Prediction

LABEL = Feedback(prediction_id="1", actual=1, received_ns=1)
KNOWN = KnownModel("air-time", "2015Q1", ("distance", "airline"), ("minutes",))


def prediction(key="1", source="predict", *, model="air-time", **facts):
    return Prediction(id=key, model=model, started_ns=1, duration_s=0.1, source=source, **facts)


def passes(*records):
    """Which of the records pass, one after the other."""
    once = Once()
    return [once(record) is record for record in records]


def test_same_id_from_two_sources_counts_once():
    """Whichever comes first is kept."""
    assert passes(prediction(source="predict"), prediction(source="log")) == [True, False]
    assert passes(prediction(source="log"), prediction(source="predict")) == [True, False]


def test_one_source_that_repeats_an_id_is_believed():
    """A retry is a call of its own."""
    assert passes(prediction(), prediction(), prediction(source="log"), prediction()) == [True, True, False, True]


def test_labels_always_pass():
    """They have no id of their own."""
    assert passes(prediction(), LABEL, LABEL) == [True, True, True]


def test_memory_of_ids_is_bounded():
    """The oldest is forgotten first."""
    once = Once(remembered=2)
    for key in "123":
        once(prediction(key))
    assert [once(prediction(key, "log")) is None for key in "321"] == [True, True, False]


@pytest.fixture
def guard():
    return Guard()


def test_names_come_from_the_reference(guard):
    """For arrays; and the version, where the caller gave none."""
    bare = prediction(inputs=read_inputs(np.ones((2, 2))), outputs=read_outputs([1.0, 2.0]))
    named = Naming([KNOWN], guard)(bare)
    assert (named.inputs.names, named.outputs.names, named.version) == (KNOWN.inputs, KNOWN.outputs, "2015Q1")


def test_the_callers_own_names_and_version_stay(guard):
    """The reference only fills gaps."""
    own = prediction(inputs=read_inputs({"a": 1}), outputs=read_outputs({"b": 1}), version="7")
    assert Naming([KNOWN], guard)(own) is own


def test_another_number_of_columns_is_counted_and_kept(guard):
    """The values are recorded, under numbers."""
    odd = prediction(inputs=read_inputs(np.ones((2, 3))))
    assert Naming([KNOWN], guard)(odd).inputs.names == ("0", "1", "2")
    assert guard.faults.counts() == {"columns.width": 1}


@pytest.mark.parametrize(("outputs", "names"), [([1.0], ("output",)), (np.ones((1, 3)), ("0", "1", "2"))])
def test_outputs_without_a_reference(guard, outputs, names):
    """One is `output`; several, such as probabilities, are no fault."""
    named = Naming([], guard)(prediction(outputs=read_outputs(outputs)))
    assert (named.outputs.names, guard.faults.counts()) == (names, {})


def test_too_many_models_are_called_other():
    """Those that have a reference, never; nor those that were known before."""
    other = OtherModels(2, [KNOWN])
    records = [prediction(model=f"m{n}") for n in (1, 2, 1)]
    assert [other(record).model for record in records] == ["m1", "other", "m1"]
    assert other(prediction(version="2015Q1")).model == "air-time"
    assert other(LABEL) is LABEL


def test_too_many_versions_of_a_model_are_its_version_other():
    """Under another name, nobody would hold them against the model's reference any more."""
    other = OtherModels(2, [KNOWN])
    versions = [other(prediction(model="air-time", version=version)).version for version in ("1", "2", "3", "1")]
    assert versions == ["1", "other", "other", "1"]
    assert other(prediction(model="m1", version="3")).model == "other"
