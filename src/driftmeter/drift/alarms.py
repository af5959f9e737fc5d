"""What an alarm is: its change, told once, and its standing, kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.evaluation import Subject

Flags = NDArray[np.bool_]

REFERENCE: Final = "reference"
"""What a window is compared with unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm that was raised or cleared.

    Attributes:
        kind: "feature" or "output", or "multivariate" for what columns show together.
        name: of the column, or of what they show: "correlation", "reconstruction".
        statistic: the one that the rule looks at.
        window: name of the window.
        raised: True when the alarm was raised, False when it was cleared.
        value: of the statistic.
        threshold: what it was held against.
        p_value: probability of such a value without drift in one column at one look; never less than 1e-300.
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
    bins: tuple[tuple[str, float], ...] = ()
    """Names of the bins that moved the value most, with their shares of it; they are told when an alarm is raised."""
    columns: tuple[str, ...] = ()
    """Where columns are looked at together, those that moved most; the pair of a correlation."""


class Standing(NamedTuple):
    """What is held against each of F columns in one window, arrays of shape (F,)."""

    alarms: Flags
    """Whether the alarm is raised."""
    suspects: NDArray[np.uint8] | Flags
    """Not 0 where one of the last looks was beyond the limit, but not far enough to raise the alarm by itself."""
    thresholds: Floats
    """The PSI that was the limit."""
