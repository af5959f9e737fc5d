"""What each phase of a profile is expected to look like, and how well that is known: phases with few rows borrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats


class Phases(NamedTuple):
    """One column by phase, P phases and B bins."""

    shares: Floats
    """Expected share of each bin, shape (P, B)."""
    rows: Floats
    """Rows of the reference in each phase, shape (P,)."""
    borrowed: float
    """Rows that each phase borrows from the whole; infinite where phases do not differ."""

    def leverage(self, rows: Floats) -> float:
        """What part of the expectation for a stretch of the reference is that stretch itself.

        Args:
            rows: of the stretch in each phase, shape (P,).

        """
        if np.isinf(self.borrowed) or not rows.any():
            return 0.0
        return float((rows / rows.sum() * rows / np.maximum(self.rows + self.borrowed, 1)).sum())


class Mixtures:
    """Means of the phases of F columns, weighted by the rows that came in each.

    Args:
        columns: their phases.

    """

    def __init__(self, columns: Sequence[Phases]) -> None:
        rows = np.stack([column.rows for column in columns], axis=1)
        borrowed = np.array([column.borrowed for column in columns])
        self._total = np.maximum(rows.sum(axis=0), 1)
        self._own = 1 / np.maximum(rows + borrowed, 1)
        with np.errstate(invalid="ignore"):
            self._from_whole = np.where(np.isinf(borrowed), 1.0, borrowed * self._own)
        self._shares = np.concatenate([column.shares for column in columns], axis=1)

    def shares(self, weights: Floats) -> Floats:
        """Expected shares of all bins, the columns end to end.

        Args:
            weights: of the phases, shape (P,), adding up to 1.

        """
        expected: Floats = weights @ self._shares
        return expected

    def effective_rows(self, weights: Floats) -> Floats:
        """How many independent rows would tell as much, shape (F,); arguments as `shares`."""
        from_whole = weights @ self._from_whole
        rows: Floats = 1 / (weights**2 @ self._own + from_whole**2 / self._total)
        return rows


def shrunk(counts: NDArray[np.int64]) -> Phases:
    """Shares by phase, drawn towards the whole as far as the phases differ by no more than chance.

    The variance between phases is the moment estimate of DerSimonian & Laird ("Meta-analysis in clinical trials",
    1986) on the chi-square of all bins together; a phase is then the mean of its own shares and of the whole's,
    weighted by how well each tells of it (Efron & Morris, "Stein's estimation rule and its competitors", 1973).

    Args:
        counts: of one column by phase and bin, shape (P, B).

    >>> found = shrunk(np.array([[90, 10], [10, 90], [0, 0]]))
    >>> found.shares.round(3).tolist(), round(found.borrowed, 2)
    ([[0.897, 0.103], [0.103, 0.897], [0.5, 0.5]], 0.79)

    """
    rows = counts.sum(axis=1).astype(np.float64)
    total, filled = float(rows.sum()), counts.sum(axis=0) > 0
    whole = counts.sum(axis=0) / max(1.0, total)
    met = rows > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(met[:, None], counts / rows[:, None], 0.0)
        square = np.where(filled, (own - whole) ** 2 / whole, 0.0)
    several, bins = int(met.sum()) - 1, int(filled.sum()) - 1
    between = 0.0
    if several > 0 and bins > 0:
        excess = float((rows * square.sum(axis=1)).sum()) - several * bins
        between = excess / (bins * (total - float((rows**2).sum()) / total))
    if between <= 0:
        return Phases(np.tile(whole, (len(rows), 1)), rows, np.inf)
    borrowed = 1 / between
    return Phases((counts + borrowed * whole) / (rows + borrowed)[:, None], rows, borrowed)
