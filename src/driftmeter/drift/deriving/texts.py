"""Columns of free text: how long, of how many words, of which characters, and how many words are new."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from driftmeter.columns import Column
from driftmeter.drift.deriving.derivation import is_missing, with_unread

MAX_CHARACTERS: Final = 10_000
"""Of a text that are looked at; its length is told in full."""

MAX_TOKENS: Final = 256
"""Of a text that are looked up, the first ones."""

STATISTICS: Final = ("length", "tokens", "non_ascii", "digits", "unseen_tokens")

_TOKEN: Final = re.compile(r"\w+")
_DIGIT: Final = re.compile(r"\d")


class TextStatistics(NamedTuple):
    """What is told of one text; shares are NaN where there is nothing to have a share of."""

    length: float
    """Characters."""
    tokens: float
    """Runs of letters and digits among the first 10,000 characters."""
    non_ascii: float
    """Share of those characters that are not ASCII."""
    digits: float
    """Share of those characters that are digits."""
    unseen_tokens: float
    """Share of the first 256 tokens that are not among the reference's most frequent ones."""


MISSING: Final = TextStatistics(*(math.nan,) * len(STATISTICS))


@dataclass(frozen=True, slots=True)
class TextDerivation:
    """Statistics of a column of text.

    Attributes:
        name: of the column.
        known: hashes of the tokens that the reference saw most: no words stand in a reference.

    >>> derivation = TextDerivation("note", frozenset(token_hashes("late again")))
    >>> [float(column[0]) for column in derivation.derive(["Late: 12 days"])]
    [13.0, 3.0, 0.0, 0.15384615384615385, 0.6666666666666666]

    """

    name: str
    known: frozenset[int]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the derived columns."""
        return tuple(f"{self.name}.{statistic}" for statistic in STATISTICS)

    def derive(self, column: Column) -> list[Column]:
        """The derived columns, in the order of `names`."""
        unread = np.array([not isinstance(value, str) and not is_missing(value) for value in column], np.bool_)
        found = [statistics_of(value, self.known) if isinstance(value, str) else MISSING for value in column]
        whole = np.array(found, np.float64).reshape(len(column), len(STATISTICS))
        return [with_unread(values, unread) for values in whole.T]

    def to_dict(self) -> dict[str, object]:
        """The stored form."""
        return {"kind": "text", "name": self.name, "known_tokens": sorted(self.known)}


def statistics_of(text: str, known: frozenset[int]) -> TextStatistics:
    """What is told of one text."""
    seen = text[:MAX_CHARACTERS]
    tokens, characters = _TOKEN.findall(seen), len(seen)
    if not characters:
        return TextStatistics(0.0, 0.0, math.nan, math.nan, math.nan)
    non_ascii = 0 if seen.isascii() else sum(character > "\x7f" for character in seen)
    hashes = _hashes(tokens)
    digits, unseen = len(_DIGIT.findall(seen)), unseen_share(hashes, known)
    return TextStatistics(len(text), len(tokens), non_ascii / characters, digits / characters, unseen)


def unseen_share(tokens: Sequence[int], known: frozenset[int]) -> float:
    """Share of tokens that are not known, NaN where there are none."""
    return sum(token not in known for token in tokens) / len(tokens) if tokens else math.nan


def token_hashes(text: str) -> list[int]:
    """CRC-32 of each of the tokens that are looked up, in small letters.

    >>> len(token_hashes("To be, or not to be"))
    6

    """
    return _hashes(_TOKEN.findall(text[:MAX_CHARACTERS]))


def _hashes(tokens: list[str]) -> list[int]:
    return [zlib.crc32(token.lower().encode("utf-8", "surrogatepass")) for token in tokens[:MAX_TOKENS]]
