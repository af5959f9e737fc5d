"""Learning which words a column of text uses, from a first pass over it, without flattering the reference.

A text of the reference has itself seen all its words. So each of them is held against the words of all the other texts:
a word is known to it that would be known without it.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Column
from driftmeter.drift.deriving.derivation import UNREAD, Derivation
from driftmeter.drift.deriving.texts import TextDerivation, token_hashes, unseen_share

KNOWN_TOKENS: Final = 1000
MAX_SCANNED_TOKENS: Final = 100_000
"""Different tokens that are counted, those that come first."""

SAMPLE_TEXTS: Final = 5000
"""Texts whose tokens are held, as numbers, until it is known which are known."""

_MIN_TEXTS: Final = 100
_LONG: Final = 20
"""Characters in the mean."""


class TextLearner:
    """Sees a column of text once.

    Args:
        name: of the column.

    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._texts_with: Counter[int] = Counter()
        self._random = random.Random(0)  # noqa: S311  # a sample, no secret
        self._held: list[tuple[float, NDArray[np.uint32]]] = []
        self._plain = TextDerivation(name, frozenset())

    def scan(self, column: Column) -> dict[str, Column]:
        """Take in a chunk; the derived columns that are known already, for their own scan."""
        for value in column:
            if isinstance(value, str):
                self._see(token_hashes(value))
        names, columns = self._plain.names[:-1], self._plain.derive(column)[:-1]
        return dict(zip(names, map(_numbers, columns), strict=True))

    def fitted(self) -> tuple[Derivation, Derivation, dict[str, Column]]:
        """What live rows are derived by, what the reference's own are, and a sample of columns for their scan."""
        ranked = sorted(map(_rank, self._texts_with.items()))
        next_best = ranked[KNOWN_TOKENS] if len(ranked) > KNOWN_TOKENS else (0, -1)
        best = ranked[:KNOWN_TOKENS]
        without_own = frozenset(token for minus_texts, token in best if (minus_texts + 1, token) < next_best)
        derivation = TextDerivation(self._name, frozenset(token for _, token in best))
        shares = [unseen_share(tokens.tolist(), without_own) for _, tokens in self._held]
        return derivation, TextDerivation(self._name, without_own), {derivation.names[-1]: np.array(shares)}

    def _see(self, tokens: list[int]) -> None:
        different = set(tokens)
        if len(self._texts_with) + len(different) > MAX_SCANNED_TOKENS:
            different = {token for token in different if token in self._texts_with}
        self._texts_with.update(different)
        drawn = (-self._random.random(), np.array(tokens, np.uint32))
        if len(self._held) < SAMPLE_TEXTS:
            heapq.heappush(self._held, drawn)
        elif drawn[0] > self._held[0][0]:
            heapq.heapreplace(self._held, drawn)


def is_text(column: Column) -> bool:
    """Whether a column holds free text: most values are different from all others, and long."""
    texts = [value for value in column if isinstance(value, str)]
    if len(texts) < _MIN_TEXTS or 2 * len(texts) < len(column):
        return False
    return 2 * len(set(texts)) > len(texts) and sum(map(len, texts)) > _LONG * len(texts)


def _rank(item: tuple[int, int]) -> tuple[int, int]:
    """Most texts first, the smaller hash first among equals."""
    token, texts = item
    return -texts, token


def _numbers(column: Column) -> Column:
    """Without the marks: a scan would take them for labels."""
    return column if isinstance(column, np.ndarray) else [None if value == UNREAD else value for value in column]
