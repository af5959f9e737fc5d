"""When a distance becomes an alarm, and when the alarm is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.evaluation import Glance, Subject
from driftmeter.drift.ring import Counts
from driftmeter.stats.null import psi_threshold
from driftmeter.stats.special import check_alpha

Flags = NDArray[np.bool_]

REFERENCE: Final = "reference"
"""What a window is compared with unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm that was raised or cleared.

    Attributes:
        kind: "feature" or "output".
        name: of the column.
        statistic: the one that the rule looks at.
        window: name of the window.
        raised: True when the alarm was raised, False when it was cleared.
        value: of the statistic.
        threshold: what it was held against.
        p_value: probability of such a value without drift.
        window_rows: live rows of the column in the window.
        row: rows seen of the model when the alarm changed.
        row_in_batch: position in the observed batch of the row that completed the pane.
        against: what the window was compared with: "reference", "previous" or "version:<older>".

    """

    kind: Subject
    name: str
    statistic: str
    window: str
    raised: bool
    value: float
    threshold: float
    p_value: float
    window_rows: int
    row: int
    row_in_batch: int
    against: str = REFERENCE


class Standing(NamedTuple):
    """What is held against each of F columns in one window, arrays of shape (F,)."""

    alarms: Flags
    """Whether the alarm is raised."""
    suspects: Flags
    """Whether the last look was beyond the limit, but not far enough to raise the alarm by itself."""
    thresholds: Floats
    """The PSI that was the limit."""


class NullLawRule:
    """Raises an alarm where the PSI is beyond what chance gives; clears it where chance would do.

    Without drift PSI follows (1/n + 1/m) chi-square(B - 1), with B the bins that either side has filled. An alarm is
    raised above that law's quantile for `alpha`: at the first look if far above, else at the second in a row, since
    one window in thousands of real, undrifted traffic does graze the limit. It is cleared below the quantile for
    `alpha_clear`; between the two it stays as it is, so that a value at the limit does not ring and hush by turns.

    Args:
        alpha: probability that one look at one undrifted column is beyond the limit.
        alpha_clear: the same for the lower limit; taken as `alpha` where that is larger.

    Raises:
        ValueError: probabilities outside (0, 1).

    """

    statistic = "psi"
    far = 1.5
    """How many times the limit is so far above it that one look is enough."""

    def __init__(self, alpha: float = 1e-6, alpha_clear: float = 0.01) -> None:
        check_alpha(alpha)
        check_alpha(alpha_clear)
        self.alpha, self.alpha_clear = alpha, max(alpha, alpha_clear)

    def start(self, columns: int) -> Standing:
        """Nothing held against any column."""
        return Standing(np.zeros(columns, np.bool_), np.zeros(columns, np.bool_), np.full(columns, np.inf))

    def judge(self, seen: Glance, n_reference: Counts, enough: Flags, before: Standing) -> Standing:
        """The standing after one more look; a column with too few rows keeps its own.

        Args:
            seen: the window at this look.
            n_reference: rows of the reference, shape (F,).
            enough: which columns have enough rows to judge, shape (F,).
            before: the standing after the look before.

        """
        upper = self.thresholds(seen, n_reference)
        with np.errstate(invalid="ignore"):
            beyond = seen.psi > upper
            now = beyond & (before.suspects | (seen.psi > self.far * upper))
            if before.alarms.any():
                now = np.where(before.alarms, seen.psi > self._limits(seen, n_reference, self.alpha_clear), now)
        return Standing(np.where(enough, now, before.alarms), np.where(enough, beyond, before.suspects), upper)

    def thresholds(self, seen: Glance, n_reference: Counts) -> Floats:
        """The PSI of each column that chance exceeds with probability `alpha`, shape (F,)."""
        return self._limits(seen, n_reference, self.alpha)

    def _limits(self, seen: Glance, n_reference: Counts, alpha: float) -> Floats:
        return np.asarray(psi_threshold(n_reference, seen.rows, np.maximum(seen.bins, 1), alpha))
