"""Names and ids as others write them: any short scalar will do, nothing foreign is called."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import numpy as np

from driftmeter.pipeline import Guard

MAX_CHARACTERS = 256


def text_of(given: object, guard: Guard, place: str) -> str | None:
    r"""A name, version or id as text of bounded length that can be encoded; None for None.

    What is no text, number or UUID is counted under `place` and gives None.

    >>> text_of(7, Guard(), "sources.example"), text_of("a\ud800", Guard(), "sources.example")
    ('7', 'a?')

    """
    if given is None:
        return None
    if isinstance(given, str):
        text = str.__str__(given)
    elif isinstance(given, int | float | np.number | np.bool_) or type(given) is uuid.UUID:
        text = str(given)
    else:
        guard.faults.add(place)
        return None
    return text[:MAX_CHARACTERS].encode(errors="replace").decode()


def texts_of(given: object, guard: Guard, place: str) -> dict[str, str]:
    """Names and values of slices or tags; what is no mapping of texts is counted under `place` and left out."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        guard.faults.add(place)
        return {}
    pairs = [(text_of(key, guard, place), text_of(value, guard, place)) for key, value in given.items()]
    return {key: value for key, value in pairs if key is not None and value is not None}
