"""Which resource and scope telemetry comes from, as OTLP says it once for all that share it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.util.types import AnyValue

from driftmeter import semconv
from driftmeter.otlp import Origin
from driftmeter.plain import Plain

MAX_ORIGINS = 1024


def own_origin(*providers: object) -> Callable[[], Origin]:
    """The origin of this process's own events: that of its other telemetry, so that they can be joined.

    The first provider that has a resource tells it; asked again in a forked child, which is another instance of the
    service.

    >>> own_origin()().scope_name
    'driftmeter'

    """
    known: dict[int, Origin] = {}

    def origin() -> Origin:
        pid = os.getpid()
        if (found := known.get(pid)) is None:
            known.clear()
            found = known[pid] = origin_of(_resource(providers), None)
        return found

    return origin


def _resource(providers: tuple[object, ...]) -> Resource:
    for provider in providers:
        resource = getattr(provider, "resource", None)
        if isinstance(resource, Resource):
            return resource
    return Resource.create()


def origin_of(resource: Resource | None, scope: InstrumentationScope | None) -> Origin:
    """A resource and a scope, made plain; of a scope that is None, ours."""
    scope = scope or InstrumentationScope(semconv.SCOPE_NAME, semconv.SCOPE_VERSION)
    plain = Plain()
    resource = resource or Resource.create({})
    return Origin(
        resource=_pairs(plain, resource.attributes),
        resource_schema_url=resource.schema_url,
        scope_name=scope.name,
        scope_version=scope.version or "",
        scope_schema_url=scope.schema_url or "",
        scope_attributes=_pairs(plain, scope.attributes or {}),
    )


def _pairs(plain: Plain, attributes: Mapping[str, object]) -> tuple[tuple[str, AnyValue], ...]:
    return tuple((plain.key(key), plain.value(value)) for key, value in attributes.items())


class Origins:
    """Remembers the origins of a process, which has a few.

    >>> origins = Origins()
    >>> resource = Resource({"service.name": "air"})
    >>> origins.find(resource, None) is origins.find(resource, None)
    True

    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[object, object, Origin]] = {}
        self._lock = threading.Lock()

    def find(self, resource: Resource | None, scope: InstrumentationScope | None) -> Origin:
        """The origin of a resource and a scope."""
        # By identity, since hashing a resource costs more than all the rest; what is kept here keeps its identity.
        key = (id(resource), id(scope))
        if (known := self._known.get(key)) is not None:
            return known[2]
        found = origin_of(resource, scope)
        with self._lock:
            if len(self._known) < MAX_ORIGINS:
                self._known[key] = (resource, scope, found)
        return found
