"""Logistic regression with an L2 penalty, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from driftmeter.stats.arrays import Bools, Floats

_STEPS: Final = 100
_HALVINGS: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class LogisticModel:
    """log odds = intercept + x coefficients.

    Attributes:
        intercept: a float.
        coefficients: shape (P,).

    """

    intercept: float
    coefficients: Floats

    def log_odds(self, design: Floats) -> Floats:
        """Log odds of each row of a design matrix, shape (n,)."""
        odds: Floats = self.intercept + design @ self.coefficients
        return odds


def fit_logistic(design: Floats, positive: Bools, *, l2: float = 1.0) -> LogisticModel:
    """Minimise sum log(1 + exp(-y f)) + l2/2 |coefficients|^2; the intercept is not penalised.

    Newton's method (iteratively reweighted least squares), steps halved while they do not descend. The penalty makes
    the minimum finite and unique, also where columns are collinear, outnumber the rows, or separate the classes.

    Args:
        design: float64 of shape (n, P), finite and of moderate size (standardised).
        positive: the class of each row, shape (n,), both present.
        l2: weight of the penalty, above 0; scikit-learn's `LogisticRegression` has C = 1 / l2.

    Raises:
        ValueError: one class only, or a penalty that is not above 0.

    Source: Hastie, Tibshirani & Friedman, "The elements of statistical learning" (2009), section 4.4.

    >>> model = fit_logistic(np.array([[-1.0], [-0.5], [0.5], [1.0]]), np.array([False, False, True, True]))
    >>> round(float(model.coefficients[0]), 3)
    0.944
    """
    if positive.all() or not positive.any():
        raise ValueError("all rows are of one class; a classifier needs rows of both")
    if not l2 > 0:
        raise ValueError(f"l2 is {l2}; without a penalty above 0 the minimum need not be finite")
    padded = np.column_stack([np.ones(len(design)), design])
    penalty = np.full(padded.shape[1], l2)
    penalty[0] = 0.0
    weights = np.zeros(padded.shape[1])
    loss = _loss(padded, positive, weights, penalty)
    for _ in range(_STEPS):
        step = _newton_step(padded, positive, weights, penalty)
        for _ in range(_HALVINGS):
            following = _loss(padded, positive, weights + step, penalty)
            if following <= loss:
                break
            step = step / 2
        else:
            break
        weights, loss = weights + step, following
        if np.abs(step).max() <= 1e-10 * max(1.0, float(np.abs(weights).max())):
            break
    return LogisticModel(float(weights[0]), weights[1:])


def _newton_step(padded: Floats, positive: Bools, weights: Floats, penalty: Floats) -> Floats:
    probability = 0.5 * (1 + np.tanh(padded @ weights / 2))  # the logistic function, without overflow
    gradient = padded.T @ (positive - probability) - penalty * weights
    curvature = (padded * (probability * (1 - probability))[:, None]).T @ padded
    curvature[np.diag_indices_from(curvature)] += np.maximum(penalty, 1e-10)
    step: Floats = np.linalg.solve(curvature, gradient).astype(np.float64, copy=False)
    return step


def _loss(padded: Floats, positive: Bools, weights: Floats, penalty: Floats) -> float:
    odds = padded @ weights
    return float(np.logaddexp(0.0, np.where(positive, -odds, odds)).sum() + penalty @ np.square(weights) / 2)
