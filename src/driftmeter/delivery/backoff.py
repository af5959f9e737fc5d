"""When to come again after a failure: soon at first, seldom later, never together with everybody else.

Full jitter as in M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): a uniform draw between
nothing and a bound that doubles.
"""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 0.5
MOST_S = 30.0
LEAST_S = 0.05
"""So that a backend that refuses connections at once is not asked in a loop, whatever is drawn."""


class Backoff:
    """The state of one endpoint: well, or failing since some time.

    Args:
        draw: gives a number in [0, 1).

    >>> backoff = Backoff(draw=lambda: 0.5)
    >>> backoff.failed(100.0), backoff.failed(100.25), backoff.failed(100.75, after_s=60.0)
    (100.25, 100.75, 160.75)

    """

    def __init__(self, draw: Callable[[], float] = random.random) -> None:
        self._draw = draw
        self.succeeded()

    def succeeded(self) -> None:
        """The backend is well."""
        self.failures = 0
        self.due_s = float("-inf")
        """When the next attempt may be made, by the clock that `failed` was told."""
        self.told_to_wait = False
        """Whether it is the backend that named the time."""
        self._failed_s = float("-inf")

    def failed(self, now_s: float, after_s: float | None = None) -> float:
        """Note a failure, and give when to come again.

        Args:
            now_s: monotonic time, in seconds.
            after_s: how long the backend asked to wait; None where it did not.

        """
        bound_s = min(MOST_S, FIRST_S * 2 ** min(self.failures, 10))
        drawn_s = max(LEAST_S, bound_s * self._draw())
        self.failures += 1
        self._failed_s = now_s
        self.told_to_wait = after_s is not None
        self.due_s = now_s + (drawn_s if after_s is None else max(drawn_s, after_s))
        return self.due_s

    def hurry(self) -> None:
        """Somebody waits for the next attempt: make it soon, unless the backend asked for time."""
        if not self.told_to_wait:
            self.due_s = min(self.due_s, self._failed_s + FIRST_S)
