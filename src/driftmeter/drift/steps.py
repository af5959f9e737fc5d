"""Steps of rows: their scores added up, and the phases that the rows came in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats


class Steps(NamedTuple):
    """K steps of S rows.

    Attributes:
        scores: sums of the scores of F columns, int64 of shape (K, F).
        phases: of each row, shape (K, S); (K, 0) where the reference knows none.

    """

    scores: NDArray[np.int64]
    phases: NDArray[np.intp]

    def part(self, start: int, stop: int) -> Steps:
        """Some of the steps."""
        return Steps(self.scores[start:stop], self.phases[start:stop])

    def followed_by(self, later: Steps) -> Steps:
        """One after the other."""
        return Steps(np.concatenate([self.scores, later.scores]), np.concatenate([self.phases, later.phases]))

    def together(self, times: int) -> tuple[Steps, Steps]:
        """So many steps as one, and those that are left.

        >>> steps = Steps(np.array([[1], [2], [3]]), np.array([[7, 7], [7, 8], [8, 8]]))
        >>> whole, left = steps.together(2)
        >>> whole.scores.tolist(), whole.phases.tolist(), left.scores.tolist()
        ([[3]], [[7, 7, 7, 8]], [[3]])

        """
        whole = len(self.scores) // times * times
        left = self.part(whole, len(self.scores))
        if times == 1 or not whole:
            return self.part(0, whole), left
        scores = np.add.reduceat(self.scores[:whole], np.arange(0, whole, times))
        return Steps(scores, self.phases[:whole].reshape(whole // times, -1)), left

    def cost(self, by_phase: Floats, rows: int) -> Floats:
        """The costs of the rows of each step added up, shape (K, ...); or (...), where all steps cost the same.

        Args:
            by_phase: what a row of each phase costs, shape (P, ...).
            rows: of a step.

        >>> steps = Steps(np.zeros((2, 1)), np.array([[0, 0], [0, 1]]))
        >>> steps.cost(np.array([[1.0], [10.0]]), 2).tolist()
        [[2.0], [11.0]]

        """
        if not self.phases.shape[1]:
            steady: Floats = by_phase[0] * rows
            return steady
        first = self.phases[:, 0]
        several = (self.phases != first[:, None]).any(axis=1)
        found: Floats = by_phase[first] * rows
        for step in np.flatnonzero(several).tolist():
            found[step] = by_phase[self.phases[step]].sum(axis=0)
        return found
