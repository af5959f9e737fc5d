"""Texts of many records as one run of bytes and their lengths: checked, chosen and padded without an object each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Octets: TypeAlias = "NDArray[np.uint8]"
Flags: TypeAlias = "NDArray[np.bool_]"
Indices: TypeAlias = "NDArray[np.int64]"

SPARE_BYTES = 1 << 18
"""What padding may add to few or short texts without a thought."""
MAX_PADDING = 4
"""How many times its length padding may make all texts of some records."""


class Texts(NamedTuple):
    """UTF-8 of some records, each with equally many texts, record by record."""

    content: bytes
    lengths: Indices
    """Records x texts, in bytes."""

    def some(self, chosen: Indices) -> Texts:
        """Those of the records at these places, which ascend."""
        wanted = np.zeros(len(self.lengths), bool)
        wanted[chosen] = True
        octets = np.frombuffer(self.content, np.uint8)
        content = octets[np.repeat(wanted, self.lengths.sum(axis=1))].tobytes()
        return Texts(content, self.lengths[chosen])

    def pieces(self) -> list[bytes]:
        """Every text, record by record."""
        return [self.content[start:stop] for start, stop in pairwise(self._starts())]

    def _starts(self) -> list[int]:
        return [0, *accumulate(self.lengths.ravel().tolist())]

    def columns(self) -> list[list[str]]:
        """Per text, that of each record."""
        width = self.lengths.shape[1]
        if self.content.isascii():  # whose bytes and characters are as many
            whole = self.content.decode()
            texts = [whole[start:stop] for start, stop in pairwise(self._starts())]
        else:
            texts = [piece.decode() for piece in self.pieces()]
        return [texts[text::width] for text in range(width)]

    def readable(self) -> Indices:
        """The places of the records whose texts are all UTF-8."""
        every = np.arange(len(self.lengths))
        if self.content.isascii():
            return every
        starts = np.cumsum(self.lengths.ravel()) - self.lengths.ravel()
        first = np.frombuffer(self.content + b"a", np.uint8)[starts]
        # UTF-8 together, and none cut in the middle of a character.
        if _is_text(self.content) and (first & 0xC0 != 0x80).all():
            return every
        width = self.lengths.shape[1]
        fine = np.fromiter(map(_is_text, self.pieces()), bool).reshape(-1, width)
        return np.flatnonzero(fine.all(axis=1))

    def alike(self) -> Iterator[Indices]:
        """The records in groups that padding does not blow up, each ascending."""
        waiting = [self.lengths.sum(axis=1).argsort()]
        while waiting:
            group = waiting.pop()
            lengths = self.lengths[group]
            padded = len(group) * int(lengths.max(axis=0).sum())
            if len(group) > 1 and padded > MAX_PADDING * int(lengths.sum()) + SPARE_BYTES:
                waiting += [group[: len(group) // 2], group[len(group) // 2 :]]
            else:
                yield np.sort(group)

    def padded(self, bounds: Sequence[int]) -> tuple[list[Octets], list[Flags]]:
        """Per text, records x bound bytes, and which of these are its own."""
        ends = np.cumsum(bounds).tolist()
        own = np.empty((len(self.lengths), ends[-1]), bool)
        for text, (bound, end) in enumerate(zip(bounds, ends, strict=True)):
            np.less(np.arange(bound), self.lengths[:, text, None], out=own[:, end - bound : end])
        octets = np.zeros(own.shape, np.uint8)
        octets[own] = np.frombuffer(self.content, np.uint8)
        cuts = ends[:-1]
        return np.split(octets, cuts, axis=1), np.split(own, cuts, axis=1)


def _is_text(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
