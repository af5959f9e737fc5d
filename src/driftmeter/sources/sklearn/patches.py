"""Functions replaced where they stand, each once, and every one put back.

The replacements are plain functions under the original's name, not proxies: bound methods of a model are pickled by
name, and `multiprocessing.Pool.map(model.predict, rows)` must go on working.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import TypeAlias, cast
from weakref import WeakSet

Function: TypeAlias = Callable[..., object]
Wrap: TypeAlias = Callable[[Function], Function]


class Patches:
    """Remembers what was replaced, without keeping any class alive.

    `applied` is what a replacement asks before it does anything: after `undo` a bound method that somebody still holds
    must be the original in all but name.
    """

    def __init__(self) -> None:
        self.applied = False
        self._owners: WeakSet[object] = WeakSet()
        self._replacements: WeakSet[FunctionType] = WeakSet()

    def wrap(self, owner: object, name: str, wrap: Wrap) -> None:
        """Replace the function `name` that stands in `owner` itself; what is no plain function is left alone."""
        self.applied = True
        found = vars(owner).get(name)
        if isinstance(found, FunctionType):
            self._owners.add(owner)
            if found not in self._replacements:
                replacement = cast("FunctionType", functools.wraps(found)(wrap(found)))
                self._replacements.add(replacement)
                setattr(owner, name, replacement)
        elif hasattr(found, "check") and isinstance(getattr(found, "fn", None), FunctionType):
            # scikit-learn's `available_if`: whether the model has the method is decided around the function.
            self.wrap(found, "fn", wrap)

    def undo(self) -> None:
        """Put every original back."""
        self.applied = False
        for owner in list(self._owners):
            for name, found in list(vars(owner).items()):
                if isinstance(found, FunctionType) and found in self._replacements:
                    setattr(owner, name, found.__wrapped__)  # type: ignore[attr-defined]  # set by functools.wraps
        self._owners.clear()
        self._replacements.clear()
