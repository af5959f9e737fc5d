"""What a reference expects of a window: always the same, or what its rows' hours or months show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.binning import Batch, Binning, Rows
from driftmeter.drift.evaluation import Evaluator
from driftmeter.drift.reference import Reference
from driftmeter.drift.rhythm.phases import PHASES, phases_of
from driftmeter.drift.rhythm.profile import Profile
from driftmeter.drift.rhythm.shrinking import Mixtures, Phases, shrunk
from driftmeter.drift.ring import Counts
from driftmeter.drift.sliding import Counting
from driftmeter.drift.variation import Variation

SELF_TAUGHT: Final = 0.5
"""Where a stretch of the reference makes up more than so much of what is expected of it, each phase was met about once:
nothing tells its rhythm from what else varied."""

_SECOND_NS: Final = 10**9


class Expectation(Protocol):
    """Knows what to count of rows, and what to hold them against."""

    size: int
    """Length of the vectors of counts."""
    ahead: int
    """How much of them comes before the bins and cells of the binning."""
    variation: Variation | None
    """How the reference varied about what was expected of it."""
    whole: Evaluator
    """Holds the whole reference."""
    by_phase: Sequence[Phases]
    """Each column of the binning by phase; nothing where it is always the same."""

    def phases(self, times_ns: NDArray[np.int64]) -> NDArray[np.intp] | None:
        """The phase of each row, None where it is always the same."""

    def counting(self, times_ns: NDArray[np.int64]) -> Counting:
        """What counts the rows of a batch, given the time of each."""

    def evaluator(self, counts: Counts) -> Evaluator:
        """Holds what is expected of rows with these counts, of which the beginning is enough, up to the bins."""


def expectation(reference: Reference, binning: Binning, evaluator: Evaluator) -> Expectation:
    """What a reference expects, by its profile if it has one."""
    if reference.profile is None:
        return Steady(reference, binning, evaluator)
    return Rhythmic(reference, reference.profile, binning, evaluator)


class Steady:
    """The whole reference, at all times."""

    def __init__(self, reference: Reference, binning: Binning, evaluator: Evaluator) -> None:
        self.size, self.ahead, self.variation = binning.size, 0, reference.variation
        self._binning, self.whole = binning, evaluator
        self.by_phase: Sequence[Phases] = ()

    def phases(self, times_ns: NDArray[np.int64]) -> None:
        """There are none."""

    def counting(self, times_ns: NDArray[np.int64]) -> Counting:  # noqa: ARG002  # at all times
        """The binning alone."""
        return self._binning

    def evaluator(self, counts: Counts) -> Evaluator:  # noqa: ARG002  # of all rows
        """Holds the whole reference."""
        return self.whole


class Rhythmic:
    """The mean of a profile's phases, weighted by the rows that came in each.

    Counts begin with the rows per phase. Bins are held against that mean, fine cells against the whole.

    Args:
        reference: of the binning.
        profile: its own.
        binning: the layout of the counts.
        evaluator: holds the whole reference.

    """

    def __init__(self, reference: Reference, profile: Profile, binning: Binning, evaluator: Evaluator) -> None:
        self._binning, self.whole, self._period = binning, evaluator, profile.period
        self._phases = PHASES[profile.period]
        columns = {column.name: shrunk(np.array(profile.counts[column.name])) for column in binning.columns}
        self.by_phase: Sequence[Phases] = tuple(columns.values())
        self._mixtures = Mixtures(self.by_phase)
        self._sizes = [stop - start for start, stop in binning.slices]
        self._cells = binning.reference_counts()[binning.bins :]
        self.size, self.ahead = binning.size + self._phases, self._phases
        self.variation = reference.variation and _about(columns, profile, reference.variation)

    def phases(self, times_ns: NDArray[np.int64]) -> NDArray[np.intp]:
        """The hour of the week or the month of each row."""
        return phases_of(times_ns // _SECOND_NS, self._period)

    def counting(self, times_ns: NDArray[np.int64]) -> Counting:
        """The binning, and the phases of these rows."""
        return WithPhases(self._binning, self.phases(times_ns), self._phases)

    def evaluator(self, counts: Counts) -> Evaluator:
        """Holds the mean of the phases that the rows came in."""
        rows = counts[: self.ahead]
        if not rows.any():
            return self.whole
        weights = rows / rows.sum()
        known = np.repeat(self._mixtures.effective_rows(weights), self._sizes)
        bins = np.rint(self._mixtures.shares(weights) * known).astype(np.int64)
        return self.whole.against(bins, lambda: np.concatenate([bins, self._cells]))


class WithPhases:
    """Counts rows by phase, at the beginning of the vector, and by bin."""

    def __init__(self, binning: Binning, phases: NDArray[np.intp], number: int) -> None:
        self._binning, self._phases, self._number = binning, phases, number

    def count(self, batch: Batch, rows: Rows, /) -> Counts:
        """The counts of some rows of a batch."""
        return self._before(self._binning.count(batch, rows), rows)

    def count_each(self, batch: Batch, bounds: Sequence[int], /) -> list[Counts]:
        """The counts of the rows between each two bounds."""
        parts = (slice(start, stop) for start, stop in pairwise(bounds))
        return list(map(self._before, self._binning.count_each(batch, bounds), parts))

    def _before(self, counts: Counts, rows: Rows) -> Counts:
        return np.concatenate([np.bincount(self._phases[rows], minlength=self._number), counts])


def _about(columns: dict[str, Phases], profile: Profile, variation: Variation) -> Variation:
    """The variation of a reference with its rhythm taken out: panes moved by what is expected of them.

    What a pane itself contributed to its expectation hides a part of how far it lies from it, and is allowed for. Where
    phases were met about once that cannot be done, and the variation stays what it is.
    """
    rows = np.array(profile.panes, np.float64)
    if len(rows) != variation.panes:
        return variation
    leverage = {name: np.array([phases.leverage(pane) for pane in rows]) for name, phases in columns.items()}
    if max(float(each.mean()) for each in leverage.values()) > SELF_TAUGHT:
        return variation
    weights = rows / np.maximum(rows.sum(axis=1), 1)[:, None]
    moved = {
        name: _moved(np.array(panes), weights @ columns[name].shares, leverage[name])
        for name, panes in variation.counts.items()
    }
    return Variation(variation.time, variation.start, variation.end, variation.duration_s, moved)


def _moved(panes: Counts, expected: Floats, leverage: Floats) -> tuple[tuple[int, ...], ...]:
    rows = np.maximum(panes.sum(axis=1), 1)[:, None]
    whole = panes.sum(axis=0) / max(1, panes.sum())
    apart = (panes / rows - expected) / (1 - np.minimum(leverage, SELF_TAUGHT))[:, None]
    shares = np.maximum(whole + apart, 0.0)
    shares /= np.maximum(shares.sum(axis=1), 1e-300)[:, None]
    return tuple(map(tuple, np.rint(shares * rows).astype(np.int64).tolist()))
