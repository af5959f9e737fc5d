"""What is recorded of real estimators, and what is not."""

import inspect
import multiprocessing
import pickle

import cloudpickle
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier, StackingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import driftmeter
from driftmeter.pipeline import Pipeline, current
from driftmeter.sources.call import surrounding
from driftmeter.sources.sklearn import watching

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


class Own(ClassifierMixin, BaseEstimator):
    """A user's estimator, created before anything is watched, that predicts while it learns."""

    def fit(self, inputs, targets):
        self.inner_ = LogisticRegression().fit(inputs, targets)
        self.classes_ = np.unique(self.inner_.predict(inputs))
        return self

    def predict(self, inputs):
        return self.inner_.predict(inputs)


def operations(predictions):
    return [(prediction.model, prediction.operation) for prediction in predictions]


def own_kind():
    """A user's estimator, created while watched."""

    class Later(RegressorMixin, BaseEstimator):
        def fit(self, inputs, targets):
            self.inner_ = LinearRegression().fit(inputs, targets)
            return self

        def predict(self, inputs, extra=1):
            return self.inner_.predict(inputs) * extra

    return Later


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        HistGradientBoostingRegressor(max_iter=3, early_stopping=True),
        Own(),
        RandomForestClassifier(5, n_jobs=2),
        GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2),
        StackingClassifier([("a", LogisticRegression()), ("b", Own())], cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_one_call_is_one_prediction(seen, model):
    """However many estimators, threads and bases work inside; and training is none."""
    model.fit(X, Y)
    assert seen() == []
    model.predict(X[:7])
    assert [(p.model, p.batch_size, p.source) for p in seen()] == [(type(model).__name__, 7, "sklearn")]


def test_a_pipeline_is_named_after_its_last_step(seen):
    make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y).predict(X)
    assert operations(seen()) == [("Pipeline(LogisticRegression)", "predict")]


def test_a_class_created_later_is_watched(seen):
    own_kind()().fit(X, Y).predict(inputs=X[:2], extra=3)
    assert operations(seen()) == [("Later", "predict")]


def test_every_way_to_ask_is_an_operation_of_its_own(seen):
    model = LogisticRegression().fit(X, Y)
    for operation in watching.RECORDED:
        getattr(model, operation)(X)
    assert [prediction.operation for prediction in seen()] == list(watching.RECORDED)


@pytest.mark.parametrize(
    "evaluate",
    [
        lambda: LogisticRegression().fit(X, Y).score(X, Y),
        lambda: cross_val_score(Own(), X, Y, scoring="accuracy"),
        lambda: cross_val_predict(LogisticRegression(), X, Y, method="predict_proba"),
        lambda: learning_curve(LogisticRegression(), X, Y, cv=2, shuffle=True, random_state=0),
        lambda: permutation_importance(Own().fit(X, Y), X, Y, scoring="accuracy", n_repeats=1),
        lambda: get_scorer("roc_auc")(LogisticRegression().fit(X, Y), X, Y),
        lambda: GridSearchCV(Own(), {}, cv=2, scoring=["accuracy", "f1"], refit="f1").fit(X, Y),
        lambda: SGDClassifier().partial_fit(X, Y, classes=[0, 1]),
    ],
    ids=[
        "score",
        "cross_val_score",
        "cross_val_predict",
        "learning_curve",
        "importance",
        "scorer",
        "search",
        "partial",
    ],
)
def test_learning_and_judging_are_not_predicting(seen, evaluate):
    evaluate()
    assert seen() == []


def test_what_a_fit_transform_predicts_is_not_recorded(seen):
    """Also where scikit-learn wraps the method itself, to set its output."""

    class Residual(TransformerMixin, BaseEstimator):
        def fit_transform(self, inputs, targets):
            return targets - LinearRegression().fit(inputs, targets).predict(inputs)

    assert Residual().fit_transform(X, Y).shape == Y.shape
    assert seen() == []


def test_a_call_inside_of_predict_belongs_to_it(seen):
    """The user's own words win over what instrumentation sees."""
    model = LogisticRegression().fit(X, Y)
    with driftmeter.predict("mine", inputs=X) as call:
        call.outputs = model.predict(X)
    assert [(p.model, p.source) for p in seen()] == [("mine", "predict")]


def test_what_the_model_raises_passes_unchanged(seen):
    error = KeyError("unchanged")

    class Broken(BaseEstimator):
        def predict(self, inputs):
            raise error

    with pytest.raises(KeyError) as raised:
        Broken().predict(X)
    assert raised.value is error
    assert [p.error_type for p in seen()] == ["KeyError"]


