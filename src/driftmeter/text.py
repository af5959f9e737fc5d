"""Names and ids as others write them: any short scalar will do, nothing foreign is called.

One name that cannot be encoded costs a whole export of spans, events or metrics, so none goes out that was not here.
"""

from __future__ import annotations

import uuid
from typing import Any, cast

MAX_CHARACTERS = 256
MAX_BITS = 512


def as_text(given: object) -> str | None:
    r"""A name, version or id as text of bounded length that can be encoded; None for what is no text, number or UUID.

    >>> as_text(7), as_text("a\ud800"), as_text(object())
    ('7', 'a?', None)

    """
    if type(given) is str and given.isascii() and len(given) <= MAX_CHARACTERS:
        return given
    if isinstance(given, str):
        text = str.__str__(given)
    elif isinstance(given, int) and given.bit_length() <= MAX_BITS:
        text = str(given) if type(given) is bool else int.__repr__(given)
    elif isinstance(given, float):
        text = float.__repr__(given)
    elif type(given) is uuid.UUID:
        text = str(given)
    elif type(given).__module__ == "numpy" and getattr(given, "shape", None) == ():  # imported by others, if at all
        item: object = cast("Any", given).item()
        return None if type(item) is type(given) else as_text(item)
    else:
        return None
    return text[:MAX_CHARACTERS].encode(errors="replace").decode()
