"""Which model an estimator is."""

import gc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from driftmeter.pipeline.catalogue import Defaults, KnownModel, announce, defaults, known
from driftmeter.sources.sklearn.identity import Identities, identify

FRAME = pd.DataFrame({"distance": [1.0, 2.0, 3.0], "hour": [1.0, 0.0, 5.0]})
TARGET = [0, 1, 0]
AIR_TIME = KnownModel("air-time", "7", ("hour", "distance"), ("minutes",))
OTHER = KnownModel("other", "2", ("a", "b"), ())


class Bare(BaseEstimator):
    """Remembers nothing of its inputs, as estimators do that do not validate them."""


@pytest.fixture(autouse=True)
def catalogue():
    before = known(), defaults()
    announce([])
    yield announce
    announce(*before)


def who(estimator, given=None):
    identity = identify(estimator, given)
    return identity.model, identity.version


def test_without_any_hint_it_is_its_class():
    assert who(LinearRegression()) == ("LinearRegression", None)
    assert who(make_pipeline(Bare(), LinearRegression())) == ("Pipeline(LinearRegression)", None)


def test_settings_name_what_nothing_else_names(catalogue):
    catalogue([], Defaults(model_name="flights", model_version="3"))
    assert who(LinearRegression()) == ("flights", "3")


def test_the_reference_with_its_columns_names_it(catalogue):
    """In whatever order; before the settings do."""
    catalogue([OTHER, AIR_TIME], Defaults(model_name="flights", model_version="3"))
    assert who(LinearRegression().fit(FRAME, TARGET)) == ("air-time", "7")


def test_two_references_with_its_columns_name_nothing(catalogue):
    catalogue([AIR_TIME, KnownModel("twin", "1", AIR_TIME.inputs, ())])
    assert who(LinearRegression().fit(FRAME, TARGET)) == ("LinearRegression", None)


def test_a_model_without_names_is_the_only_reference_of_its_width(catalogue):
    model = LinearRegression().fit(FRAME.to_numpy(), TARGET)
    catalogue([OTHER])
    assert who(model) == ("other", "2")
    catalogue([OTHER, AIR_TIME])
    assert who(model) == ("LinearRegression", None)
    catalogue([KnownModel("wide", "1", ("a", "b", "c"), ())])
    assert who(model) == ("LinearRegression", None)


def test_other_names_are_another_model_though_the_width_fits(catalogue):
    catalogue([OTHER])
    assert who(LinearRegression().fit(FRAME, TARGET)) == ("LinearRegression", None)


def test_a_reference_that_misses_by_a_column_is_told_once(catalogue, caplog):
    """Nothing would be counted, and nobody know why: a reference built of a file holds its dates and ids, too."""
    catalogue([KnownModel("air-time", "7", ("date", "hour", "distance"), ()), OTHER])
    identities = Identities()
    for _ in range(2):
        identities.of(LinearRegression().fit(FRAME, TARGET), FRAME)
    [said] = [record.getMessage() for record in caplog.records]
    assert "LinearRegression is not taken for air-time" in said
    assert "the reference alone has ['date'], the estimator alone []" in said


def test_a_reference_that_fits_or_is_of_something_else_is_not_told_of(catalogue, caplog):
    catalogue([AIR_TIME, OTHER])
    Identities().of(LinearRegression().fit(FRAME, TARGET), FRAME)
    catalogue([OTHER])
    Identities().of(LinearRegression().fit(FRAME, TARGET), FRAME)
    assert caplog.records == []


def test_a_model_that_knows_no_columns_is_known_by_its_input(catalogue):
    catalogue([OTHER, AIR_TIME])
    assert who(Bare(), FRAME) == ("air-time", "7")
    assert who(make_pipeline(FunctionTransformer(), Bare()), FRAME) == ("air-time", "7")
    assert who(Bare(), FRAME.to_dict("records")) == ("air-time", "7")
    assert who(Bare(), {"distance": [1.0], "hour": [2.0]}) == ("air-time", "7")
    assert who(Bare(), []) == ("Bare", None)
    assert who(Bare(), FRAME.to_numpy()) == ("Bare", None)
    catalogue([OTHER])
    assert who(Bare(), FRAME.to_numpy()) == ("other", "2")


def test_what_it_says_of_itself_wins(catalogue):
    catalogue([OTHER, AIR_TIME], Defaults(model_name="flights", model_version="3"))
    model = LinearRegression().fit(FRAME, TARGET)
    model.__ml_model_name__ = "own"
    assert who(model) == ("own", "3")
    model.__ml_model_name__ = "other"
    assert who(model) == ("other", "2")
    model.__ml_model_version__ = 4
    assert who(model) == ("other", "4")


def test_attributes_that_raise_are_missing():
    class Hostile(BaseEstimator):
        @property
        def classes_(self):
            raise RuntimeError

    assert identify(Hostile()).classes is None


def test_it_is_looked_up_once_until_it_is_fitted_again(catalogue):
    identities, model = Identities(), LogisticRegression().fit(FRAME, TARGET)
    first = identities.of(model, FRAME)
    assert identities.of(model, FRAME) is first
    identities.forget(model.fit(FRAME.rename(columns={"hour": "minute"}), TARGET))
    assert identities.of(model, FRAME).names == ("distance", "minute")


def test_a_new_reference_is_looked_at(catalogue):
    identities, model = Identities(), LinearRegression().fit(FRAME, TARGET)
    assert identities.of(model, FRAME).model == "LinearRegression"
    catalogue([AIR_TIME])
    assert identities.of(model, FRAME).model == "air-time"


def test_a_warm_up_call_does_not_name_a_model_for_good(catalogue):
    catalogue([OTHER, AIR_TIME])
    identities, model = Identities(), Bare()
    assert identities.of(model, np.zeros((1, 2))).model == "Bare"
    assert identities.of(model, FRAME).model == "air-time"
    assert identities.of(model, np.zeros((1, 2))).model == "air-time"


def test_equal_estimators_are_different_models():
    """Nor need they be hashable."""

    class Equal(BaseEstimator):
        def __eq__(self, other):
            return True

        __hash__ = None

    identities, first, second = Identities(), Equal(), Equal()
    second.__ml_model_name__ = "second"
    assert [identities.of(model, None).model for model in (first, second)] == ["Equal", "second"]


def test_no_estimator_is_kept_alive():
    identities, model = Identities(), Bare()
    identities.of(model, None)
    assert len(identities._found) == 1
    del model
    gc.collect()
    assert len(identities._found) == 0
