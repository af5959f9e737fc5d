"""What looks at the live rows of a model: windows, running sums, columns together; all share one budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from driftmeter.drift.binning import Binning
from driftmeter.drift.budget import Budget
from driftmeter.drift.evaluation import Evaluator
from driftmeter.drift.limits import Limits
from driftmeter.drift.multivariate.section import MultivariateReference
from driftmeter.drift.multivariate.watching import Together
from driftmeter.drift.natural import NaturalLaw
from driftmeter.drift.reference import Reference
from driftmeter.drift.rhythm.expectation import expectation
from driftmeter.drift.ring import Held
from driftmeter.drift.rule import BudgetRule
from driftmeter.drift.running import RunningView
from driftmeter.drift.scores import BLOCK
from driftmeter.drift.shifts import ShiftWatch
from driftmeter.drift.variation import Variation
from driftmeter.drift.view import View
from driftmeter.drift.windows import Window, WindowByRows, WindowByTime

Left: TypeAlias = Callable[[int, int], tuple[str, Held] | None]
"""Name and counts of what the window of that place is compared with, if rows came to it since a time."""


class Asked(NamedTuple):
    """What is to be watched, and how many false pages may come of it: see `DriftMonitor`."""

    windows: Sequence[Window]
    false_page_interval_s: float
    shares: int
    min_rows: int
    previous: bool
    older: Left | None
    multivariate: bool


class Watches:
    """Everything that takes in the rows of one model and may raise an alarm.

    The interval between false pages is divided evenly: one share for each window in each comparison, among them the
    one of columns together, and one for the running sums.

    Args:
        reference: of the model.
        asked: what is watched.
        running_s: how long rows have been coming.

    """

    def __init__(self, reference: Reference, asked: Asked, running_s: Callable[[], float]) -> None:
        self._reference, self._asked, self._running_s = reference, asked, running_s
        self._section = _section(reference) if asked.multivariate else None
        comparisons = 1 + asked.previous + (asked.older is not None) + (self._section is not None)
        self._shares = asked.shares * (len(asked.windows) * comparisons + 1)
        self.binning = Binning(reference)
        self.evaluator = Evaluator(self.binning)
        """Holds the whole reference."""
        self.expected = expectation(reference, self.binning, self.evaluator)
        self.running = RunningView(
            ShiftWatch(self.binning, self.expected, self._budget(WindowByRows(BLOCK, 1))), self.evaluator
        )
        self.views = self._views()
        self.together = None if self._section is None else self._together(self._section)

    def _views(self) -> list[View]:
        """One per window, each with what it is compared with."""
        asked, known = self._asked, self._reference.variation
        natural = between = self._natural(self.expected.variation)
        if self.expected.variation is not known:  # two windows differ by what each of them is expected to be
            between = self._natural(known)
        views = [
            View(
                window,
                self.binning,
                self.expected,
                rule=BudgetRule(_limits(window, natural), self._budget(window)),
                between=BudgetRule(_limits(window, between), self._budget(window)).between_windows(),
                min_rows=asked.min_rows,
                previous=asked.previous,
            )
            for window in asked.windows
        ]
        if asked.older is not None:
            for place, view in enumerate(views):
                view.compare(partial(asked.older, place))
        return views

    def _together(self, section: MultivariateReference) -> Together:
        asked, in_order = self._asked, self._reference.variation is not None
        return Together(self.binning, section, asked.windows, self._budget, asked.min_rows, in_order=in_order)

    def _budget(self, window: Window) -> Budget:
        interval_s = self._asked.false_page_interval_s
        return Budget(interval_s, window, shares=self._shares, running_s=self._running_s)

    def _natural(self, variation: Variation | None) -> NaturalLaw | None:
        return NaturalLaw(self.binning, variation) if variation is not None else None


def _section(reference: Reference) -> MultivariateReference | None:
    """What the reference knows of its columns together, if there are two or more of them."""
    section = reference.multivariate
    return section if section is not None and len(section.graders) > 1 else None


def _limits(window: Window, natural: NaturalLaw | None) -> Limits:
    if natural is None:
        return Limits()
    if isinstance(window, WindowByTime):
        return Limits(natural, natural.length_of_time(window.duration_s))
    return Limits(natural, natural.length_of_rows(window.rows))
