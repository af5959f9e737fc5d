"""What sources may know of the models that are configured: names, versions, columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that has a reference."""

    name: str
    version: str | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Defaults:
    """The settings that zero-code sources go by."""

    model_name: str | None = None
    model_version: str | None = None
    accept_baggage_id: bool = False


_models: tuple[KnownModel, ...] = ()
DEFAULTS = Defaults()
_defaults = DEFAULTS


def announce(models: Sequence[KnownModel], defaults: Defaults = DEFAULTS) -> None:
    """Replace what is known."""
    global _models, _defaults  # one pipeline a process, one catalogue
    _models, _defaults = tuple(models), defaults


def known() -> tuple[KnownModel, ...]:
    """The models that have a reference; the very same tuple until the next announcement."""
    return _models


def defaults() -> Defaults:
    """The settings that zero-code sources go by."""
    return _defaults
