"""How an estimator's inputs and answers become columns."""

import numpy as np
import pandas as pd
import pytest
from opentelemetry import baggage, context
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from driftmeter.pipeline import Guard, catalogue

X = np.random.default_rng(0).normal(size=(40, 2))
Y = np.where(X[:, 0] > 0, "late", "punctual")
FRAME = pd.DataFrame(X, columns=["distance", "hour"])


def test_a_frame_brings_its_names(seen):
    LogisticRegression().fit(FRAME, Y).predict(FRAME[:3])
    (prediction,) = seen()
    assert prediction.inputs.names == ("distance", "hour")
    np.testing.assert_array_equal(prediction.inputs["hour"], X[:3, 1])
    assert list(prediction.outputs["0"]) == list(LogisticRegression().fit(FRAME, Y).predict(FRAME[:3]))
    assert not prediction.handed_over


def test_an_array_has_the_names_that_the_model_learned(seen):
    model = LinearRegression().fit(FRAME, X[:, 0])
    with pytest.warns(UserWarning, match="valid feature names"):
        model.predict(X[:3])
    (prediction,) = seen()
    assert prediction.inputs.names == ("distance", "hour")


def test_an_array_for_a_model_without_names_stays_without(seen):
    LinearRegression().fit(X, X[:, 0]).predict(X)
    assert seen()[0].inputs.positional


def test_a_wrong_number_of_columns_is_recorded_as_it_came(seen):
    seen.pipeline.guard.strict = False
    model = LinearRegression().fit(FRAME, X[:, 0])
    with pytest.raises(ValueError, match="features"), pytest.warns(UserWarning, match="valid feature names"):
        model.predict(np.ones((2, 5)))
    (prediction,) = seen()
    assert (prediction.inputs.width, prediction.batch_size, prediction.error_type) == (5, 2, "ValueError")
    assert seen.pipeline.guard.faults.counts() == {"columns.width": 1}


def test_scores_are_named_by_class(seen):
    scores = LogisticRegression().fit(X, Y).predict_proba(X[:4])
    (prediction,) = seen()
    assert prediction.outputs is None
    assert prediction.scores.names == ("late", "punctual")
    np.testing.assert_array_equal(prediction.scores["punctual"], scores[:, 1])


def test_a_decision_between_two_is_a_score_for_the_second(seen):
    LogisticRegression().fit(X, Y).decision_function(X[:4])
    assert seen()[0].scores.names == ("punctual",)


def test_scores_of_several_outputs_lie_side_by_side(seen):
    """The model gives a list with one array for each."""
    both = np.column_stack([Y, np.where(X[:, 1] > 0, "red", "blue")])
    scores = RandomForestClassifier(3).fit(X, both).predict_proba(X[:4])
    (prediction,) = seen()
    assert prediction.scores.names == ("0.late", "0.punctual", "1.blue", "1.red")
    np.testing.assert_array_equal(prediction.scores["1.red"], scores[1][:, 1])


def test_only_the_mean_of_a_mean_and_deviation_is_the_output(seen):
    mean, _ = GaussianProcessRegressor().fit(X, X[:, 0]).predict(X[:4], return_std=True)
    (prediction,) = seen()
    assert list(prediction.outputs["0"]) == list(mean)


def test_texts_are_rows(seen):
    """A flat list is one value per row for every estimator that takes one."""
    make_pipeline(CountVectorizer(), MultinomialNB()).fit(["red", "blue"], [0, 1]).predict(["red", "blue red", ""])
    (prediction,) = seen()
    assert (prediction.batch_size, list(prediction.inputs["0"])) == (3, ["red", "blue red", ""])


def test_a_sparse_matrix_is_counted_but_not_read(seen):
    MultinomialNB().fit(csr_matrix(np.abs(X)), Y).predict_proba(csr_matrix(np.abs(X[:5])))
    (prediction,) = seen()
    assert (prediction.inputs, prediction.batch_size) == (None, 5)


def test_an_empty_batch_is_a_prediction_of_no_rows(seen):
    class Echo(BaseEstimator):
        def predict(self, given):
            return given[:, 0]

    Echo().predict(X[:0])
    assert seen()[0].batch_size == 0


def test_inputs_that_cannot_be_read_cost_only_themselves(seen):
    seen.pipeline.guard.strict = False

    class Anything(BaseEstimator):
        def predict(self, given):
            return [1.0, 2.0]

    Anything().predict(object())
    Anything().predict(given=X)
    first, second = seen()
    assert (first.inputs, first.batch_size, list(first.outputs["0"])) == (None, 2, [1.0, 2.0])
    assert second.inputs is None  # an argument by a name of the user's own
    assert seen.pipeline.guard.faults.counts() == {"sources.inputs": 1}


@pytest.mark.parametrize(
    ("accepted", "given", "taken"),
    [
        (True, "order-7", True),
        (True, "x" * 128, True),
        (False, "order-7", False),
        (True, "x" * 129, False),
        (True, "order\n7", False),
        (True, "", False),
        (True, 7, False),
    ],
)
def test_an_id_comes_from_baggage_only_where_it_is_let_in(seen, accepted, given, taken):
    """The id of the caller: short, printable, and only if the setting says so."""
    catalogue.announce([], catalogue.Defaults(accept_baggage_id=accepted))
    token = context.attach(baggage.set_baggage("ml.prediction.id", given))
    try:
        LinearRegression().fit(X, X[:, 0]).predict(X)
    finally:
        context.detach(token)
    assert (seen()[0].id == given) is taken


def test_faults_are_counted_by_the_guard_that_reads():
    """The worker's, not the caller's: that is all there is when a record is written up."""
    from driftmeter.sources.sklearn.call import EstimatorCall
    from driftmeter.sources.sklearn.identity import identify

    call, guard = EstimatorCall(identify(BaseEstimator()), "predict", X), Guard()
    call.left = (X, object(), None)
    assert call.record(guard).inputs.rows == 40
    assert guard.faults.counts() == {"sources.outputs": 1}
