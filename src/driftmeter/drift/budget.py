"""How rare a false alarm must be at one look, so that false pages stay as rare as was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from driftmeter.drift.windows import Window, WindowByTime

MONTH_S: Final = 30 * 86_400.0
"""The mean time between false pages of one model unless told otherwise."""

SHORTEST_S: Final = 3600.0
"""Traffic is told from at least so much time: the first seconds of a process say little of the month."""

_LONGEST_HALVINGS: Final = 900
LEAST_HALVINGS: Final = 14
"""However few looks an interval has, one look is no page below four standard errors: 2^-14 is their probability.
A budget is a ceiling, not a licence: where looks are rare it would let pass what seasons, small samples and laws that
are only nearly right bring about."""

_FEWEST_HALVINGS: Final = 2


class Budget:
    """What each look of one window may spend of the false pages of a model.

    One false page per interval, over all windows and columns of the model in this process, is shared out evenly:
    first among the windows and what each is compared with, then among the looks that a window takes in an interval.
    A window by time takes one look per pane. A window by rows takes as many as rows come: interval x traffic / rows of
    a pane, with the traffic of the model so far, rows over running time. Since a limit grows with the logarithm of
    the number of looks only, a traffic that is off by a factor of two moves it by some per cent; it is therefore taken
    in powers of two, rounded so that less is spent than was granted.

    Looks of overlapping panes are counted as if each could page by itself (the union bound): their chances overlap,
    so that the budget is kept with room to spare.

    Args:
        interval_s: mean time between two false pages of the model.
        window: whose looks are counted.
        shares: among how many windows and comparisons the interval is divided.
        running_s: how long rows have been coming.

    Raises:
        ValueError: an interval below a minute, or not finite.

    >>> from driftmeter.drift.windows import WindowByTime
    >>> budget = Budget(30 * 86_400, WindowByTime(3600), shares=1, running_s=lambda: 0.0)
    >>> budget.halvings(rows=0)  # 5,760 looks a month need 2^-13 each, evidence needs more
    14

    """

    def __init__(self, interval_s: float, window: Window, *, shares: int, running_s: Callable[[], float]) -> None:
        if not (60 <= interval_s < math.inf):
            raise ValueError(
                f"false pages every {interval_s} s cannot be told from noise; give an interval of a minute or more,"
                " such as 30d"
            )
        self._interval_s, self._shares, self._window, self._running_s = interval_s, shares, window, running_s

    def looks(self, rows: int) -> float:
        """How many looks the window takes in an interval, if rows keep coming as they did until this one."""
        if isinstance(self._window, WindowByTime):
            return self._interval_s * self._window.panes / self._window.duration_s
        return self._interval_s * rows / max(self._running_s(), SHORTEST_S) / self._window.pane_rows

    def halvings(self, rows: int) -> int:
        """The probability of a false page at one look, as a power of a half."""
        needed = math.ceil(math.log2(max(1.0, self.looks(rows)) * self._shares))
        return min(max(needed, LEAST_HALVINGS), _LONGEST_HALVINGS)


class FixedChance:
    """A probability per look that does not depend on any traffic, for data that is looked at once.

    >>> FixedChance(1e-6).halvings(rows=5)
    20

    """

    def __init__(self, alpha: float) -> None:
        if not isinstance(alpha, float | int | np.floating) or not 0 < alpha < 0.5:
            raise ValueError(f"alpha is {alpha!r}; a false-alarm probability lies between 0 and 0.5, for example 0.001")
        self._halvings = min(max(math.ceil(-math.log2(alpha)), _FEWEST_HALVINGS), _LONGEST_HALVINGS)

    def halvings(self, rows: int) -> int:  # noqa: ARG002  # as of a budget
        """The probability, as a power of a half, rounded down."""
        return self._halvings
