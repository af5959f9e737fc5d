"""What the sender needs of a journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from driftmeter.journal import Entry, Losses, Reader


class Store(Protocol):
    """A journal, as the sender sees it."""

    @property
    def losses(self) -> Losses:
        """What this process knows to be lost."""

    def memory(self) -> Reader:
        """Give what waits in memory while the disk fails."""

    def live(self) -> Reader:
        """Give what is being written now."""

    def backlog(self) -> Reader | None:
        """Give what was left behind longest ago, here or by processes that died, until its `next` gives None."""

    def append(self, kind: int, definition: bytes, payload: bytes) -> bool:
        """Store one record, or the report of a loss."""

    def bury(self, entries: Sequence[Entry], reason: str, writer: str) -> None:
        """Keep records that no backend will take among the dead letters."""
