"""By how much more the mean score of a stretch of rows varies than that of independent rows, in the reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.variation import Pane

_MOST_ALIKE: Final = 0.9

_EVIDENT: Final = 1.5
"""Standard errors. What this lets pass is less than what a variance that was estimated is allowed, see `evidence`."""


class Inflation(NamedTuple):
    """Arrays of shape (F,)."""

    factor: Floats
    """The variance of a mean of many rows over that of independent rows; 1 where it is not evidently larger."""
    freedom: Floats
    """Of how many independent stretches that was learnt, less one; infinite where it was not learnt."""

    def evidence(self, nats: float | Floats) -> Floats:
        """The evidence, in nats as if rows were independent and their variance known, that is worth so many nats.

        Evidence grows with the square of a mean over its variance. Where the variance is `factor` times as large, as
        much less is proven; where it was itself estimated, the square follows Snedecor's F law, whose tail
        (1 + 2 x/v)^(-v/2) takes the place of exp(-x) (Student, "The probable error of a mean", 1908). It is never less
        than what independent rows are asked for.

        Args:
            nats: a number, or an array whose last axis is the columns.

        """
        with np.errstate(invalid="ignore", over="ignore"):
            learnt = self.freedom / 2 * np.expm1(2 * nats / self.freedom)
        asked: Floats = np.where(np.isinf(self.freedom), nats, self.factor * learnt)
        return asked


def no_inflation(columns: int) -> Inflation:
    """Of rows that nobody said anything about: they count as independent."""
    return Inflation(np.ones(columns), np.full(columns, np.inf))


def inflation(
    by_bin: Sequence[NDArray[np.int64]], means: Floats, variances: Floats, panes: Sequence[Sequence[Pane]]
) -> Inflation:
    """What the means of the reference's consecutive panes show, and how much each resembles the next.

    For means of many panes the variance of a pane's is multiplied by (1 + r)/(1 - r), as in a first-order chain with
    the correlation r between neighbours. Rows count as independent unless the variance or r is evidently larger than
    theirs: else every reference of independent rows would be slow by as much as its panes happened to differ.

    Args:
        by_bin: the score of each bin, of F columns.
        means: of these scores in the whole reference, shape (F,).
        variances: of the scores of independent rows, shape (F,).
        panes: counts by bin, pane after pane, of each column.

    """
    variances = np.maximum(variances, 1e-300)
    found = []
    for place, (scores, each) in enumerate(zip(by_bin, panes, strict=True)):
        counts = np.array(each, np.float64)
        counts = counts[counts.sum(axis=1) > 0]
        rows = counts.sum(axis=1)
        found.append(_of_stretches((counts @ scores / rows - means[place]) * np.sqrt(rows / variances[place])))
    factor, freedom = np.array(found).reshape(-1, 2).T
    return Inflation(factor, freedom)


def _of_stretches(moved: Floats) -> tuple[float, float]:
    """Factor and freedom, from the means of consecutive stretches in standard errors of independent rows."""
    stretches, own, following = len(moved), float(moved @ moved), float(moved[1:] @ moved[:-1])
    freedom = max(1.0, stretches - 1.0)
    varied = own / freedom
    alike = min(max(following / own, 0.0), _MOST_ALIKE) if own > 0 else 0.0
    if max((varied - 1) * math.sqrt(freedom / 2), alike * math.sqrt(stretches)) < _EVIDENT:
        return 1.0, freedom
    longer = (1 + alike) / (1 - alike)
    return max(1.0, varied * longer), max(1.0, stretches / longer - 1)
