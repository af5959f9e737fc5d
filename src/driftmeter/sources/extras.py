"""What is said of a call besides its values, in groups: a call pays for each attribute, and most need few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from driftmeter.sources.timestamp import Timestamp


class Extras(NamedTuple):
    """What is seldom said of a call."""

    id: str | None = None
    timestamp: Timestamp = None
    slices: Mapping[str, str] | None = None
    tags: Mapping[str, str] | None = None
    subject: object = None


class Watch(NamedTuple):
    """Who watches a call: a library, a source, and whether the values were handed over or merely seen."""

    framework: str | None = None
    source: str = "predict"
    handed_over: bool = True


NO_EXTRAS: Final = Extras()
HANDED_OVER: Final = Watch()
