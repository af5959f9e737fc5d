"""The phases of a rhythm: which hour of the week, or which month, a time falls into."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Period: TypeAlias = Literal["hour-of-week", "month"]

PHASES: Final = MappingProxyType({"hour-of-week": 168, "month": 12})
"""How many phases a period has."""

_HOUR_S: Final = 3600
_THURSDAY: Final = 72
"""The hour of the week at which the epoch began, counted from Monday."""


def phases_of(times_s: NDArray[np.int64], period: Period) -> NDArray[np.intp]:
    """The phase of each time, in UTC: 0 is Monday from 0 to 1 o'clock, or January.

    Args:
        times_s: whole seconds since the epoch.
        period: which rhythm.

    >>> phases_of(np.array([0, 4 * 86_400, -1]), "hour-of-week").tolist()
    [72, 0, 71]
    >>> phases_of(np.array([0, 40 * 86_400, -1]), "month").tolist()
    [0, 1, 11]

    """
    if period == "hour-of-week":
        return ((times_s // _HOUR_S + _THURSDAY) % PHASES[period]).astype(np.intp)
    months = times_s.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return (months % PHASES[period]).astype(np.intp)


def as_period(name: object) -> Period:
    """Check the name of a period.

    Raises:
        ValueError: another one.

    """
    if name not in PHASES:
        raise ValueError(f"profile is {name!r}; a profile is by {' or '.join(PHASES)}")
    return cast("Period", name)
