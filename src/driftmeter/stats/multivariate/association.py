"""How strongly an input goes with the model's output, and whether that has changed: from tables of counts.

A table has one line per bin of the input and one column per bin of the output. Tables of parts add up to the table of
the whole.
"""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from driftmeter.stats.arrays import Floats
from driftmeter.stats.special import chi2_sf, normal_sf

Measure: TypeAlias = Literal["grade_correlation", "correlation_ratio", "cramers_v"]

MIN_ROWS: Final = 30
"""Fewer rows on a side are not tested."""

_EXPECTED: Final = 5.0
"""Cochran's (1954) rule: cells that expect fewer are counted together."""


class AssociationChange(NamedTuple):
    """The association of an input with an output, then and now."""

    measure: Measure
    reference: float
    """In [0, 1], the grade correlation in [-1, 1]; NaN where a side is constant or empty."""
    live: float
    statistic: float
    """z of the grade correlation; chi-square of the output's shares given the input else."""
    pvalue: float
    """That the association changes so much by chance; NaN where nothing can be tested."""


def association_change(
    reference: ArrayLike, live: ArrayLike, *, ordered_input: bool, ordered_output: bool, natural: float = 0.0
) -> AssociationChange:
    """Compare the association of an input with an output in a window to that in the reference.

    Two ordered (numeric) columns: Pearson's correlation of the bins' middle ranks in the reference, tested by
    Fisher's artanh with the distribution-free variance of Steiger & Hakstian (1982), pooled over both sides. Where one
    is a category: the correlation ratio, for two categories Cramer's V; both tested by `response_test`, because near 0
    neither has a usable law of its own.

    Args:
        reference: counts, shape (I, J): I bins of the input, J of the output, rising where ordered.
        live: counts over the same bins.
        ordered_input: whether the input's bins have an order.
        ordered_output: whether the output's bins have one.
        natural: variance of artanh(r) between the reference's own windows beyond chance, where both have an order; see
            `natural_variation`.

    Raises:
        ValueError: tables that are not 2-D, of different shape, or with counts below 0.

    >>> before, after = [[500, 500], [500, 500]], [[90, 10], [10, 90]]
    >>> found = association_change(before, after, ordered_input=True, ordered_output=True)
    >>> found.measure, round(found.reference, 6), round(found.live, 6), found.pvalue < 1e-9
    ('grade_correlation', 0.0, 0.8, True)
    """
    p, q = _table_pair(reference, live)
    if ordered_input and ordered_output:
        x, y = middle_ranks(p.sum(axis=1)), middle_ranks(p.sum(axis=0))
        z, pvalue = _fisher_test(p, q, x, y, natural)
        return AssociationChange("grade_correlation", table_correlation(p, x, y), table_correlation(q, x, y), z, pvalue)
    statistic, _, pvalue = response_test(p, q)
    if ordered_output or ordered_input:
        groups_p, groups_q = (p, q) if ordered_output else (p.T, q.T)
        scores = middle_ranks(groups_p.sum(axis=0))
        before, after = correlation_ratio(groups_p, scores), correlation_ratio(groups_q, scores)
        return AssociationChange("correlation_ratio", before, after, statistic, pvalue)
    return AssociationChange("cramers_v", cramers_v(p), cramers_v(q), statistic, pvalue)


class ResponseTest(NamedTuple):
    """A chi-square statistic, its degrees of freedom and its p-value."""

    statistic: float
    dof: int
    pvalue: float


def response_test(reference: ArrayLike, live: ArrayLike) -> ResponseTest:
    """Test whether the output's shares, given the input's bin, are the same on both sides.

    The sum over input bins of Pearson's chi-square of homogeneity of their output bins. A change of the input alone
    leaves it at rest. Within an input bin, output bins that expect fewer than 5 rows on a side are counted together;
    an input bin where fewer than two are left says nothing. NaN where no bin does, or where a side has fewer than 30
    rows.

    Source: Pearson (1900); Cochran, "Some methods for strengthening the common chi-square tests" (1954).

    >>> found = response_test([[500, 500], [900, 100]], [[60, 40], [10, 0]])
    >>> round(found.statistic, 3), found.dof
    (3.638, 1)
    """
    p, q = _table_pair(reference, live)
    if min(p.sum(), q.sum()) < MIN_ROWS:
        return ResponseTest(math.nan, 0, math.nan)
    statistic, dof = 0.0, 0
    for before, after in zip(p, q, strict=True):
        a, b = _with_enough_expected(before, after)
        if a.size < 2:
            continue
        expected = (a + b) * (b.sum() / (a.sum() + b.sum()))
        # Live and reference deviate by the same number of rows in each cell.
        statistic += float((np.square(b - expected) * (1 / expected + 1 / (a + b - expected))).sum())
        dof += a.size - 1
    return ResponseTest(statistic, dof, float(chi2_sf(statistic, dof)) if dof else math.nan)


