"""What sources may know of the models that are configured: names, versions, columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


def _nothing() -> Mapping[str, int]:
    return _NOTHING


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that has a reference."""

    name: str
    version: str | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    vectors: Mapping[str, int] = field(default_factory=_nothing, hash=False)
    """Columns of which each row is a vector, and of what length."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """The settings that zero-code sources go by."""

    model_name: str | None = None
    model_version: str | None = None
    accept_baggage_id: bool = False


_models: tuple[KnownModel, ...] = ()
DEFAULTS = Defaults()
_defaults = DEFAULTS
_vectors: Mapping[str, Mapping[str, int]] = {}


def announce(models: Sequence[KnownModel], defaults: Defaults = DEFAULTS) -> None:
    """Replace what is known."""
    global _models, _defaults, _vectors  # one pipeline a process, one catalogue
    vectors = {model.name: model.vectors for model in models if model.vectors}
    _models, _defaults, _vectors = tuple(models), defaults, vectors


def known() -> tuple[KnownModel, ...]:
    """The models that have a reference; the very same tuple until the next announcement."""
    return _models


def vectors_of(model: object) -> Mapping[str, int]:
    """A model's columns of vectors, and their lengths: what a reader must know to tell one vector from many rows."""
    return _vectors.get(model, _NOTHING) if _vectors and isinstance(model, str) else _NOTHING


def defaults() -> Defaults:
    """The settings that zero-code sources go by."""
    return _defaults
