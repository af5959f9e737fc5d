from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from driftmeter.stats.multivariate import fit_logistic

RNG = np.random.default_rng(1)


def _case(name):
    rows = RNG.normal(size=(300, 4))
    labels = RNG.random(300) < 1 / (1 + np.exp(-(rows @ [2, -1, 0, 0.5] + 1)))
    return {
        "ordinary": (rows, labels),
        "collinear": (rows[:, [0, 0, 1]], labels),
        "separated": (rows, rows[:, 0] > 0),
        "wide": (RNG.normal(size=(20, 60)), np.arange(20) % 2 == 0),
        "unbalanced": (rows, np.arange(300) < 3),
        "far": (rows * 100, labels),
    }[name]


@pytest.mark.parametrize("name", ["ordinary", "collinear", "separated", "wide", "unbalanced", "far"])
@pytest.mark.parametrize("l2", [0.1, 1.0, 30.0])
def test_the_minimum_equals_scikit_learn(name, l2):
    """To 1e-6 relative, where its own solver converges to 1e-10."""
    design, labels = _case(name)
    peer = LogisticRegression(C=1 / l2, tol=1e-10, max_iter=10_000, solver="newton-cholesky").fit(design, labels)
    found = fit_logistic(design, labels, l2=l2)
    size = np.abs(peer.coef_).max()
    assert found.coefficients == pytest.approx(peer.coef_[0], rel=1e-6, abs=1e-6 * size)
    assert found.intercept == pytest.approx(peer.intercept_[0], rel=1e-5, abs=1e-5)
    assert found.log_odds(design) == pytest.approx(peer.decision_function(design), rel=1e-5, abs=1e-5)


def test_rows_that_say_nothing_give_the_odds_of_the_classes():
    """A constant design: no coefficient, the intercept is the log odds."""
    model = fit_logistic(np.zeros((30, 2)), np.arange(30) < 10)
    assert model.coefficients.tolist() == [0, 0]
    assert model.intercept == pytest.approx(np.log(0.5))


def test_one_class_and_no_penalty_are_refused():
    with pytest.raises(ValueError, match="one class"):
        fit_logistic(np.zeros((3, 1)), np.ones(3, bool))
    with pytest.raises(ValueError, match="l2 is 0"):
        fit_logistic(np.zeros((2, 1)), np.array([True, False]), l2=0)
