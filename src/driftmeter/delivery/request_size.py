"""How large a request may be: as the pace says, or less where the backend said that one was too large.

A limit may have been a proxy's of the day, so it is tried again with care: additive increase, multiplicative decrease,
as in D.-M. Chiu and R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer
Networks" (Computer Networks and ISDN Systems 17, 1989).
"""

from __future__ import annotations

GROWS_AFTER = 64
"""Accepted requests between two steps: where the limit still holds, at most one request in so many finds that out."""

STEPS = 16
"""How many of them lead from nothing to the most."""


class RequestSize:
    """The most bytes of one request.

    Args:
        most: to which it grows.

    >>> size = RequestSize(most=1600)
    >>> size.too_large(1000)
    >>> for _ in range(64):
    ...     size.accepted()
    >>> size.limit_bytes
    600

    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._accepted = 0
        self.limit_bytes = most

    def too_large(self, size_bytes: int) -> None:
        """A request of this size was refused for it."""
        self.limit_bytes = min(self.limit_bytes, max(1, size_bytes // 2))
        self._accepted = 0

    def accepted(self) -> None:
        """A request was accepted."""
        if self.limit_bytes == self._most:
            return
        self._accepted += 1
        if self._accepted % GROWS_AFTER == 0:
            self.limit_bytes = min(self._most, self.limit_bytes + max(1, self._most // STEPS))
