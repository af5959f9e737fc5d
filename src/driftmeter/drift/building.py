"""Counting a reference from data that may be larger than memory: one pass to see it, one to count it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from driftmeter.columns import Column, Columns
from driftmeter.drift.batches import read_batch
from driftmeter.drift.column import KINDS, Asked, Kind, Role
from driftmeter.drift.counting import ColumnCounter
from driftmeter.drift.deriving.counting import PartialCounter
from driftmeter.drift.deriving.derivation import counted, expand, sources
from driftmeter.drift.deriving.learning import DERIVED_KINDS, Learning
from driftmeter.drift.edges import deserve_own_bins, quantile_edges, value_edges
from driftmeter.drift.multivariate.gathering import MAX_GRADED, MAX_SAMPLE, Gatherer
from driftmeter.drift.reference import Reference
from driftmeter.drift.rhythm.counting import ProfileCounter
from driftmeter.drift.scan import ColumnScan
from driftmeter.drift.storing import check_trained_at
from driftmeter.drift.time_panes import TimePanes
from driftmeter.stats.multivariate import Grader

SAMPLE = 200_000
"""Values kept per numeric column for its quantiles: their ranks are then off by 0.1 % at most times."""

MAX_LABELS = 100
"""Categories with a bin of their own; the rarer ones are counted as `other`."""


class ReferenceBuilder:
    """Builds a reference in two passes over chunks, in memory that does not grow with the data.

    Args:
        model: name of the model.
        version: of the model.
        outputs: names of the columns that the model puts out; the others are its inputs.
        columns: names of the columns to count beside `outputs`, None for all; as a mapping, it also says of which kind
            each is, None where the values are to tell.
        bins: quantile bins of a numeric column.
        trained_at: ISO 8601 time of training.
        like: a reference whose bins are to be used; then there is nothing to scan.
        sample: values kept per numeric column for its quantiles, None for all.
        time: name of a column of times; then the reference also records how it varied by itself, and the column is
            not counted unless `columns` names it.
        sample_rows: rows kept in the reference, see `Reference.from_data`.
        profile: likewise.

    Raises:
        ValueError: no model name, a name or version that is no text, fewer than 2 bins, an unknown kind, a time that is
            not ISO 8601, a sample of fewer than 0 or more than 5,000 rows, an unknown profile or one without `time`,
            `like` what is no reference.

    >>> chunks = [{"age": [31, 64]}, {"age": [64, None]}]
    >>> builder = ReferenceBuilder("demo")
    >>> for chunk in chunks:
    ...     builder.scan(chunk)
    >>> for chunk in chunks:
    ...     builder.count(chunk)
    >>> builder.build().columns["age"].shares
    {'31': 0.25, '[32,64)': 0.0, '64': 0.5, 'below': 0.0, 'above': 0.0, 'missing': 0.25, 'unseen': 0.0}

    """

    def __init__(
        self,
        model: str,
        version: str | None = None,
        *,
        outputs: Sequence[str] = (),
        columns: Sequence[str] | Mapping[str, Asked | None] | None = None,
        bins: int = 10,
        trained_at: str | None = None,
        like: Reference | None = None,
        sample: int | None = SAMPLE,
        time: str | None = None,
        sample_rows: int = 0,
        profile: str | None = None,
    ) -> None:
        _check(model, version, bins, trained_at, sample_rows)
        _check_beside(like, time, profile)
        self._model, self._version, self._trained_at = model, version, trained_at
        self._outputs = frozenset(_names("outputs", outputs))
        self._kinds = _kinds(columns)
        names = [*_names("columns", columns), *outputs]
        self._wanted = tuple(dict.fromkeys(names)) if columns is not None else None
        self._learning = Learning(self._kinds) if like is None else Learning.like(like.derivations)
        self._given: dict[str, None] = {}
        """Names of all columns of the data."""
        self._seen: dict[str, None] = {}
        self._bins, self._sample, self._like, self._sample_rows = bins, sample, like, sample_rows
        self._panes = TimePanes(time, sample) if time is not None else None
        self._profile = ProfileCounter(profile, time) if profile is not None and time is not None else None
        self._scans: dict[str, ColumnScan] = {}
        self._counters: dict[str, ColumnCounter] = {}
        self._gatherer: Gatherer | None = None
        self._scanned = self._counted = 0

    def scan(self, chunk: object) -> None:
        """First pass: see a chunk of any form that `from_data` takes.

        Raises:
            TypeError: a chunk without columns.
            ValueError: columns of different lengths, two of one name, or a scan after counting began.

        """
        if self._counters:
            raise ValueError("scan() after count(): scan every chunk first, then count every chunk again")
        table = read_batch(chunk, self._wanted)
        self._scanned += table.rows
        self._given |= dict.fromkeys(table.names)
        if self._panes is not None:
            self._panes.scan(_times(table, self._panes.name))
        for name in self._names_in(table):
            self._seen[name] = None
            for part, column in self._learning.scan(name, table.as_it_came(name)).items():
                self._scan_of(part).add(column)

    def count(self, chunk: object) -> None:
        """Second pass: count the same chunk into bins that now stand.

        Raises:
            TypeError: a chunk without columns.
            ValueError: columns of different lengths, two of one name, nothing scanned, a wanted column that no chunk
                had.

        """
        if not self._counters:
            self._counters = self._fixed()
            self._gatherer = self._together()
        table = expand(read_batch(chunk, self._wanted), self._learning.own)
        self._counted += table.rows
        for name, counter in self._counters.items():
            if name in table:
                counter.add(table.as_it_came(name))
        if self._gatherer is not None:
            self._gatherer.add(table)
        if self._panes is not None:
            watched = {name: table.as_it_came(name) for name in self._counters if name in table}
            times = _times(table, self._panes.name)
            panes = self._panes.count(times, watched, self._counters)
            if self._profile is not None:
                self._profile.count(times, panes, watched, self._counters)

    def build(self) -> Reference:
        """The finished reference.

        Raises:
            ValueError: no rows, no columns, or another number of rows in the second pass than in the first.

        """
        if not self._counted:
            raise ValueError("no rows were counted; a reference needs at least one (scan and count each chunk)")
        if not self._counters:
            raise ValueError("the data has no column to count; a reference needs at least one (besides that of `time`)")
        if self._like is None and self._scanned != self._counted:
            raise ValueError(
                f"the first pass saw {self._scanned} rows, the second {self._counted}; give both passes the same chunks"
            )
        columns = {
            name: counter.finished(name, self._role(name), rows=self._counted)
            for name, counter in self._counters.items()
        }
        variation = self._panes.finished() if self._panes is not None else None
        profile = self._profile.finished(variation.panes) if self._profile is not None and variation else None
        together = self._gatherer.finished() if self._gatherer is not None else None
        return Reference(
            self._model, self._version, columns, self._trained_at,
            variation=variation, profile=profile, multivariate=together, derivations=self._learning.derivations,
        )  # fmt: skip

    def _names_in(self, table: Columns) -> Sequence[str]:
        if self._like is not None:
            return ()
        if self._wanted is not None:
            return [name for name in self._wanted if name in table]
        return [name for name in table.names if self._panes is None or name != self._panes.name]

    def _scan_of(self, name: str) -> ColumnScan:
        if name not in self._scans:
            self._scans[name] = ColumnScan(name, self._sample, category=self._kinds.get(name) == "category")
        return self._scans[name]

    def _fixed(self) -> dict[str, ColumnCounter]:
        """A counter per column, with bins from the scan or from the reference to be like."""
        if self._like is not None:
            known = self._like.columns
            wanted = tuple(known) if self._wanted is None else counted(self._wanted, self._learning.derivations)
            self._require(wanted, known)
            return {name: ColumnCounter.like(known[name]) for name in wanted}
        wanted = tuple(self._seen) if self._wanted is None else self._wanted
        self._require((*wanted, *self._outputs), self._given)
        for name, column in self._learning.fit().items():
            self._scan_of(name).add(column)
        names = counted(wanted, self._learning.derivations)
        return {name: self._counter(name, self._scans[name]) for name in names}

    def _require(self, wanted: Iterable[str], known: Mapping[str, object]) -> None:
        lacking = sorted(set(wanted) - set(known))
        if lacking:
            raise ValueError(f"columns {lacking[:8]} are not in the data, which has {list(known)[:20]}")

    def _counter(self, name: str, scan: ColumnScan) -> ColumnCounter:
        asked = self._kinds.get(name)
        kind = _kind_of(scan) if asked is None or asked == "text" or asked == "vector" else asked  # noqa: PLR1714  # narrows
        if kind == "category":
            return ColumnCounter(kind, labels=scan.labels.ranked(MAX_LABELS), open_ended=True)
        counter = PartialCounter if name in self._learning.partial else ColumnCounter
        return counter(kind, edges=_edges(kind, scan, self._bins))

    def _together(self) -> Gatherer | None:
        """What looks at the columns together; None where there is one alone, or the reference to be like has none."""
        layout = [counter.finished(name, self._role(name), rows=0) for name, counter in self._counters.items()]
        in_order = self._panes is not None
        if self._like is not None:
            known = self._like.multivariate
            if known is None or not set(known.graders) <= set(self._counters):
                return None
            return Gatherer(layout, known.graders, self._sample_rows, known.projection, in_order=in_order)
        if len(layout) < 2 and not self._sample_rows:
            return None
        numeric = [column.name for column in layout if column.numeric][:MAX_GRADED]
        graders = {name: Grader.fit(self._scans[name].sampled()) for name in numeric}
        return Gatherer(layout, graders, self._sample_rows, None, in_order=in_order)

    def _role(self, name: str) -> Role:
        if self._like is not None:
            return self._like.columns[name].role
        [source] = sources([name], self._learning.derivations)
        return "output" if source in self._outputs else "input"


def _times(table: Columns, name: str) -> Column:
    if name not in table:
        raise ValueError(f"the time column {name!r} is not in the data, which has {list(table.names)[:20]}")
    return table[name]


def _kind_of(scan: ColumnScan) -> Kind:
    """What most of the column's values are; one without any value is a category without labels."""
    if scan.texts > scan.numbers or scan.low > scan.high:
        return "category"
    if scan.boolean:
        return "boolean"
    return "integer" if scan.integral else "numeric"


