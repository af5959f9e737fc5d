"""Names and ids as a source is given them; what is unusable is left out and counted."""

from __future__ import annotations

from collections.abc import Mapping

from driftmeter.pipeline import Guard
from driftmeter.text import as_text


def text_of(given: object, guard: Guard, place: str) -> str | None:
    r"""A name, version or id as text of bounded length that can be encoded; None for None.

    What is no text, number or UUID is counted under `place` and gives None.

    >>> text_of(7, Guard(), "sources.example"), text_of("a\ud800", Guard(), "sources.example")
    ('7', 'a?')

    """
    text = as_text(given)
    if text is None and given is not None:
        guard.faults.add(place)
    return text


def texts_of(given: object, guard: Guard, place: str) -> dict[str, str]:
    """Names and values of slices or tags; what is no mapping of texts is counted under `place` and left out."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        guard.faults.add(place)
        return {}
    pairs = [(text_of(key, guard, place), text_of(value, guard, place)) for key, value in given.items()]
    return {key: value for key, value in pairs if key is not None and value is not None}
