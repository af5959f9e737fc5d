"""The live side of a model: rows come in, windows slide over them, alarms change, readers take snapshots."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Columns
from driftmeter.drift.alarms import AlarmChange
from driftmeter.drift.binning import Batch
from driftmeter.drift.budget import MONTH_S
from driftmeter.drift.evaluation import Subject
from driftmeter.drift.readings import Look, Reading
from driftmeter.drift.reference import Reference
from driftmeter.drift.ring import Counts, Held
from driftmeter.drift.sliding import SegmentCounts
from driftmeter.drift.view import MIN_ROWS
from driftmeter.drift.watches import Asked, Watches
from driftmeter.drift.windows import Window, WindowByTime
from driftmeter.threads import breathing


class Observation(NamedTuple):
    """How many rows ever fell into one bin of one column: adds up over processes."""

    kind: Subject
    name: str
    bin: str
    rows: int


class Share(NamedTuple):
    """The reference's share of one bin of one column."""

    kind: Subject
    name: str
    bin: str
    share: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a monitor had to say at one moment.

    Attributes:
        readings: statistics of every window with enough rows.
        rows: rows seen so far.

    """

    readings: tuple[Reading, ...]
    rows: int


SILENT_S: Final = 86_400.0
"""A monitor has nothing to say when no row came for so long, or for its longest window by time if that is longer."""

Older: TypeAlias = "Callable[[], Iterable[tuple[str, DriftMonitor]]]"


class DriftMonitor:
    """Holds the live rows of one model and version against its reference.

    One thread observes; any thread reads. At each completed pane only the alarm rule is computed; all statistics are
    computed when a reader asks, at most once per completed pane.

    Args:
        reference: of the model.
        windows: over which rows are looked at, with different names.
        false_page_interval_s: mean time between two looks that raise an alarm though nothing has drifted, over all
            columns, windows and comparisons; see `Budget`.
        shares: among how many monitors, this one included, that interval is divided.
        min_rows: live rows of a column below which it has no reading; a shorter window by rows needs to be full.
        clock: monotonic seconds; a window by time falls silent when nothing was observed for its whole duration,
            all else when nothing was for `SILENT_S`.
        previous: whether each window is also compared with the one that ended where it began.
        multivariate: whether numeric columns are also looked at together, where the reference knows them so.
        older: names and monitors of the versions before this one, the latest first, observed by the same thread; each
            window is also compared with the same window of the first of them that still has rows.

    Raises:
        ValueError: no windows, two of one name, a reference without columns, a probability outside (0, 1).

    >>> from driftmeter.drift import Reference, WindowByRows
    >>> reference = Reference.from_data({"age": list(range(100)) * 10}, model="demo")
    >>> monitor = DriftMonitor(reference, windows=[WindowByRows(200)])
    >>> changes = monitor.observe(Columns(["age"], 200, arrays=[[90] * 200]), None, 0)
    >>> [(change.name, change.statistic, change.raised, change.row) for change in changes]
    [('age', 'psi', True, 200), ('age', 'shift', True, 16), ('age', 'scale', True, 64)]

    """

    def __init__(
        self,
        reference: Reference,
        *,
        windows: Sequence[Window],
        false_page_interval_s: float = MONTH_S,
        shares: int = 1,
        min_rows: int = MIN_ROWS,
        clock: Callable[[], float] = time.monotonic,
        previous: bool = False,
        older: Older | None = None,
        multivariate: bool = False,
    ) -> None:
        names = [window.name for window in windows]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"windows are {names}; give at least one, and each length only once")
        self.reference = reference
        self.absent: Counter[str] = Counter()
        """Rows in which a column of the reference did not arrive, by column."""
        self.unknown = 0
        """Values of columns that the reference does not have."""
        self.late = 0
        """Rows that came too late for a window by time, summed over windows."""
        left = partial(_live, older) if older is not None else None
        self._asked = Asked(windows, false_page_interval_s, shares, min_rows, previous, left, multivariate)
        self._clock, self._observed_ns = clock, 0
        self._started_s = self._observed_at = clock()
        self._silent_s = max([SILENT_S, *(each.duration_s for each in windows if isinstance(each, WindowByTime))])
        self._late_before, self._rows = 0, 0
        watches = self._begin()
        self._columns = watches.binning.columns
        bins = [
            (Share(*subject, name, count / max(1, column.n)), fillable)
            for subject, column in zip(watches.evaluator.subjects, self._columns, strict=True)
            for name, count, fillable in zip(column.bins, column.counts, column.fillable, strict=True)
        ]
        self._shares = [share for share, fillable in bins if fillable]
        self._told = np.flatnonzero([fillable for _, fillable in bins])
        self._totals: Counts = np.zeros(watches.binning.bins, np.int64)

    def _begin(self) -> Watches:
        """Windows and sums without rows."""
        started_s, clock = self._started_s, self._clock
        watches = Watches(self.reference, self._asked, running_s=lambda: clock() - started_s)
        self._latest: tuple[tuple[Look, ...], ...] = ((),) * len(watches.views)
        self._watches: Watches | None = watches
        return watches

    def rest(self) -> None:
        """Let go of all windows and sums, which are nearly all the memory of a monitor; the next row begins new ones.

        What was counted so far stays. On the observing thread.
        """
        self._watches, self._latest, self._late_before = None, (), self.late

    @property
    def resting(self) -> bool:
        """Whether it has let go of its windows, and no row came since."""
        return self._watches is None

    @property
    def idle_s(self) -> float:
        """Seconds since rows came, or since the beginning."""
        return self._clock() - self._observed_at

    @property
    def silent(self) -> bool:
        """Whether no row came for so long that what it last saw says nothing of today."""
        return self.idle_s > self._silent_s

    def observe(
        self, inputs: Columns | None, outputs: Columns | None, timestamps_ns: NDArray[np.int64] | int
    ) -> list[AlarmChange]:
        """Count live rows and look at every window of which a pane was completed.

        Columns without names are taken in the reference's order. A column that does not arrive, or with another
        number of rows than the inputs, is counted in `absent`; one that the reference does not have in `unknown`.

        Args:
            inputs: the model's inputs, or None.
            outputs: the model's outputs for the same rows, or None.
            timestamps_ns: time of each row, or one for all, nanoseconds since the epoch.

        Raises:
            ValueError: another number of times than rows.

        """
        first = inputs if inputs is not None else outputs
        if first is None or not first.rows:
            return []
        times = np.broadcast_to(np.asarray(timestamps_ns, np.int64), first.rows)
        watches = self._watches or self._begin()
        views, expected = watches.views, watches.expected
        batch = watches.binning.read(inputs, outputs, first.rows)
        cuts = {cut for view in views for cut in view.sliding.cuts(times)}
        counts = SegmentCounts(expected.counting(times), batch, cuts)
        changes = [change for view in breathing(views) for change in view.observe(times, counts, self._rows)]
        changes += watches.running.observe(batch, self._rows, views[0].head, expected.phases(times))
        if watches.together is not None:
            changes += watches.together.observe(batch, times, self._rows)
        self._tally(batch, counts(slice(0, batch.rows))[expected.ahead :])
        self._latest = tuple(view.latest for view in views)
        self.late = self._late_before + sum(view.sliding.late for view in views)
        self._observed_at, self._observed_ns = self._clock(), int(times[-1])
        return changes

    def readings(self) -> Snapshot:
        """The latest look at each window; from any thread."""
        watches, idle_s = self._watches, self.idle_s
        if watches is None or self.silent:
            return Snapshot((), self._rows)
        readings = [
            reading
            for view, looks in zip(watches.views, self._latest, strict=False)  # none is left if it rests just now
            if not view.expired(idle_s)
            for look in looks
            for reading in look.readings
        ]
        together = watches.together.readings(idle_s) if watches.together is not None else ()
        return Snapshot((*readings, *watches.running.readings(), *together), self._rows)

    def observations(self) -> list[Observation]:
        """How many rows ever fell into each bin, every bin from the start; from any thread."""
        totals = self._totals[self._told].tolist()
        return [Observation(*share[:3], rows) for share, rows in zip(self._shares, totals, strict=True)]

    def reference_shares(self) -> list[Share]:
        """The reference's share of each bin, in the same order as `observations`."""
        return self._shares.copy()

    @property
    def rows(self) -> int:
        """Rows seen so far."""
        return self._rows

    def held_since(self, place: int, since_ns: int) -> Held | None:
        """The counts of a window as they stand, None where no row came since a time; on the observing thread."""
        watches = self._watches
        if watches is None or not self._rows or self._observed_ns < since_ns:
            return None
        return watches.views[place].held

    def _tally(self, batch: Batch, counts: Counts) -> None:
        self._rows += batch.rows
        self._totals = self._totals + counts[: self._totals.size]  # a new array: a reader keeps a whole one
        self.unknown += batch.unknown * batch.rows
        for place in batch.absent:
            self.absent[self._columns[place].name] += batch.rows


def _live(older: Older, place: int, since_ns: int) -> tuple[str, Held] | None:
    for version, monitor in older():
        if (held := monitor.held_since(place, since_ns)) is not None:
            return f"version:{version}", held
    return None
