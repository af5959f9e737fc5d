"""The live side of a model: rows come in, windows slide over them, alarms change, readers take snapshots."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

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
from driftmeter.drift.windows import Window


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
        clock: monotonic seconds; a window by time falls silent when nothing was observed for its whole duration.
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
        started_s = clock()
        left = partial(_live, older) if older is not None else None
        asked = Asked(windows, false_page_interval_s, shares, min_rows, previous, left, multivariate)
        watches = Watches(reference, asked, running_s=lambda: clock() - started_s)
        self._binning, self._evaluator, self._expected = watches.binning, watches.evaluator, watches.expected
        self._views, self._running, self._together = watches.views, watches.running, watches.together
        self._bins = [column.bins for column in self._binning.columns]
        self._totals: Counts = np.zeros(self._binning.bins, np.int64)
        self._rows = 0
        self._clock, self._observed_at = clock, started_s
        self._observed_ns = 0
        self._latest: tuple[tuple[Look, ...], ...] = ((),) * len(self._views)

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
        batch = self._binning.read(inputs, outputs, first.rows)
        cuts = {cut for view in self._views for cut in view.sliding.cuts(times)}
        counts = SegmentCounts(self._expected.counting(times), batch, cuts)
        changes = [change for view in self._views for change in view.observe(times, counts, self._rows)]
        changes += self._running.observe(batch, self._rows, self._views[0].head, self._expected.phases(times))
        if self._together is not None:
            changes += self._together.observe(batch, times, self._rows)
        self._tally(batch, counts(slice(0, batch.rows))[self._expected.ahead :])
        self._latest = tuple(view.latest for view in self._views)
        self._observed_at, self._observed_ns = self._clock(), int(times[-1])
        return changes

    def readings(self) -> Snapshot:
        """The latest look at each window; from any thread."""
        idle_s = self._clock() - self._observed_at
        readings = [
            reading
            for view, looks in zip(self._views, self._latest, strict=True)
            if not view.expired(idle_s)
            for look in looks
            for reading in look.readings
        ]
        together = self._together.readings(idle_s) if self._together is not None else ()
        return Snapshot((*readings, *self._running.readings(), *together), self._rows)

    def observations(self) -> list[Observation]:
        """How many rows ever fell into each bin, every bin from the start; from any thread."""
        totals = self._totals.tolist()
        return [Observation(*at, rows) for at, rows in zip(self._places(), totals, strict=True)]

    def reference_shares(self) -> list[Share]:
        """The reference's share of each bin, in the same order as `observations`."""
        counts = self._binning.reference_counts()[: self._binning.bins]
        sizes = np.concatenate([np.full(len(column.counts), max(1, column.n)) for column in self._binning.columns])
        return [Share(*at, share) for at, share in zip(self._places(), (counts / sizes).tolist(), strict=True)]

    @property
    def rows(self) -> int:
        """Rows seen so far."""
        return self._rows

    @property
    def late(self) -> int:
        """Rows that came too late for a window by time, summed over windows."""
        return sum(view.sliding.late for view in self._views)

    def held_since(self, place: int, since_ns: int) -> Held | None:
        """The counts of a window as they stand, None where no row came since a time; on the observing thread."""
        return self._views[place].held if self._rows and self._observed_ns >= since_ns else None

    def _places(self) -> list[tuple[Subject, str, str]]:
        subjects = self._evaluator.subjects
        return [(*subject, name) for subject, names in zip(subjects, self._bins, strict=True) for name in names]

    def _tally(self, batch: Batch, counts: Counts) -> None:
        self._rows += batch.rows
        self._totals = self._totals + counts[: self._binning.bins]  # a new array: a reader keeps a whole one
        self.unknown += batch.unknown * batch.rows
        for place in batch.absent:
            self.absent[self._binning.columns[place].name] += batch.rows


def _live(older: Older, place: int, since_ns: int) -> tuple[str, Held] | None:
    for version, monitor in older():
        if (held := monitor.held_since(place, since_ns)) is not None:
            return f"version:{version}", held
    return None
