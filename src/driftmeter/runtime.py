"""The life of the process's pipeline: configured or built at first use, flushed, shut down, flushed at exit."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping

from driftmeter.assembly import assemble, retire, settle, several
from driftmeter.delivery import close_outboxes
from driftmeter.drift import Reference
from driftmeter.forking import before_workers, in_child
from driftmeter.otel.ending import OWN
from driftmeter.pipeline import Pipeline, catalogue, current
from driftmeter.pipeline.leaving import before_leaving
from driftmeter.pipeline.patience import PATIENCE
from driftmeter.pipeline.pipeline import HEAD_START_S

# For nothing but this: a child that is forked while another thread imports waits for that module for ever, so after
# `configure` there must be nothing left to import for a prediction.
from driftmeter.sources import feedback, predict  # noqa: F401

EXIT_TIMEOUT_S = 4.5
"""Of the five seconds that an end may take, whatever the backend does; the rest is the interpreter's own."""

_log = logging.getLogger("driftmeter")
_lock = threading.RLock()
_given: dict[str, object] = {}


def configure(**given: object) -> None:
    """Settle the settings and build the pipeline now, so that what is wrong shows at start-up. Optional and idempotent.

    In uWSGI's master, settings are settled now, and each worker builds at its first prediction.
    Called again, it changes only the settings that it is given; called again with the same ones, nothing at all.

    Args:
        **given: any field of `driftmeter.settings.Settings`; `reference` also takes `Reference` objects. Also
            `tracer_provider`, `meter_provider` and `logger_provider`, where the global ones are not to be used.

    Raises:
        ValueError: for an unknown setting, a value that a setting does not take, a reference that cannot be read; the
            message names the value, the limit and the way out.

    >>> import driftmeter
    >>> driftmeter.configure(windows="2000rows", capture="none")
    >>> driftmeter.configure(spans="some")
    Traceback (most recent call last):
        ...
    ValueError: argument spans is 'some': write true or false

    """
    with _lock:
        merged = {**_given, **given}
        if current.installed() is not None and not current.is_off() and merged == _given:
            return
        if current.installed() is None and before_workers():
            settle(merged)
            _given.update(given)
            return
        pipeline = _assembled(merged)
        _given.update(given)
        replaced = current.install(pipeline)
    if replaced is not None:
        retire(replaced, EXIT_TIMEOUT_S)


def adopt(**given: object) -> None:
    """Settings that a handler or processor was built with: checked now, used from the first prediction on.

    References add up, since each source may bring the one of its model; one that is there already is not added, since
    servers configure logging more than once.

    Raises:
        ValueError: as `configure`.

    """
    with _lock:
        if "reference" in given and "reference" in _given:
            before = several(_given["reference"])
            more = [reference for reference in several(given["reference"]) if not _is_among(before, reference)]
            given["reference"] = [*before, *more] if more else _given["reference"]
        if current.installed() is not None:
            configure(**given)
            return
        settle({**_given, **given})
        _given.update(given)


def forget() -> None:
    """Start again as if nothing had been configured; what waits is dropped. For tests."""
    with _lock:
        _given.clear()
        PATIENCE.renew()
        current.install(None)
        catalogue.announce(())
        close_outboxes()


def _is_among(references: list[object], one: object) -> bool:
    """Whether it is this very object, or the same path."""
    return any(one is other or (not isinstance(one, Reference) and one == other) for other in references)


def first_use() -> Pipeline:
    """Build the pipeline when a prediction comes before `configure`.

    Raises:
        ValueError: as `configure`.

    """
    return _assembled(_given)


def flush(timeout_s: float = 5.0) -> bool:
    """Hand over and send everything that ended before now.

    Args:
        timeout_s: how long to wait at most, in seconds.

    Returns:
        True when nothing is left to send.

    >>> import driftmeter
    >>> driftmeter.flush(timeout_s=1)
    True

    """
    pipeline = current.installed()
    return True if pipeline is None else pipeline.flush(timeout_s)


def shutdown(timeout_s: float = 5.0) -> bool:
    """Flush; what is predicted afterwards is served, but no longer recorded.

    Args:
        timeout_s: how long to wait at most, in seconds.

    Returns:
        True when nothing is left to send.

    """
    pipeline = current.installed()
    return True if pipeline is None else PATIENCE.end(pipeline.shutdown, timeout_s)


def _assembled(given: Mapping[str, object]) -> Pipeline:
    try:
        return assemble(given)
    finally:  # also where it fails: providers may have been set up before
        # Anew for each pipeline: exit runs in reverse, so those who were there before get what we hand over.
        before_leaving(_at_exit)


def _at_exit() -> None:
    PATIENCE.end(_end, EXIT_TIMEOUT_S)


def _end(timeout_s: float) -> bool:
    """Hand over, then events first; the providers that were set up here end beside them, all within one deadline."""
    deadline_s = time.monotonic() + timeout_s
    pipeline = current.installed()
    if pipeline is not None:
        pipeline.drain(timeout_s)
    OWN.begin(min(HEAD_START_S, _left_s(deadline_s) / 2))
    done = pipeline is None or pipeline.end(_left_s(deadline_s))
    OWN.go()
    if OWN.done(_left_s(deadline_s)):
        return done
    with contextlib.suppress(Exception):  # the handlers that get this are the user's
        _log.warning("no answer to spans or metrics in the end; what was left of them is lost")
    return False


def _left_s(deadline_s: float) -> float:
    return max(0.0, deadline_s - time.monotonic())


def _renew_lock() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


in_child(_renew_lock)
