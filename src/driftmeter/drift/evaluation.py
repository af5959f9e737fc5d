"""Every statistic of one window, for all columns of a reference at once."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from driftmeter.columns import Floats
from driftmeter.drift.bin_names import TAILS
from driftmeter.drift.binning import Binning
from driftmeter.drift.ring import Counts
from driftmeter.stats.by_column import BesideBins, Bins, Cells, Padding
from driftmeter.stats.distances import log_ratio, shares
from driftmeter.stats.null import psi_pvalue
from driftmeter.stats.special import chi2_sf

Subject: TypeAlias = Literal["feature", "output", "multivariate"]

STATISTICS: Final = ("psi", "js", "kl", "chi2", "ks", "wasserstein", "missing", "out_of_range", "unseen")
"""KL(reference || live) in nats, JS as a distance in base 2, Wasserstein in the column's unit; the last are rates."""

MOST_MOVED: Final = 3
"""Bins that an alarm names."""

SMALLEST_MOVE: Final = 0.05
"""Share of the PSI below which a bin is not worth naming."""

_BELOW, _ABOVE, _MISSING, _UNSEEN = (place - len(TAILS) for place in range(len(TAILS)))


@dataclass(frozen=True)
class Evaluation:
    """What one window says about each of the F columns of a reference.

    Attributes:
        subjects: kind and name of each column, in the order of all arrays.
        rows: live rows of each column in the window, shape (F,).
        values: by statistic, float64 of shape (F,), NaN where a column has none.

    """

    subjects: tuple[tuple[Subject, str], ...]
    rows: Counts
    values: dict[str, Floats]
    _to_p_values: Callable[[], dict[str, Floats]] = field(repr=False, compare=False)
    _kept: list[dict[str, Floats]] = field(default_factory=list, repr=False, compare=False)

    @property
    def p_values(self) -> dict[str, Floats]:
        """Likewise, of the statistics that have one; computed when first asked for, at a price like all statistics'."""
        if not self._kept:
            self._kept.append(self._to_p_values())
        return self._kept[0]


class Glance(NamedTuple):
    """What an alarm rule needs of a window, which costs a tenth of all statistics.

    Arrays of shape (F,), or (K, F) of K windows at once.
    """

    rows: Counts
    """Live rows of each column."""
    bins: Counts
    """Bins that either side has filled."""
    psi: Floats
    chi2: Floats
    """Of homogeneity: where bins are rare it is off to the other side than the PSI is."""

    def at(self, place: int) -> Glance:
        """One of K windows."""
        return Glance(*(values[place] for values in self))


class Evaluator:
    """Holds the left side of every statistic ready, and computes the live side in a few array operations.

    The left side is the reference's own counts, or other live ones: see `against`.

    PSI, JS, KL and chi-square compare the bins that either side has ever filled: a bin that both leave empty would
    only add its pseudo-counts. KS and Wasserstein compare the fine cells, with what lies below or above the
    reference's range moved to one more cell at its ends: how far beyond it lies is not counted.

    Args:
        binning: the layout of the counts.

    """

    def __init__(self, binning: Binning) -> None:
        self._binning = binning
        self._padding = Padding([stop - start for start, stop in binning.slices])
        self._ends = np.array([stop for _, stop in binning.slices])
        cells = max(1, binning.cells - 2)
        self._widths = np.array([column.edges[-1] / cells - column.edges[0] / cells for column in binning.numeric])
        self.subjects: tuple[tuple[Subject, str], ...] = tuple(
            ("feature" if column.role == "input" else "output", column.name) for column in binning.columns
        )
        own = binning.reference_counts()
        self._hold(own, lambda: own)

    def against(self, bins: Counts, whole: Callable[[], Counts]) -> Evaluator:
        """The same statistics with other counts in the reference's place.

        Args:
            bins: the beginning of a flat vector of them.
            whole: gives that vector, when and if somebody asks for what is told by cells.

        """
        other = copy(self)
        other._hold(bins, whole)  # noqa: SLF001  # one of this class
        return other

    def _hold(self, bins: Counts, whole: Callable[[], Counts]) -> None:
        self._whole = whole
        self._cells: Cells | None = None
        self._reference = self._padding(bins[: self._binning.bins])
        self._bins = Bins(self._reference)
        self.n_reference: Counts = self._reference.sum(axis=1)

    def glance(self, counts: Counts) -> Glance:
        """Only PSI and chi-square, the same as in `evaluate`.

        Args:
            counts: a flat vector or the beginning of one, as far as the bins go; or K of them, shape (K, n).

        """
        beside = self._beside(counts)
        return Glance(beside.rows.astype(np.int64), beside.bins, beside.psi(), beside.chi2())

    def moved(self, counts: Counts, place: int) -> tuple[tuple[str, float], ...]:
        """The bins of one column that moved its PSI most, the farthest first, each with its share of the PSI."""
        start, stop = self._binning.slices[place]
        reference, live = self._reference[place, : stop - start], counts[start:stop]
        pseudo = 0.5 * ((reference + live) > 0)
        p, q = shares(reference + pseudo), shares(live + pseudo)
        parts = (p - q) * log_ratio(p, q)
        parts = parts / max(float(parts.sum()), 1e-300)
        names, told = self._binning.columns[place].bins, np.argsort(-parts, kind="stable")[:MOST_MOVED].tolist()
        return tuple((names[at], float(parts[at])) for at in told if parts[at] >= SMALLEST_MOVE)

    def evaluate(self, counts: Counts) -> Evaluation:
        """Every statistic of `STATISTICS`, from a flat vector of live counts; columns without rows give NaN."""
        beside, lines = self._beside(counts), self._lines(counts)
        rows, cells = beside.rows.astype(np.int64), self._left_cells()
        on_cells = cells.compare(lines)
        values = {
            "psi": beside.psi(),
            "js": beside.js(),
            "kl": beside.kl(),
            "chi2": beside.chi2(),
            "ks": self._numbers_only(on_cells.ks),
            "wasserstein": self._numbers_only(on_cells.wasserstein),
        }
        with np.errstate(invalid="ignore"):
            values["missing"] = counts[self._ends + _MISSING] / rows
            ranged = self._ends[: len(self._binning.numeric)]
            beyond = counts[ranged + _BELOW] + counts[ranged + _ABOVE]
            values["out_of_range"] = self._numbers_only(beyond / rows[: ranged.size])
            values["unseen"] = counts[self._ends + _UNSEEN] / rows

        def p_values() -> dict[str, Floats]:
            filled = np.maximum(beside.bins, 1)
            return {
                "psi": np.asarray(psi_pvalue(values["psi"], self.n_reference, rows, filled)),
                "chi2": chi2_sf(values["chi2"], filled - 1),
                "ks": self._numbers_only(cells.ks_pvalues(on_cells)),
            }

        return Evaluation(self.subjects, rows, values, p_values)

    def _beside(self, counts: Counts) -> BesideBins:
        return self._bins.beside(self._padding(counts[..., : self._binning.bins]))

    def _left_cells(self) -> Cells:
        """Made when first asked for: the alarm rule does without."""
        if self._cells is None:
            self._cells = Cells(self._lines(self._whole()), self._widths)
        return self._cells

    def _numbers_only(self, values: Floats) -> Floats:
        """Values of the numeric columns, which come first, and NaN for the categories."""
        return np.concatenate([values, np.full(len(self.subjects) - values.size, np.nan)])

    def _lines(self, counts: Counts) -> Counts:
        return counts[self._binning.bins :].reshape(-1, max(1, self._binning.cells))
