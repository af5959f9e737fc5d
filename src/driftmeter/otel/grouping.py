"""Spans or log records as one request, each encoded by itself: what cannot be does not cost its neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

import numpy as np
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from driftmeter.otel.origin import Origins
from driftmeter.otlp import Encoded, Origin, request
from driftmeter.otlp.request import framed

BREATH: Final = 32
"""After so many, a millisecond's work, the interpreter is offered to the threads that make predictions."""


class Originated(Protocol):
    """What comes from a resource and a scope."""

    @property
    def resource(self) -> Resource:
        """Whose it is."""

    @property
    def instrumentation_scope(self) -> InstrumentationScope | None:
        """What made it."""


Item = TypeVar("Item", bound=Originated)


class Encoding(NamedTuple):
    """All of some spans or log records."""

    request: bytes
    """What the signal's collector service takes; once parsed, equal to the SDK's."""
    refused: int
    """How many cannot be encoded."""


def encode_each(items: Sequence[Item], origins: Origins, encoded: Callable[[Item], bytes]) -> Encoding:
    """Encode them by origin, in order; never raises.

    Args:
        items: to be sent together.
        origins: knows their resources and scopes.
        encoded: gives the message of one.

    """
    by_origin: dict[Origin, list[bytes]] = {}
    refused = 0
    for number, each in enumerate(items):
        if number % BREATH == 0:
            time.sleep(0)
        try:
            origin, message = origins.find(each.resource, each.instrumentation_scope), encoded(each)
        except Exception:  # noqa: BLE001  # a time before 1970, say, which must not cost its neighbours
            refused += 1
            continue
        by_origin.setdefault(origin, []).append(message)
    return Encoding(request([together(origin, messages) for origin, messages in by_origin.items()]), refused)


def together(origin: Origin, messages: Sequence[bytes]) -> Encoded:
    """Those of one origin, for `request`, to which the fields of spans, log records and metrics are the same."""
    records = [framed(each) for each in messages]
    offsets = np.zeros(len(records) + 1, np.int64)
    np.cumsum([len(record) for record in records], out=offsets[1:])
    return Encoded(origin, b"".join(records), offsets, np.arange(len(records)))
