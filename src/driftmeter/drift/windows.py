"""How far back the live side looks: the last so many rows, or the last so much time, in panes that slide out whole."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, TypeAlias

PANES: Final = 8
"""Panes per window unless told otherwise: drift shows within an eighth of a window, for eight times the memory."""

_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_FORM: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_WAY_OUT: Final = "write a number of rows such as 2000rows, or a duration such as 90s, 30m, 1h, 7d"


@dataclass(frozen=True)
class WindowByRows:
    """The last `rows` rows, looked at each time another pane of them is complete.

    Args:
        rows: length of the window.
        panes: how many equal panes it is made of; by default the largest number up to 8 that divides `rows`.

    Raises:
        ValueError: no rows, no panes, or panes that do not divide the rows.

    >>> window = WindowByRows(2000)
    >>> window.name, window.panes, window.pane_rows
    ('2000rows', 8, 250)

    """

    rows: int
    panes: int = 0

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise ValueError(f"a window of {self.rows} rows holds nothing; {_WAY_OUT}")
        if not self.panes:
            object.__setattr__(self, "panes", max(n for n in range(1, PANES + 1) if self.rows % n == 0))
        if self.panes < 1 or self.rows % self.panes:
            raise ValueError(f"{self.panes} panes do not divide {self.rows} rows; choose a number of panes that does")

    @property
    def name(self) -> str:
        """The metric attribute `ml.window`."""
        return f"{self.rows}rows"

    @property
    def pane_rows(self) -> int:
        """Rows per pane."""
        return self.rows // self.panes


@dataclass(frozen=True)
class WindowByTime:
    """The last `duration_s` seconds by the rows' own time, looked at each time another pane of them is over.

    Args:
        duration_s: length of the window in seconds, at least 1.
        panes: how many equal panes it is made of.

    Raises:
        ValueError: less than a second, more than ten years, or no panes.

    >>> WindowByTime(86_400).name, WindowByTime(90).name
    ('24h', '90s')

    """

    duration_s: float
    panes: int = PANES

    def __post_init__(self) -> None:
        if not (math.isfinite(self.duration_s) and 1 <= self.duration_s <= 10 * 366 * 86_400):
            raise ValueError(f"a window of {self.duration_s} s is not between 1 s and 10 years; {_WAY_OUT}")
        if self.panes < 1:
            raise ValueError(f"{self.panes} panes; a window has at least 1")

    @property
    def name(self) -> str:
        """The metric attribute `ml.window`."""
        for unit in ("h", "m"):
            if self.duration_s % _SECONDS[unit] == 0:
                return f"{int(self.duration_s // _SECONDS[unit])}{unit}"
        return f"{self.duration_s:.9f}".rstrip("0").rstrip(".") + "s"

    @property
    def pane_ns(self) -> int:
        """Nanoseconds per pane."""
        return math.ceil(self.duration_s * 1e9 / self.panes)


Window: TypeAlias = WindowByRows | WindowByTime


def parse_window(text: str, *, panes: int | None = None) -> Window:
    """Read a window from text: a number of rows ("2000", "1000rows") or a duration ("90s", "30m", "1h", "7d").

    Args:
        text: the window.
        panes: how many panes it is made of, None for the default.

    Raises:
        ValueError: anything else.

    >>> parse_window("1000rows").name, parse_window("1d").name
    ('1000rows', '24h')

    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"{text!r} is no window; {_WAY_OUT}")
    number, unit = form[1], form[2].lower()
    if unit in {"", "row", "rows"}:
        if not number.isdigit():
            raise ValueError(f"{text!r} is no whole number of rows; {_WAY_OUT}")
        return WindowByRows(int(number), panes or 0)
    if unit not in _SECONDS:
        raise ValueError(f"{text!r} has an unknown unit {unit!r}; {_WAY_OUT}")
    return WindowByTime(float(number) * _SECONDS[unit], panes or PANES)
