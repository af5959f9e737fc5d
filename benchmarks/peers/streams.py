"""The streams of the study: streams without drift, and streams in which one known thing changes at one known row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Draw: TypeAlias = Callable[[np.random.Generator, int], Floats]

SEED: Final = 20_261
REFERENCE_ROWS: Final = 20_000
DAY_ROWS: Final = 2_000
WINDOWS: Final = (200, 1_000, 2_000)
BEFORE, AFTER = 2, 5
"""Windows without drift ahead of a shift, at least; and windows within which it should be found."""
SHARES: Final = np.array([0.30, 0.18, 0.13, 0.10, 0.08, 0.07, 0.05, 0.04, 0.03, 0.02])
MOVED: Final = 0.05


class Stream(NamedTuple):
    """A reference and the live rows that follow it in time.

    Attributes:
        reference: shape (n, F); categories as whole numbers, NaN where missing.
        live: shape (m, F).
        onset: index of the first live row that drifted, None where none did.

    """

    reference: Floats
    live: Floats
    onset: int | None = None


class Case(NamedTuple):
    """Streams of one kind, looked at in windows of one length.

    Attributes:
        name: unique.
        window: rows.
        categorical: for each of the F columns.
        streams: the live rows of each are a whole number of windows.

    """

    name: str
    window: int
    categorical: tuple[bool, ...]
    streams: tuple[Stream, ...]
    tuned: bool
    """Whether rules are asked at other settings than their own, too: slow for those that see one value at a time."""


class Size(NamedTuple):
    """How much of everything."""

    references: int
    null_windows: int
    """Of each reference."""
    many_references: int
    many_windows: int
    """The same, where there are 100 columns."""
    shifted: int
    """Streams with each shift."""


FULL: Final = Size(references=10, null_windows=40, many_references=4, many_windows=25, shifted=30)
SHORT: Final = Size(references=2, null_windows=10, many_references=1, many_windows=3, shifted=4)


def normal(random: np.random.Generator, rows: int) -> Floats:
    """Independent, standard normal."""
    return random.normal(size=(rows, 1))


def heavy(random: np.random.Generator, rows: int) -> Floats:
    """Independent, Student's t with 2 degrees of freedom: no variance."""
    return random.standard_t(2, size=(rows, 1))


def autocorrelated(phi: float) -> Draw:
    """A first-order chain x' = phi x + noise, of variance 1: neighbours are alike, the distribution stays."""

    def draw(random: np.random.Generator, rows: int) -> Floats:
        noise = random.normal(scale=np.sqrt(1 - phi * phi), size=rows).tolist()
        chain, last = [], float(random.normal())
        for step in noise:
            last = phi * last + step
            chain.append(last)
        return np.array(chain)[:, None]

    return draw


def seasonal(random: np.random.Generator, rows: int) -> Floats:
    """Normal noise on a daily cycle of amplitude 1; a day is `DAY_ROWS` rows."""
    cycle = np.sin(2 * np.pi * np.arange(rows) / DAY_ROWS)
    return (cycle + random.normal(size=rows))[:, None]


def many(random: np.random.Generator, rows: int) -> Floats:
    """100 independent standard normal columns."""
    return random.normal(size=(rows, 100))


def categories(random: np.random.Generator, rows: int) -> Floats:
    """Independent, 10 categories, from 30 % to 2 %."""
    return random.choice(len(SHARES), p=SHARES, size=(rows, 1)).astype(np.float64)


NULLS: Final[dict[str, Draw]] = {
    "iid normal": normal,
    "heavy tails (t2)": heavy,
    "AR(1) 0.7": autocorrelated(0.7),
    "AR(1) 0.95": autocorrelated(0.95),
    "daily cycle": seasonal,
    "10 categories": categories,
    "100 columns": many,
}


def _move_share(rows: Floats, random: np.random.Generator) -> Floats:
    """Category 0 loses `MOVED` of all rows to category 3."""
    leaves = (rows == 0) & (random.random(rows.shape) < MOVED / SHARES[0])
    return np.where(leaves, 3.0, rows)


SHIFTS: Final[dict[str, tuple[str, Callable[[Floats, np.random.Generator], Floats]]]] = {
    "mean + 0.25 sd": ("iid normal", lambda rows, _: rows + 0.25),
    "mean + 0.5 sd": ("iid normal", lambda rows, _: rows + 0.5),
    "mean + 1 sd": ("iid normal", lambda rows, _: rows + 1.0),
    "scale x 1.3": ("iid normal", lambda rows, _: rows * 1.3),
    "share of 5 points moved": ("10 categories", _move_share),
    "mean + 0.5 sd, AR(1) 0.7": ("AR(1) 0.7", lambda rows, _: rows + 0.5),
}
"""By name: the stream without drift that it changes, and how."""


def null_name(kind: str, window: int) -> str:
    """Name of the case without drift."""
    return f"{kind} | {window}"


def shift_name(shift: str, window: int) -> str:
    """Name of the case with a shift."""
    return f"{shift} | {window}"


def null_cases(size: Size) -> list[Case]:
    """Every stream without drift in every window; the shorter windows see the first rows of the same streams."""
    cases = []
    for number, (kind, draw) in enumerate(NULLS.items()):
        wide = draw is many
        windows = size.many_windows if wide else size.null_windows
        drawn = []
        for one in range(size.many_references if wide else size.references):
            random = np.random.default_rng([SEED, number, one])
            rows = draw(random, REFERENCE_ROWS + windows * max(WINDOWS))
            drawn.append((rows[:REFERENCE_ROWS], rows[REFERENCE_ROWS:]))
        for window in WINDOWS:
            streams = tuple(Stream(reference, live[: windows * window]) for reference, live in drawn)
            categorical = (draw is categories,) * drawn[0][0].shape[1]
            tuned = any(kind == base for base, _ in SHIFTS.values())
            cases.append(Case(null_name(kind, window), window, categorical, streams, tuned))
    return cases


def shift_cases(size: Size) -> list[Case]:
    """Every shift in every window, at a row that does not care where windows begin."""
    cases = []
    for number, (shift, (kind, change)) in enumerate(SHIFTS.items()):
        for window in WINDOWS:
            random = np.random.default_rng([SEED, 100 + number, window])
            streams = tuple(_shifted(NULLS[kind], change, window, random) for _ in range(size.shifted))
            cases.append(Case(shift_name(shift, window), window, (kind == "10 categories",), streams, tuned=True))
    return cases


def _shifted(
    draw: Draw,
    change: Callable[[Floats, np.random.Generator], Floats],
    window: int,
    random: np.random.Generator,
) -> Stream:
    onset = BEFORE * window + int(random.integers(window))
    rows = draw(random, REFERENCE_ROWS + (BEFORE + 1 + AFTER) * window)
    reference, live = rows[:REFERENCE_ROWS], rows[REFERENCE_ROWS:]
    live[onset:] = change(live[onset:], random)
    return Stream(reference, live, onset)
