"""`instrument()`: model libraries are watched from the moment they are imported, without a change to any program."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple, Protocol, cast

from wrapt import register_post_import_hook

_log = logging.getLogger("driftmeter")


class Source(Protocol):
    """What a module that watches one library offers."""

    def install(self, module: ModuleType) -> None:
        """Watch what one imported module of the library defines; never raises."""

    def uninstall(self) -> None:
        """Leave no trace."""


class Library(NamedTuple):
    """A library that can be watched."""

    source: str
    """The module of ours that does it, imported together with the library and not before."""
    triggers: tuple[str, ...]
    """The modules of the library after whose import there is something to do."""


LIBRARIES = {
    "sklearn": Library(
        "driftmeter.sources.sklearn", ("sklearn.base", "sklearn.utils.parallel", "sklearn.metrics._scorer")
    ),
}

_wanted: dict[str, Callable[[], bool]] = {}
_hooked: set[str] = set()


def instrument(*libraries: str) -> None:
    """Watch the predictions of model libraries, whether they are imported already or later.

    Nothing is imported now, no thread is started and no file opened. A second time it does nothing.

    Args:
        *libraries: names from `sklearn`; all of them if none is named. Estimators that xgboost, lightgbm and you
            yourself derive from scikit-learn's are watched with `sklearn`.

    Raises:
        ValueError: for a library that is not known; the message names those that are.

    >>> import driftmeter
    >>> driftmeter.instrument("sklearn")
    >>> driftmeter.instrument("cobol")
    Traceback (most recent call last):
        ...
    ValueError: 'cobol' is no library that driftmeter can watch; known: sklearn
    >>> driftmeter.uninstrument()

    """
    for name in libraries:
        if name not in LIBRARIES:
            raise ValueError(f"{name!r} is no library that driftmeter can watch; known: {', '.join(sorted(LIBRARIES))}")
    instrument_after(_always, *libraries)


def instrument_after(ready: Callable[[], bool], *libraries: str) -> None:
    """`instrument`, but ask `ready` when a library is imported: if it is False, that library is left alone."""
    for name in libraries or LIBRARIES:
        _wanted[name] = ready
        for trigger in LIBRARIES[name].triggers:
            if trigger in _hooked:
                if trigger in sys.modules:
                    _install(name, sys.modules[trigger])
            else:
                _hooked.add(trigger)
                register_post_import_hook(_installer(name), trigger)


def uninstrument() -> None:
    """Stop watching; every original function is back in its place.

    >>> import driftmeter
    >>> driftmeter.uninstrument()

    """
    for name in list(_wanted):
        del _wanted[name]
        if LIBRARIES[name].source in sys.modules:
            _source(name).uninstall()


def _installer(name: str) -> Callable[[ModuleType], None]:
    # Import hooks cannot be taken back, so each asks first whether the library is still wanted.
    return lambda module: _install(name, module)


def _install(name: str, module: ModuleType) -> None:
    try:
        if name in _wanted and _wanted[name]():
            _source(name).install(module)
    except Exception as fault:  # noqa: BLE001  # an import must not fail for telemetry's sake
        _log.error("driftmeter cannot watch %s: %s", name, type(fault).__qualname__)
        _log.debug("details", exc_info=fault)


def _source(name: str) -> Source:
    return cast("Source", importlib.import_module(LIBRARIES[name].source))


def _always() -> bool:
    return True
