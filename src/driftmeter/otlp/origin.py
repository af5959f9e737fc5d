"""Where records come from, OpenTelemetry's resource and scope: said once for all records that share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from opentelemetry.util.types import AnyValue

from driftmeter.otlp.decoding import Undecodable, plain_value
from driftmeter.otlp.wire import any_value, entry_field, sized

Attributes = tuple[tuple[str, AnyValue], ...]
MARK = b"O"
_FIELDS = (
    "resource",
    "resource_schema_url",
    "scope_name",
    "scope_version",
    "scope_schema_url",
    "scope_attributes",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """A resource and an instrumentation scope, as plain values.

    Args:
        resource: the resource's attributes.
        resource_schema_url: which version of the conventions the resource follows.
        scope_name: who made the records.
        scope_version: and in which version.
        scope_schema_url: which version of the conventions the records follow.
        scope_attributes: more about the scope.

    Raises:
        ValueError, TypeError: an attribute that OTLP cannot carry.

    >>> origin = Origin(resource=(("service.name", "air"),), scope_name="driftmeter")
    >>> Origin.from_bytes(origin.to_bytes()) == origin
    True

    """

    resource: Attributes = ()
    resource_schema_url: str = ""
    scope_name: str = ""
    scope_version: str = ""
    scope_schema_url: str = ""
    scope_attributes: Attributes = ()
    _definition: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        facts = {name: getattr(self, name) for name in _FIELDS}
        for name in ("resource", "scope_attributes"):
            pairs = tuple((key, value) for key, value in facts[name])
            object.__setattr__(self, name, pairs)
            facts[name] = dict(pairs)
        object.__setattr__(self, "_definition", MARK + any_value(facts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin) and other._definition == self._definition

    def __hash__(self) -> int:
        return hash(self._definition)

    def to_bytes(self) -> bytes:
        """The definition that a journal keeps for records of this origin."""
        return self._definition

    @staticmethod
    def from_bytes(definition: bytes) -> Origin:
        """The origin of a definition; the last few are remembered.

        Raises:
            Undecodable: the bytes are no definition of an origin.

        """
        return _origin(definition)

    def resource_head(self) -> bytes:
        """The first field of `ResourceLogs`."""
        return _resource_head(self)

    def scope_head(self) -> bytes:
        """The first field of `ScopeLogs`."""
        return _scope_head(self)


@lru_cache(64)
def _origin(definition: bytes) -> Origin:
    facts = plain_value(definition[1:]) if definition[:1] == MARK else None
    if not isinstance(facts, dict):
        raise Undecodable("no definition of an origin")
    resource, scope_attributes = facts.get("resource"), facts.get("scope_attributes")
    texts = {name: facts.get(name, "") for name in _FIELDS if name not in {"resource", "scope_attributes"}}
    if not (isinstance(resource, dict) and isinstance(scope_attributes, dict)):
        raise Undecodable("an origin without its attributes")
    if not all(isinstance(value, str) for value in texts.values()):
        raise Undecodable("an origin whose names are no text")
    return Origin(resource=tuple(resource.items()), scope_attributes=tuple(scope_attributes.items()), **texts)


@lru_cache(64)
def _resource_head(origin: Origin) -> bytes:
    return b"\x0a" + sized(b"".join(entry_field(b"\x0a", *pair) for pair in origin.resource))


@lru_cache(64)
def _scope_head(origin: Origin) -> bytes:
    content = b"".join(entry_field(b"\x1a", *pair) for pair in origin.scope_attributes)
    if origin.scope_version:
        content = b"\x12" + sized(origin.scope_version.encode()) + content
    return b"\x0a" + sized(b"\x0a" + sized(origin.scope_name.encode()) + content)
