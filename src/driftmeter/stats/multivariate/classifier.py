"""A domain classifier: can a model tell the rows of a window from those of the reference?"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from driftmeter.stats.arrays import Bools, Floats, Ints
from driftmeter.stats.multivariate.auc import Auc, auc
from driftmeter.stats.multivariate.design import Design, MixedRows, design_of
from driftmeter.stats.multivariate.logistic import fit_logistic
from driftmeter.stats.special import normal_sf

MAX_ROWS: Final = 5000
"""Rows per side that are looked at; more are sampled."""

_PER_FOLD: Final = 4


class DomainDrift(NamedTuple):
    """How well a classifier tells live rows from reference rows."""

    auc: float
    """On rows that it was not trained on; 0.5 is not at all, 1 is always."""
    pvalue: float
    """That it does so well by chance, one-sided."""
    contributions: Floats
    """Per feature, numbers first, the standard deviation of its part of the log odds: how far it tells sides apart."""
    rows_reference: int
    """Rows of the reference looked at."""
    rows_live: int
    """Rows of the window looked at."""


def domain_classifier(
    reference: MixedRows,
    live: MixedRows,
    *,
    folds: int = 5,
    l2: float = 1.0,
    max_rows: int = MAX_ROWS,
    seed: int = 0,
) -> DomainDrift:
    """Train a logistic regression to tell two tables apart, and test it on rows that it has not seen.

    Rows are split at random into folds; each fold but the first is scored by a classifier trained on the folds before
    it. Given those, and without drift, its area under the ROC curve has Mann & Whitney's law with mean 1/2: so the
    standardised areas form a martingale, and their mean, weighted by precision, is normal with known variance. Scoring
    each fold by a classifier of all others would use more rows but make the areas depend on each other, and p-values
    too small.

    Being linear it sees shifts of means, of shares and of missing values; a change of spread or of correlation is for
    the other statistics.

    Args:
        reference: rows of the reference.
        live: rows of the window, with the same columns.
        folds: at least 2.
        l2: penalty of `fit_logistic`, on standardised columns.
        max_rows: rows per side to look at, sampled without replacement where there are more.
        seed: of the sample and the folds: the same rows give the same result.

    Returns:
        `DomainDrift`; area and p-value are NaN where a side has fewer than 4 rows per fold; 0.5 and 1 where no column
        varies.

    Raises:
        ValueError: fewer than 2 folds, or tables with different columns.

    Source: Friedman, "On multivariate goodness-of-fit and two-sample testing" (2003); Lopez-Paz & Oquab, "Revisiting
    classifier two-sample tests" (2017); Dawid, "The prequential approach" (1984) for scoring by the past alone.

    >>> rng = np.random.default_rng(0)
    >>> before, after = (MixedRows(rng.normal(shift, 1, (500, 2)), np.empty((500, 0), int)) for shift in (0, [1, 0]))
    >>> found = domain_classifier(before, after)
    >>> 0.7 < found.auc < 0.8, found.pvalue < 1e-9, int(found.contributions.argmax())
    (True, True, 0)
    """
    if folds < 2:
        raise ValueError(f"folds is {folds}; one to train on and one to test on make 2")
    if reference.numbers.shape[1:] != live.numbers.shape[1:] or reference.places.shape[1:] != live.places.shape[1:]:
        raise ValueError("the tables have different columns; give the same columns in the same order on both sides")
    rng = np.random.default_rng(seed)
    sides = [_sampled(side, max_rows, rng) for side in (reference, live)]
    sizes = [len(side) for side in sides]
    features = reference.numbers.shape[1] + reference.places.shape[1]
    if min(sizes) < _PER_FOLD * folds:
        return DomainDrift(math.nan, math.nan, np.full(features, np.nan), *sizes)
    design = design_of(sides)
    if not design.matrix.size:
        return DomainDrift(0.5, 1.0, np.zeros(features), *sizes)
    is_live = np.arange(sum(sizes)) >= sizes[0]
    fold = np.concatenate([rng.permutation(np.arange(size) % folds) for size in sizes])
    tested = [_tested(design, is_live, fold, k, l2) for k in range(1, folds)]
    return DomainDrift(*_together(tested), _contributions(design, is_live, l2, features), *sizes)


def _sampled(rows: MixedRows, limit: int, rng: np.random.Generator) -> MixedRows:
    return rows if len(rows) <= limit else rows.take(np.sort(rng.choice(len(rows), limit, replace=False)))


def _tested(design: Design, is_live: Bools, fold: Ints, k: int, l2: float) -> Auc:
    """The area on fold k of a classifier trained on the folds before it."""
    before, now = fold < k, fold == k
    odds = fit_logistic(design.matrix[before], is_live[before], l2=l2).log_odds(design.matrix[now])
    odds = np.round(odds, 10)  # rows that are equal tie, whatever the order of the sums
    return auc(odds[~is_live[now]], odds[is_live[now]])


def _together(areas: list[Auc]) -> tuple[float, float]:
    """Mean of the areas, weighted by precision, and its p-value."""
    told = [area for area in areas if area.null_std > 0]
    if not told:
        return 0.5, 1.0
    weights = np.array([area.null_std**-2 for area in told])
    value = float(weights @ np.array([area.value for area in told]) / weights.sum())
    return value, normal_sf((value - 0.5) * math.sqrt(float(weights.sum())))


def _contributions(design: Design, is_live: Bools, l2: float, features: int) -> Floats:
    parts = design.matrix * fit_logistic(design.matrix, is_live, l2=l2).coefficients
    return np.array([parts[:, design.features == feature].sum(axis=1).std() for feature in range(features)])
