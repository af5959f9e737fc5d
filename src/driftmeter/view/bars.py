"""Small drawings in one line of text: a bar against a limit, a plain bar, a sparkline."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from rich.text import Text

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"

CALM = "#5fb3b3"
LOUD = "#ec5f67"
QUIET = "#a7adba"
FAINT = "#4f5b66"
WARM = "#fac863"


def bar(share: float, width: int, *, colour: str = CALM) -> Text:
    """A bar of `share` (0 to 1) of `width` characters, exact to an eighth of one.

    >>> bar(0.5, 5).plain
    '██▌  '

    """
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    filled = "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
    return Text(filled.ljust(width), style=colour)


def thin_bar(share: float, width: int, *, colour: str = CALM) -> Text:
    """A line, heavy up to `share` of its width.

    >>> thin_bar(0.5, 4).plain
    '━━──'

    """
    filled = round(min(1.0, max(0.0, share)) * width)
    return Text("━" * filled, style=colour).append("─" * (width - filled), style=FAINT)


def limit_bar(value: float, limit: float, width: int, *, colour: str) -> Text:
    """A value beside its limit: the limit is a mark in the middle, whatever its size; the scale is logarithmic.

    Full left is a tenth of the limit, full right ten times the limit.

    >>> limit_bar(0.01, 0.1, 9, colour="red").plain
    '────┊────'
    >>> limit_bar(1.0, 0.1, 9, colour="red").plain
    '━━━━┿━━━━'

    """
    middle = width // 2
    ratio = value / limit if limit > 0 and value > 0 else 0.0
    share = min(1.0, max(0.0, (math.log10(ratio) + 1) / 2)) if ratio else 0.0
    filled = round(share * width)
    drawn = Text()
    for place in range(width):
        reached = place < filled
        mark = ("┿" if reached else "┊") if place == middle else ("━" if reached else "─")
        drawn.append(mark, style=colour if reached else QUIET if place == middle else FAINT)
    return drawn


def sparkline(values: Sequence[float], width: int) -> str:
    """The course of a value, newest at the right; where there are more values than places, each place shows its peak.

    >>> sparkline([0.0, 1.0, 2.0, 7.0], 4)
    '▁▂▃█'

    """
    if not values:
        return " " * width
    shown = _peaks(values, width)
    low, high = min(0.0, *shown), max(shown)
    reach = high - low or 1.0
    return "".join(_LEVELS[round((value - low) / reach * (len(_LEVELS) - 1))] for value in shown).rjust(width)


def _peaks(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    ends = [round(place * len(values) / width) for place in range(width + 1)]
    return [max(values[start:end]) for start, end in itertools.pairwise(ends)]
