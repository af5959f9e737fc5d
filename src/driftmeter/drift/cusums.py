"""Cumulative sums that start anew at nothing, many at once; of one that raised an alarm, how far it fell since."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats

Blocks: TypeAlias = "NDArray[np.int64]"


class Turn(NamedTuple):
    """A column whose alarm changed.

    Attributes:
        place: of the column.
        raised: or cleared.
        value: of the sum that raised it, over its limit; 0 where it was cleared.
        block: the step at which it changed.
        began: the step before which the sum was 0.

    """

    place: int
    raised: bool
    value: float
    block: int
    began: int


class Lines(NamedTuple):
    """What a step of score s says for each of T tilts of F columns: slope x s - cost.

    Attributes:
        slope: shape (T, F).
        cost: shape (T, F); or (K, T, F) where it differs from step to step.

    """

    slope: Floats
    cost: Floats

    def of(self, scores: Blocks, place: int) -> Floats:
        """What the steps say of one column, shape (K, T)."""
        return scores[:, place, None] * self.slope[:, place] - self.cost[..., place]

    def course(self, scores: Blocks) -> Floats:
        """The same of all columns, added up from step to step, shape (K, T, F)."""
        course: Floats = np.cumsum(scores, axis=0, dtype=np.float64)[:, None, :] * self.slope
        steady = self.cost.ndim == 2
        course -= np.arange(1.0, len(scores) + 1)[:, None, None] * self.cost if steady else self.cost.cumsum(axis=0)
        return course

    def chosen(self, tilts: Blocks, places: Blocks) -> Lines:
        """One tilt for each of some columns."""
        return Lines(self.slope[tilts, places][None], self.cost[..., tilts, places][..., None, :])


class Limits(NamedTuple):
    """Of T tilts of F columns, shape (T, F); an alarm is cleared whatever raised it, shape (F,)."""

    raising: Floats
    clearing: Floats


class Cusums:
    """T cumulative sums of each of F columns, by turns for a rise and for a fall.

    Source: Page, "Continuous inspection schemes" (1954): S' = max(0, S + x), an alarm where S' exceeds its limit. An
    alarm is over when a sum of its own for that direction has fallen so far from where it was highest since.

    >>> lines = Lines(slope=np.array([[1.0], [-1.0]]), cost=np.zeros((2, 1)))
    >>> limits = Limits(np.array([[5.0], [5.0]]), np.array([5.0]))
    >>> turns = Cusums(2, 1).add(np.array([[-5], [2], [2], [2], [-4], [-2]]), lines, lines, limits)
    >>> [(turn.raised, turn.block, turn.began) for turn in turns]
    [(True, 3, 1), (False, 5, 4)]

    """

    def __init__(self, sums: int, columns: int) -> None:
        self._sums, self._began = np.zeros((sums, columns)), np.zeros((sums, columns), np.int64)
        self._standing = np.full(columns, -1)
        self._fallen = np.zeros(columns)
        self._steps = 0

    @property
    def alarms(self) -> NDArray[np.bool_]:
        """Which columns have one, shape (F,)."""
        return self._standing >= 0

    def height(self, limits: Limits) -> Floats:
        """How near a sum of each column is to its limit, shape (F,); of an alarm, how much is left until it is over."""
        heights: Floats = (self._sums / limits.raising).max(axis=0)
        if (alarms := self.alarms).any():
            np.copyto(heights, np.maximum(1 - self._fallen / limits.clearing, 0.0), where=alarms)
        return heights

    def add(self, scores: Blocks, shifts: Lines, staying: Lines, limits: Limits) -> list[Turn]:
        """Take K steps; blocks of turns are counted from the first of them.

        Args:
            scores: of the steps, shape (K, F).
            shifts: what they say for the T alternatives.
            staying: what they say for a rise, and for a fall, that has an alarm already.
            limits: of the sums.

        """
        first, began, start = self._sums, self._began, self._steps
        course = shifts.course(scores)
        lowest = np.minimum(np.minimum.accumulate(course), -first)
        sums = np.subtract(course, lowest, out=course)
        alarms = self.alarms
        standing = np.flatnonzero(alarms)
        turning = np.flatnonzero((sums.max(axis=0) > limits.raising).any(axis=0) & ~alarms).tolist()
        since = start + len(course) + 1 - np.count_nonzero(lowest == lowest[-1], axis=0)
        self._sums, self._began = sums[-1].copy(), np.where(lowest[-1] < -first, since, began)
        if standing.size:
            self._sums[:, standing] = 0.0
            turning += self._falling(standing, scores, staying, limits)
        turns: list[Turn] = []
        for place in turning:
            self._sums[:, place], self._began[:, place] = first[:, place], began[:, place]
            turns += self._follow(place, scores, shifts, staying, limits)
        self._steps = start + len(course)
        return sorted(turns, key=lambda turn: (turn.block, turn.place))

    def _falling(self, standing: Blocks, scores: Blocks, staying: Lines, limits: Limits) -> list[int]:
        """Columns whose alarm ends in these steps; the others have fallen by then as far as they have."""
        own = staying.chosen(self._standing[standing], standing).course(scores[:, standing])[:, 0]
        fallen = np.maximum(np.maximum.accumulate(own), self._fallen[standing]) - own
        over = (fallen >= limits.clearing[standing]).any(axis=0)
        self._fallen[standing[~over]] = fallen[-1, ~over]
        ending: list[int] = standing[over].tolist()
        return ending

    def _follow(self, place: int, scores: Blocks, shifts: Lines, staying: Lines, limits: Limits) -> list[Turn]:
        """One column, from turn to turn."""
        turns: list[Turn] = []
        done, steps, later = 0, shifts.of(scores, place), staying.of(scores, place)
        while done < len(steps):
            direction = int(self._standing[place])
            if direction < 0:
                turn = self._rise(place, steps[done:], limits.raising[:, place], done)
            else:
                turn = self._fall(place, later[done:, direction], float(limits.clearing[place]), done)
            if turn is None:
                break
            turns.append(turn)
            done = turn.block + 1
            self._fallen[place], self._sums[:, place] = 0.0, 0.0
            self._began[:, place] = self._steps + done
        return turns

    def _rise(self, place: int, said: Floats, limit: Floats, done: int) -> Turn | None:
        first = self._sums[:, place]
        course = np.cumsum(said, axis=0)
        lowest = np.minimum(np.minimum.accumulate(course, axis=0), -first)
        sums = course - lowest
        over = np.flatnonzero((sums > limit).any(axis=1))
        at = int(over[0]) if over.size else len(said) - 1
        anew = np.where(lowest[at] < -first, self._steps + done + 1 + course[: at + 1].argmin(axis=0), 0)
        began = np.maximum(self._began[:, place], anew)
        if not over.size:
            self._sums[:, place], self._began[:, place] = sums[-1], began
            return None
        tilt = int(np.argmax(sums[at] / limit))
        self._standing[place] = tilt % 2
        return Turn(
            place,
            raised=True,
            value=float(sums[at, tilt] / limit[tilt]),
            block=done + at,
            began=int(began[tilt]) - self._steps,
        )

    def _fall(self, place: int, said: Floats, limit: float, done: int) -> Turn | None:
        own = np.cumsum(said)
        fallen = np.maximum(np.maximum.accumulate(own), self._fallen[place]) - own
        over = np.flatnonzero(fallen >= limit)
        if not over.size:
            self._fallen[place] = fallen[-1]
            return None
        at = int(over[0])
        self._standing[place] = -1
        began = int(np.argmax(own[: at + 1])) + 1 if own[: at + 1].max() > self._fallen[place] else 0
        return Turn(place, raised=False, value=0.0, block=done + at, began=done + began)
