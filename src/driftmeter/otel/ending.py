"""The end of the providers that were set up here: all at once, and none takes longer than there is time.

The SDK would end them one after another, and wait for half a minute each while the backend is away.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from driftmeter.forking import in_child
from driftmeter.pipeline.aside import Aside

SHUTDOWN_TIMEOUT_S = 3.0
"""After this, processors and readers have their exporters stop: what hangs is not left to the interpreter's end."""

Provider = TypeVar("Provider")


class Ending(Generic[Provider]):
    """The end of one provider, on a thread that stands by from the start; it keeps no provider alive.

    Args:
        provider: an SDK's provider.
        shutdown: ends it, within `SHUTDOWN_TIMEOUT_S`; nothing happens if somebody did so before.

    """

    def __init__(self, provider: Provider, shutdown: Callable[[Provider], object]) -> None:
        self._provider = weakref.ref(provider, lambda _: self.aside.begin())
        self._shutdown = shutdown
        self.renew()

    def renew(self) -> None:
        """Stand by again: in a forked child the thread is gone."""
        self.aside = Aside(self._end)

    def _end(self) -> bool:
        if (provider := self._provider()) is not None:
            self._shutdown(provider)
        return True


class Endings:
    """Those of all providers that were set up here."""

    def __init__(self) -> None:
        self._each: list[Ending[Any]] = []
        in_child(self._renew)

    def add(self, provider: Provider, shutdown: Callable[[Provider], object]) -> None:
        """Stand by for the end of this one."""
        self._each.append(Ending(provider, shutdown))

    def begin(self, patience_s: float) -> None:
        """End them when patience is over, or as soon as `go` says so; returns at once."""
        for ending in self._each:
            ending.aside.begin(patience_s)

    def go(self) -> None:
        """No patience any more."""
        for ending in self._each:
            ending.aside.go()

    def done(self, timeout_s: float) -> bool:
        """Whether all have ended within the time limit; those that have not are left to die with the process."""
        deadline_s = time.monotonic() + timeout_s
        return all(ending.aside.done(deadline_s - time.monotonic()) for ending in self._each)

    def _renew(self) -> None:
        for ending in self._each:
            ending.renew()


OWN: Final = Endings()
"""One for the process, as the global providers are."""
