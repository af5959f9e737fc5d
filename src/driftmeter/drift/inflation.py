"""By how much more the mean score of a stretch of rows varies than that of independent rows, in the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from driftmeter.columns import Floats
from driftmeter.drift.scores import VALUES, Scores
from driftmeter.drift.variation import Pane

_MOST_ALIKE: Final = 0.9


class Inflation(NamedTuple):
    """Arrays of shape (F,)."""

    factor: Floats
    """The variance of a mean of many rows over that of independent rows, as it was found: by chance below 1."""
    freedom: Floats
    """Of how many independent stretches that was learnt, less one; infinite where it was not learnt."""

    def evidence(self, nats: float) -> Floats:
        """The evidence, in nats as if rows were independent and their variance known, that is worth so many nats.

        Evidence grows with the square of a mean over its variance. Where the variance is `factor` times as large, as
        much less is proven; where it was itself estimated, the square follows Snedecor's F law, whose tail
        (1 + 2 x/v)^(-v/2) takes the place of exp(-x) (Student, "The probable error of a mean", 1908). It is never less
        than what independent rows are asked for.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            learnt = self.freedom / 2 * np.expm1(2 * nats / self.freedom)
        return np.maximum(nats, np.where(np.isinf(self.freedom), nats, self.factor * learnt))


def no_inflation(columns: int) -> Inflation:
    """Of rows that nobody said anything about: they count as independent."""
    return Inflation(np.ones(columns), np.full(columns, np.inf))


def inflation(scores: Scores, laws: Floats, panes: Sequence[Sequence[Pane]]) -> Inflation:
    """What the means of the reference's consecutive panes show, and how much each resembles the next.

    For means of many panes the variance of a pane's is multiplied by (1 + r)/(1 - r), as in a first-order chain with
    the correlation r between neighbours.

    Args:
        scores: of F numeric columns.
        laws: of their scores in the whole reference, shape (F, 7).
        panes: counts by bin, pane after pane, of each column.

    """
    means = laws @ VALUES
    variances = np.maximum(laws @ VALUES**2 - means**2, 1e-300)
    factor, freedom = np.ones(len(means)), np.ones(len(means))
    for place, (by_bin, each) in enumerate(zip(scores.by_bin, panes, strict=True)):
        counts = np.array(each, np.float64)
        counts = counts[counts.sum(axis=1) > 0]
        rows = counts.sum(axis=1)
        moved = (counts @ by_bin / rows - means[place]) * np.sqrt(rows / variances[place])
        own, following = float(moved @ moved), float(moved[1:] @ moved[:-1])
        alike = min(max(following / own, 0.0), _MOST_ALIKE) if own > 0 else 0.0
        longer = (1 + alike) / (1 - alike)
        factor[place] = own / max(1, len(rows) - 1) * longer
        freedom[place] = max(1.0, len(rows) / longer - 1)
    return Inflation(factor, freedom)
