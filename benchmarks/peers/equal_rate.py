"""How soon a peer finds what we find, had it our rate of false alarms; and how well that is known.

Streams are what is independent of each other, so they are what is drawn anew, with replacement: those without drift for
the rates and those with a shift for the delays, each rule on the same of them. Every draw is a whole study: rates,
medians, the peer's delay at our rate. Its spread holds all that is not known (the bootstrap: Efron, Tibshirani, "An
Introduction to the Bootstrap", 1993, intervals by percentiles).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

DRAWS: Final = 2_000
LIKELY: Final = (2.5, 97.5)
"""Percentiles between which 95 % lie."""


class Found(NamedTuple):
    """What the K settings of a rule came to.

    Attributes:
        settings: their names.
        false: shape (K, S), alarms on each of S streams without drift.
        delays: shape (K, D, N), rows from the onset of each of D shifts to the alarm, on N streams; infinite for none.

    """

    settings: Sequence[str]
    false: Ints
    delays: Floats


class Known(NamedTuple):
    """A figure for each of any number of things, and the ends of its 95 % interval, all of one shape."""

    value: Floats
    low: Floats
    high: Floats


class Outcome(NamedTuple):
    """Rates in false alarms per million rows and delays in rows, K settings of ours and L of the peer, D shifts.

    Attributes:
        our_rates: shape (K,).
        their_rates: shape (L,).
        our_delays: medians, shape (K, D).
        their_delays: medians, shape (L, D).
        at_our_rates: the peer's at the rates of ours, shape (K, D).
        later: ours less the peer's at the same rate, shape (K, D).

    """

    our_rates: Known
    their_rates: Known
    our_delays: Known
    their_delays: Known
    at_our_rates: Known
    later: Known


def compared(ours: Found, theirs: Found, rows: int, *, draws: int = DRAWS, seed: int = 0) -> Outcome:
    """Both rules on the same streams, `rows` being those of each stream without drift."""
    random = np.random.default_rng(seed)
    quiet, shifted = ours.false.shape[1], ours.delays.shape[2]
    values = _once(ours, theirs, rows, np.arange(quiet), np.arange(shifted))
    again = [
        _once(ours, theirs, rows, random.integers(quiet, size=quiet), random.integers(shifted, size=shifted))
        for _ in range(draws)
    ]
    ends = [np.percentile(np.stack(drawn), LIKELY, axis=0) for drawn in zip(*again, strict=True)]
    return Outcome(*(Known(value, *low_high) for value, low_high in zip(values, ends, strict=True)))


def verdict(outcome: Outcome, at: tuple[int, int]) -> str:
    """Whether ours is sooner or later at one setting and shift, where its rate is known and the interval says so."""
    if outcome.our_rates.value[at[0]] == 0:
        return "at an unknown rate"
    return "sooner" if outcome.later.high[at] < 0 else "later" if outcome.later.low[at] > 0 else "not told apart"


def _once(ours: Found, theirs: Found, rows: int, quiet: Ints, shifted: Ints) -> tuple[Floats, ...]:
    """The values of an `Outcome` on some of the streams."""
    our_rates, their_rates = (1e6 * found.false[:, quiet].sum(axis=1) / (rows * quiet.size) for found in (ours, theirs))
    our_delays, their_delays = (medians(found.delays[:, :, shifted]) for found in (ours, theirs))
    half = 0.5e6 / (rows * quiet.size)
    at_our_rates = at_rates(their_rates + half, their_delays, our_rates + half)
    return our_rates, their_rates, our_delays, their_delays, at_our_rates, our_delays - at_our_rates


def medians(delays: Floats) -> Floats:
    """Over the last axis: half were found sooner; infinite where fewer than half were found."""
    middle = (delays.shape[-1] - 1) // 2
    found: Floats = np.partition(delays, middle, axis=-1).take(middle, axis=-1)  # a view would keep all the rest
    return found


def at_rates(rates: Floats, delays: Floats, wanted: Floats) -> Floats:
    """The delays that a rule would have at the wanted rates, straight between its settings over the rates' logarithms.

    Rarer alarms take longer. So where even the rarest setting alarms oftener than wanted, its delay stands, which is in
    the rule's favour; where the loosest alarms more rarely than wanted, nothing in its favour is known: NaN.

    Args:
        rates: shape (L,), > 0.
        delays: shape (L, D).
        wanted: shape (K,), > 0.

    Returns:
        Shape (K, D).

    """
    order = np.argsort(rates)
    known, asked = np.log(rates[order]), np.log(wanted)
    return np.stack([np.interp(asked, known, each[order], right=np.nan) for each in delays.T], axis=1)
