"""Independent, standard normal rows, without drift or with a shift of the mean, for delays at equal rates."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from streams import REFERENCE_ROWS, SEED, Floats, Stream

SHIFTS: Final = (0.25, 0.5, 1.0)
"""In standard deviations."""
BEFORE_ROWS, WITHIN_ROWS, AFTER_ROWS = 4_000, 1_000, 3_000
"""Live rows ahead of a shift at least, those within which it begins, and those after it at least."""


class Size(NamedTuple):
    """How many streams without drift, of how many live rows each, and how many with each shift."""

    quiet: int
    rows: int
    shifted: int


FULL: Final = Size(quiet=500, rows=200_000, shifted=3_000)
SHORT: Final = Size(quiet=25, rows=200_000, shifted=100)


def quiet(number: int, rows: int) -> Stream:
    """A stream without drift, with a reference of its own."""
    random = np.random.default_rng([SEED, 200, number])
    return Stream(random.normal(size=(REFERENCE_ROWS, 1)), random.normal(size=(rows, 1)))


def to_shift(number: int) -> Stream:
    """The same, with an onset that does not care where windows begin; nothing has shifted yet."""
    random = np.random.default_rng([SEED, 201, number])
    onset = BEFORE_ROWS + int(random.integers(WITHIN_ROWS))
    rows = random.normal(size=(REFERENCE_ROWS + BEFORE_ROWS + WITHIN_ROWS + AFTER_ROWS, 1))
    return Stream(rows[:REFERENCE_ROWS], rows[REFERENCE_ROWS:], onset)


def shifted(stream: Stream, shift: float) -> Floats:
    """Its live rows with the mean moved from the onset on."""
    live = stream.live.copy()
    live[stream.onset :] += shift
    return live
