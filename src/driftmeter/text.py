"""Names and ids as others write them: any short scalar will do, nothing foreign is called.

One name that cannot be encoded costs a whole export of spans, events or metrics, so none goes out that was not here.
"""

from __future__ import annotations

import re
import uuid
from typing import Any, cast

MAX_CHARACTERS = 256
MAX_BITS = 512

_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(s|m|min|h|d)\s*", re.IGNORECASE)
_UNITS_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


def as_text(given: object) -> str | None:
    r"""A name, version or id as text of bounded length that can be encoded; None for what is no text, number or UUID.

    >>> as_text(7), as_text("a\ud800"), as_text(object())
    ('7', 'a?', None)

    """
    if type(given) is str and given.isascii() and len(given) <= MAX_CHARACTERS:
        return given
    kind = type(given)  # not `isinstance`, which asks the stranger for its class
    if issubclass(kind, str):
        text = str.__str__(cast("str", given))
    elif issubclass(kind, int) and int.bit_length(cast("int", given)) <= MAX_BITS:
        text = str(given) if kind is bool else int.__repr__(cast("int", given))
    elif issubclass(kind, float):
        text = float.__repr__(cast("float", given))
    elif kind is uuid.UUID:
        text = str(given)
    elif kind.__module__ == "numpy" and getattr(given, "shape", None) == ():  # imported by others, if at all
        item: object = cast("Any", given).item()
        return None if type(item) is kind else as_text(item)
    else:
        return None
    return text[:MAX_CHARACTERS].encode(errors="replace").decode()


def printable(text: str, most: int | None = None) -> str:
    r"""Foreign text for a terminal or page: escapes and writing directions are shown instead of obeyed.

    Args:
        text: a name or label.
        most: characters after which it is cut, None for all.

    >>> printable("\x1b[31m\u202eage"), printable("distance", most=5)
    ('\\x1b[31m\\u202eage', 'dist…')

    """
    told = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return told if most is None or len(told) <= most else f"{told[: most - 1]}…"


def parse_duration(text: str) -> float | None:
    """The seconds of a duration with its unit, s, m, min, h or d; None for what is none.

    >>> parse_duration("30d"), parse_duration("1.5 h"), parse_duration("30")
    (2592000.0, 5400.0, None)

    """
    form = _DURATION.fullmatch(text)
    return float(form[1]) * _UNITS_S[form[2].lower()] if form else None
