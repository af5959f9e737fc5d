"""When a distance becomes an alarm, and when the alarm is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.evaluation import Evaluation, Subject
from driftmeter.drift.ring import Counts
from driftmeter.stats.null import psi_threshold
from driftmeter.stats.special import check_alpha

Flags = NDArray[np.bool_]


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


class Verdict(NamedTuple):
    """What the rule says of each column: the limit of its PSI, and whether its alarm is raised."""

    thresholds: Floats
    alarms: Flags


class NullLawRule:
    """Raises an alarm where the PSI is beyond what chance gives; clears it where chance would do.

    Without drift PSI follows (1/n + 1/m) chi-square(B - 1), with B the bins that either side has filled. An alarm is
    raised above that law's quantile for `alpha` and cleared below the one for `alpha_clear`; between the two it
    stays as it is, so that a value at the limit does not ring and hush by turns.

    Args:
        alpha: probability that one look at one undrifted column raises an alarm.
        alpha_clear: the same for the lower limit, at least `alpha`.

    Raises:
        ValueError: probabilities outside (0, 1), or a lower limit above the upper.

    """

    statistic = "psi"

    def __init__(self, alpha: float = 1e-6, alpha_clear: float = 0.01) -> None:
        check_alpha(alpha)
        check_alpha(alpha_clear)
        self.alpha, self.alpha_clear = alpha, max(alpha, alpha_clear)

    def judge(self, found: Evaluation, n_reference: Counts, enough: Flags, alarms: Flags) -> Verdict:
        """The alarms after this evaluation; a column with too few rows keeps its state.

        Args:
            found: the evaluation of the window.
            n_reference: rows of the reference, shape (F,).
            enough: which columns have enough rows to judge, shape (F,).
            alarms: which alarms were raised before, shape (F,).

        """
        bins = np.maximum(found.bins, 1)
        upper = np.asarray(psi_threshold(n_reference, found.rows, bins, self.alpha))
        lower = np.asarray(psi_threshold(n_reference, found.rows, bins, self.alpha_clear))
        value = found.values[self.statistic]
        with np.errstate(invalid="ignore"):
            now = np.where(alarms, value > lower, value > upper)
        return Verdict(upper, np.where(enough, now, alarms))
