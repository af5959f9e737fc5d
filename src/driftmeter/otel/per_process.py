"""What a forked child must not share with its parent: connections, locks that were held, and what was counted."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar, cast

from opentelemetry.sdk.metrics import MeterProvider

from driftmeter.forking import in_child

Exporter = TypeVar("Exporter")

_log = logging.getLogger("driftmeter.providers")


def per_process(build: Callable[[], Exporter]) -> Exporter:
    """An exporter that, in a forked child, is built anew when it has something to export.

    Two processes cannot talk on one connection, and the SDK's exporters do not know of a fork. Not at the fork itself,
    where a channel of gRPC could not be opened.
    """
    exporter: Any = build()  # the exporters share no base
    pid, deliver, stop = os.getpid(), exporter.export, exporter.shutdown

    def export(*args: Any, **kwargs: Any) -> Any:
        nonlocal pid, deliver, stop
        if pid != os.getpid():
            own: Any = build()
            pid, deliver, stop = os.getpid(), own.export, own.shutdown
        return deliver(*args, **kwargs)

    def shutdown(*args: Any, **kwargs: Any) -> None:
        if pid == os.getpid():
            stop(*args, **kwargs)

    exporter.export, exporter.shutdown = export, shutdown
    return cast("Exporter", exporter)


def counted_per_process(provider: MeterProvider) -> MeterProvider:
    """The same provider, which in a forked child counts from zero: what the parent counted, the parent sends."""
    mine = weakref.ref(provider)

    def renew() -> None:
        if (known := mine()) is not None:
            _renew(known)

    in_child(renew)
    return provider


def _renew(provider: Any) -> None:
    # The SDK renews its readers' threads but not the locks that they held while collecting, nor the sums.
    try:
        consumer = provider._measurement_consumer  # noqa: SLF001  # the SDK has no public way
        consumer._lock = threading.Lock()  # noqa: SLF001
        for reader in list(consumer._reader_storages):  # noqa: SLF001
            consumer.add_metric_reader(reader)
            if hasattr(reader, "_export_lock"):
                reader._export_lock = threading.Lock()  # noqa: SLF001
    except Exception as fault:  # noqa: BLE001  # another version of the SDK may keep them elsewhere
        _log.debug("metrics of a forked child go on from its parent's", exc_info=fault)