def cramers_v(table: ArrayLike) -> float:
    """Cramer's V: sqrt(chi-square / (n (min(I, J) - 1))), over bins that are filled; in [0, 1].

    NaN where a side has one filled bin or none. Chance alone makes it about sqrt((I-1)(J-1) / (n (min(I,J) - 1))).

    Source: Cramer (1946). Equal to `scipy.stats.contingency.association(table, method="cramer")`.

    >>> cramers_v([[10, 0], [0, 10]])
    1.0
    """
    counts = _filled(_table(table))
    if min(counts.shape) < 2:
        return math.nan
    n = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    return math.sqrt(float((np.square(counts - expected) / expected).sum() / (n * (min(counts.shape) - 1))))


def correlation_ratio(table: ArrayLike, scores: Floats) -> float:
    """Eta: the share of the scores' standard deviation that lies between the table's lines; in [0, 1].

    sqrt(sum_i n_i (mean_i - mean)^2 / sum_ij n_ij (score_j - mean)^2). NaN where the scores do not vary.

    Args:
        table: counts, shape (I, J).
        scores: of the J columns, shape (J,).

    Source: Pearson (1905).

    >>> correlation_ratio([[10, 0], [0, 10]], np.array([1.0, 2.0]))
    1.0
    """
    counts = _table(table)
    sizes, n = counts.sum(axis=1), counts.sum()
    if not n:
        return math.nan
    centred = scores - counts.sum(axis=0) @ scores / n
    total = float(counts.sum(axis=0) @ np.square(centred))
    if total <= 1e-15 * n:
        return math.nan
    between = float((np.square(counts @ centred) / np.maximum(sizes, 1)).sum())
    return math.sqrt(min(1.0, between / total))


def table_correlation(table: ArrayLike, x: Floats, y: Floats) -> float:
    """Pearson's correlation of scored bins, in [-1, 1]; NaN where a side does not vary.

    Args:
        table: counts, shape (I, J).
        x: scores of its lines, shape (I,).
        y: scores of its columns, shape (J,).

    >>> table_correlation([[10, 0], [0, 10]], np.array([0.0, 1.0]), np.array([0.0, 5.0]))
    1.0
    """
    found = _standardised(_table(table), x, y)
    return math.nan if found is None else found[0]


def middle_ranks(counts: Floats) -> Floats:
    """The middle of each bin's ranks, from -1 to 1; rows at random have mean 0.

    >>> middle_ranks(np.array([1.0, 2.0, 1.0])).tolist()
    [-0.75, 0.0, 0.75]
    """
    total = max(float(counts.sum()), 1.0)
    ranks: Floats = (2 * np.cumsum(counts) - counts) / total - 1
    return ranks


def _fisher_test(p: Floats, q: Floats, x: Floats, y: Floats, natural: float) -> tuple[float, float]:
    before, after, pooled = (_standardised(table, x, y) for table in (p, q, p + q))
    n, m = float(p.sum()), float(q.sum())
    if before is None or after is None or pooled is None or min(n, m) < MIN_ROWS:
        return math.nan, math.nan
    r, u, v = pooled
    of_r = float(((p + q) * np.square(np.outer(u, v) - r / 2 * (u[:, None] ** 2 + v**2))).sum() / (n + m))
    gap = math.atanh(_inside(after[0])) - math.atanh(_inside(before[0]))
    if 1 - r * r < 1e-9 or of_r <= 0:
        return 0.0, 1.0
    z = gap / math.sqrt(of_r / (1 - r * r) ** 2 * (1 / (n - 3) + 1 / (m - 3)) + natural)
    return z, 2 * normal_sf(abs(z))


def _standardised(table: Floats, x: Floats, y: Floats) -> tuple[float, Floats, Floats] | None:
    """Correlation and the scores at mean 0 and variance 1; None where a side does not vary."""
    n = float(table.sum())
    if not n:
        return None
    lines, columns = table.sum(axis=1), table.sum(axis=0)
    u, v = x - lines @ x / n, y - columns @ y / n
    xx, yy = float(lines @ np.square(u)) / n, float(columns @ np.square(v)) / n
    if min(xx, yy) <= 1e-15:
        return None
    u, v = u / math.sqrt(xx), v / math.sqrt(yy)
    return min(1.0, max(-1.0, float(u @ table @ v) / n)), u, v


def _inside(r: float) -> float:
    return min(max(r, 1e-6 - 1), 1 - 1e-6)


def _with_enough_expected(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """The cells of one line, those that expect too few rows on the smaller side counted together."""
    both = before + after
    share = min(before.sum(), after.sum()) / max(both.sum(), 1.0)
    few = both * share < _EXPECTED
    a, b = (np.append(cells[~few], cells[few].sum()) for cells in (before, after))
    enough = (a + b) * share >= _EXPECTED
    return a[enough], b[enough]


def _filled(table: Floats) -> Floats:
    filled: Floats = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    return filled


def _table(table: ArrayLike) -> Floats:
    counts = np.asarray(table, np.float64)
    if counts.ndim != 2 or not (counts >= 0).all():
        raise ValueError(f"the table has shape {counts.shape}; give counts from 0, input bins x output bins")
    return counts


def _table_pair(reference: ArrayLike, live: ArrayLike) -> tuple[Floats, Floats]:
    p, q = _table(reference), _table(live)
    if p.shape != q.shape:
        raise ValueError(f"the tables have shapes {p.shape} and {q.shape}; count both sides over the same bins")
    return p, q
