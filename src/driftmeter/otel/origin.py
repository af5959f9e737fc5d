"""Which resource the journal's events come from: that of the process's other telemetry, so that they can be joined."""

from __future__ import annotations

import os
from collections.abc import Callable

from opentelemetry.sdk.resources import Resource

from driftmeter import semconv
from driftmeter.otlp import Origin


def origin_of(*providers: object) -> Callable[[], Origin]:
    """The origin of this process's events, as the first provider that has a resource tells it.

    Asked again in a forked child, which is another instance of the service.

    >>> origin_of()().scope_name
    'driftmeter'

    """
    known: dict[int, Origin] = {}

    def origin() -> Origin:
        pid = os.getpid()
        if (found := known.get(pid)) is None:
            known.clear()
            found = known[pid] = _origin(_resource(providers))
        return found

    return origin


def _resource(providers: tuple[object, ...]) -> Resource:
    for provider in providers:
        resource = getattr(provider, "resource", None)
        if isinstance(resource, Resource):
            return resource
    return Resource.create()


def _origin(resource: Resource) -> Origin:
    return Origin(
        resource=tuple(resource.attributes.items()),
        resource_schema_url=resource.schema_url,
        scope_name=semconv.SCOPE_NAME,
    )