def test_what_the_model_returns_is_the_very_same_object(seen):
    class Constant(BaseEstimator):
        def predict(self, inputs):
            return ANSWER

    ANSWER = ["a", "b"]  # noqa: N806
    assert Constant().predict(X) is ANSWER


def test_a_fault_of_telemetry_never_reaches_the_model(seen, monkeypatch):
    """Not even one that comes before there is a pipeline."""
    model = LogisticRegression().fit(X, Y)
    current.install(None)
    monkeypatch.setattr(current, "RECIPE", ("driftmeter.runtime", "no such recipe"))
    assert model.predict(X).shape == Y.shape
    assert surrounding() is None


@pytest.mark.slow
def test_methods_can_be_sent_to_other_processes(seen):
    """By name, as multiprocessing does it: to processes that watch nothing."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (there,) = pool.map(model.predict, [X])
    np.testing.assert_array_equal(there, model.predict(X))


def test_a_watched_class_can_be_pickled_by_value(seen):
    """As joblib does it with the classes of notebooks and scripts."""
    model = own_kind()().fit(X, Y)
    there = cloudpickle.loads(cloudpickle.dumps(model))
    np.testing.assert_array_equal(there.predict(X), model.predict(X))
    pickle.dumps(LogisticRegression().fit(X, Y).predict)


def test_an_unavailable_method_stays_unavailable(seen):
    """`hasattr` is how others find out what a model can do."""
    search = GridSearchCV(LinearRegression(), {})
    assert not hasattr(search, "predict_proba")
    assert not hasattr(make_pipeline(LinearRegression()), "predict_proba")
    assert hasattr(make_pipeline(LogisticRegression()), "predict_proba")
    assert not hasattr(SGDClassifier(loss="hinge"), "predict_proba")


def test_signatures_stay(seen):
    """scikit-learn routes metadata by them."""
    assert list(inspect.signature(own_kind().predict).parameters) == ["self", "inputs", "extra"]


def test_other_libraries_built_on_it_are_named(seen):
    kind = type("XGBRegressor", (BaseEstimator,), {"__module__": "xgboost.sklearn", "predict": lambda _, given: given})
    kind().predict(X)
    type("Mine", (kind,), {})().predict(X)
    LogisticRegression().fit(X, Y).predict(X)
    assert [p.framework for p in seen()] == ["xgboost", "xgboost", "scikit-learn"]


def test_undoing_leaves_no_trace(seen):
    """Every function is the one that scikit-learn defined, and what somebody still holds records nothing."""
    driftmeter.uninstrument()
    kinds = [*RandomForestClassifier.__mro__[:-1], *GridSearchCV.__mro__[:-1], Own, *LogisticRegression.__mro__[:-1]]
    before, conditional = [dict(vars(kind)) for kind in kinds], conditional_predict(GridSearchCV)
    model = LogisticRegression().fit(X, Y)
    driftmeter.instrument()
    driftmeter.instrument()
    assert [dict(vars(kind)) for kind in kinds] != before
    assert conditional_predict(GridSearchCV) is not conditional
    held = model.predict
    driftmeter.uninstrument()
    assert [dict(vars(kind)) for kind in kinds] == before
    assert conditional_predict(GridSearchCV) is conditional
    held(X)
    model.predict(X)
    assert seen() == []


def conditional_predict(kind):
    return inspect.getattr_static(kind, "predict").fn


def test_watching_twice_records_once(seen):
    driftmeter.instrument("sklearn")
    LogisticRegression().fit(X, Y).predict(X)
    assert len(seen()) == 1


def test_a_hook_of_the_base_class_itself_is_kept():
    """A later scikit-learn may define one where this one inherits it."""
    created = []

    class Base:
        @classmethod
        def __init_subclass__(cls, **kwargs):
            created.append((cls.__name__, kwargs))

    from driftmeter.sources import sklearn

    own = vars(Base)["__init_subclass__"]
    sklearn._watch_all(Base)
    type("Child", (Base,), {"predict": lambda self, given: given}, flag=1)
    sklearn.uninstall()
    assert created == [("Child", {"flag": 1})]
    assert vars(Base)["__init_subclass__"] is own


def test_classes_that_are_gone_are_not_kept_alive(seen):
    """Programs may create estimator classes as they go."""
    import gc
    import weakref

    gone = weakref.ref(own_kind())
    gc.collect()
    assert gone() is None


def test_no_pipeline_no_fault():
    """Unwatched estimators do not ask for one."""
    before = current.install(Pipeline())
    LogisticRegression().fit(X, Y).predict(X)
    assert current.install(before).buffer.weight_bytes == 0
