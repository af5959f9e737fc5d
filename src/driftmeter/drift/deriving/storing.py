"""Derivations as part of a reference's JSON, read with distrust."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from driftmeter.drift.deriving.derivation import Derivation
from driftmeter.drift.deriving.texts import TextDerivation
from driftmeter.drift.deriving.vectors import MAX_AXES, VectorDerivation

_REBUILD: Final = "build the reference again (driftmeter reference build, or Reference.from_data)"


def derivations_from_list(stored: object, columns: Collection[str]) -> tuple[Derivation, ...]:
    """Read the stored derivations.

    Args:
        stored: what stands under `derived`.
        columns: names of the reference's columns.

    Raises:
        ValueError: anything but a list of derivations whose columns the reference has.

    """
    if not isinstance(stored, list) or not all(isinstance(each, Mapping) for each in stored):
        raise ValueError(f"the derived columns are {type(stored).__name__}, they must be a list of objects; {_REBUILD}")
    derivations = tuple(_derivation(each) for each in stored)
    names = [name for each in derivations for name in each.names]
    if len({each.name for each in derivations}) < len(derivations) or len(set(names)) < len(names):
        raise ValueError(f"the derived columns {names[:20]} repeat themselves; {_REBUILD}")
    if unknown := set(names) - set(columns):
        raise ValueError(f"the reference has no counts of the derived columns {sorted(unknown)[:8]}; {_REBUILD}")
    return derivations


def _derivation(stored: Mapping[str, object]) -> Derivation:
    name = stored.get("name")
    if not isinstance(name, str):
        raise ValueError(f"a derived column is of {name!r}, which is no name; {_REBUILD}")  # noqa: TRY004  # a file's fault
    if stored.get("kind") == "text":
        return _text(name, stored.get("known_tokens"))
    if stored.get("kind") == "vector":
        return _vector(name, stored.get("dimension"), stored.get("axes"))
    raise ValueError(f"column {name!r} is derived as {stored.get('kind')!r}; known are text and vector; {_REBUILD}")


def _text(name: str, tokens: object) -> TextDerivation:
    if not isinstance(tokens, list) or not all(type(token) is int and 0 <= token < 2**32 for token in tokens):
        raise ValueError(f"the known tokens of column {name!r} are no list of 32-bit numbers; {_REBUILD}")
    return TextDerivation(name, frozenset(tokens))


def _vector(name: str, dimension: object, axes: object) -> VectorDerivation:
    if type(dimension) is not int or dimension < 1 or not isinstance(axes, list) or len(axes) > MAX_AXES:
        raise ValueError(f"column {name!r} has vectors of {dimension!r} numbers and no axes that fit; {_REBUILD}")
    for axis in axes:
        if not isinstance(axis, list) or len(axis) != dimension or not {float, int}.issuperset(map(type, axis)):
            raise ValueError(f"an axis of column {name!r} is no list of {dimension} numbers; {_REBUILD}")
    return VectorDerivation(name, dimension, np.array(axes, np.float64).reshape(len(axes), dimension))
