"""What a rule said about a case, and what is counted of it: false alarms, limits for a given rate, delays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Flags: TypeAlias = NDArray[np.bool_]
Span: TypeAlias = tuple[int, int]
"""The row after which an alarm was known, and the row after which it was over."""


class Rate(NamedTuple):
    """So many of so many."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        """Between 0 and 1, NaN of nothing."""
        return self.hits / self.of if self.of else math.nan

    def interval(self) -> tuple[float, float]:
        """95 % of Wilson ("Probable inference, the law of succession, and statistical inference", 1927)."""
        if not self.of:
            return (0.0, 1.0)
        z, n, p = 1.959964, self.of, self.hits / self.of
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (max(0.0, middle - half), min(1.0, middle + half))


class Verdict(Protocol):
    """What one rule said about one case, at any of its settings; `None` is the setting that it ships with."""

    def alarmed(self, setting: float | None) -> Flags:
        """Which windows had an alarm, shape (streams, windows)."""

    def delays(self, setting: float | None, onsets: Sequence[int], window: int) -> list[float]:
        """Rows from each stream's onset to the first alarm after it, infinite where there was none."""

    def setting_for(self, hits: int) -> float | None:
        """The loosest setting with at most so many windows with an alarm; NaN where no setting is strict enough."""


class Windowed:
    """A rule that looks at one window after the other: how far beyond its limit each column was, 1 being the limit.

    Its setting is another limit, as a multiple of the one that it ships with.

    Args:
        excess: shape (streams, looks, columns), NaN where the rule has nothing to say.
        window: rows of each look.
        step: rows from one look to the next, a whole part of the window; the window itself unless told otherwise.

    """

    def __init__(self, excess: Sequence[object], window: int, step: int | None = None) -> None:
        found = np.asarray(excess, np.float64)
        self.excess = np.nan_to_num(found, nan=-1.0, posinf=np.finfo(np.float64).max)
        self._worst = self.excess.max(axis=2)
        self._rows = window + (step or window) * np.arange(found.shape[1])
        firsts = np.flatnonzero(np.diff((self._rows - 1) // window, prepend=-1))
        self._by_window = np.maximum.reduceat(self._worst, firsts, axis=1)

    def alarmed(self, setting: float | None) -> Flags:
        """Which windows ended, or had an earlier look, with an alarm in any column, shape (streams, windows)."""
        return _beyond(self._by_window, setting)

    def delays(self, setting: float | None, onsets: Sequence[int], window: int) -> list[float]:  # noqa: ARG002
        """Rows from each stream's onset to the first look with an alarm after it."""
        found = []
        for flags, onset in zip(_beyond(self._worst, setting), onsets, strict=True):
            late = self._rows[flags & (self._rows > onset)]
            found.append(float(late[0] - onset) if late.size else math.inf)
        return found

    def setting_for(self, hits: int) -> float | None:
        """The limit that exactly so many windows exceed."""
        return float(np.sort(self._by_window, axis=None)[::-1][min(hits, self._by_window.size - 1)])


def _beyond(excess: NDArray[np.float64], setting: float | None) -> Flags:
    flags: Flags = excess >= 1 if setting is None else excess > setting
    return flags


class Spanned:
    """A rule that keeps a state: at each of a few settings, when its alarms began and ended.

    Args:
        spans: by setting, loosest first; then by stream.
        default: the setting that it ships with.
        rows: live rows of each stream that it was shown.
        window: rows in which its alarms are counted.

    """

    def __init__(self, spans: Mapping[float, Sequence[Sequence[Span]]], default: float, rows: int, window: int) -> None:
        self._spans, self._default, self._rows, self._window = spans, default, rows, window

    def alarmed(self, setting: float | None) -> Flags:
        """Which windows had an alarm that began in them or stood from before, shape (streams, windows)."""
        ends = np.arange(self._window, self._rows + 1, self._window)
        streams = self._spans[self._default if setting is None else setting]
        return np.array([self._flags(spans, ends) for spans in streams]).reshape(len(streams), ends.size)

    def delays(self, setting: float | None, onsets: Sequence[int], window: int) -> list[float]:
        """Rows from each stream's onset to the first alarm that began after it.

        An alarm that stands since before the onset is known when the window of the onset is over.
        """
        streams = self._spans[self._default if setting is None else setting]
        return [_delay(spans, onset, window) for spans, onset in zip(streams, onsets, strict=False)]

    def setting_for(self, hits: int) -> float | None:
        """The first of the settings with at most so many windows with an alarm."""
        for setting in self._spans:
            if self.alarmed(setting).sum() <= hits:
                return setting
        return math.nan

    def pages(self) -> int:
        """How often its alarms were raised at its own setting, those of one look counted once."""
        return sum(len({began for began, _ in spans}) for spans in self._spans[self._default])

    def _flags(self, spans: Sequence[Span], ends: NDArray[np.int64]) -> Flags:
        flags = np.zeros(ends.size, np.bool_)
        for began, ended in spans:
            flags |= (began <= ends) & (ended > ends - self._window)
        return flags


def _delay(spans: Sequence[Span], onset: int, window: int) -> float:
    first = math.inf
    for began, ended in spans:
        if began > onset:
            first = min(first, began - onset)
        elif ended > onset:
            first = min(first, window - onset % window)
    return first


def median_delay(delays: Sequence[float]) -> float:
    """Half of the streams were found sooner; infinite where fewer than half were found."""
    return float(np.sort(delays)[(len(delays) - 1) // 2]) if delays else math.inf


def found_within(delays: Sequence[float], rows: int) -> Rate:
    """How many streams were found within so many rows."""
    return Rate(sum(delay <= rows for delay in delays), len(delays))