def _edges(kind: Kind, scan: ColumnScan, bins: int) -> tuple[float, ...]:
    if kind == "boolean":
        return (0.0, 1.0, 1.5)
    if scan.low > scan.high:
        raise ValueError(f"column {scan.name!r} is to be {kind} but has no finite number; leave its kind open")
    integral = scan.integral
    if scan.distinct is not None and deserve_own_bins(scan.distinct, scan.numbers, integral=integral):
        return value_edges(scan.distinct, integral=integral)
    return quantile_edges(scan.sampled(), bins, integral=integral, low=scan.low, high=scan.high)


def _kinds(columns: Sequence[str] | Mapping[str, Asked | None] | None) -> Mapping[str, Asked]:
    if not isinstance(columns, Mapping):
        return {}
    kinds = {name: kind for name, kind in columns.items() if kind is not None}
    for name, kind in kinds.items():
        if kind not in {*KINDS, *DERIVED_KINDS}:
            raise ValueError(f"column {name!r} is to be {kind!r}; kinds are {', '.join((*KINDS, *DERIVED_KINDS))}")
    return kinds


def _check(model: str, version: str | None, bins: int, trained_at: str | None, sample_rows: int) -> None:
    if not model:
        raise ValueError("the model's name is empty; give the name that predict() is called with")
    for name, given in (("model", model), ("version", version)):
        if not isinstance(given, str | None):
            raise ValueError(f"{name} is {given!r}; give text such as {str(given)!r}")  # noqa: TRY004  # the value is at fault
    if not isinstance(bins, int | np.integer) or not 2 <= bins <= 1000:
        raise ValueError(f"bins is {bins!r}; a numeric column needs 2 to 1000 quantile bins, usually 10")
    if not 0 <= sample_rows <= MAX_SAMPLE:
        raise ValueError(f"sample_rows is {sample_rows}; a reference keeps 0 to {MAX_SAMPLE} rows")
    check_trained_at(trained_at)


def _check_beside(like: object, time: str | None, profile: str | None) -> None:
    if like is not None and not isinstance(like, Reference):
        raise ValueError(f"like is of type {type(like).__name__}; give a Reference, say of Reference.load(path)")
    if profile is not None and time is None:
        raise ValueError(f"profile is {profile!r}, but there is no time column to tell it by; give `time` as well")


def _names(argument: str, given: Iterable[str] | None) -> list[str]:
    if isinstance(given, str):
        raise ValueError(f"{argument} is {given!r}, one name; give a list of names")  # noqa: TRY004  # a text is iterable
    return list(given or ())
