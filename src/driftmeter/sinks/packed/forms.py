"""From a look to a form: the names and kinds of the columns, and how to get at the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import CameAs, Columns, came_as
from driftmeter.pipeline.contracts import Array
from driftmeter.sinks.packed.looks import CODES

MAX_COLUMNS = 1024
MAX_ARRAY_BYTES = 128 * 1024
"""A larger batch is read the long way, which cuts it to what an event may hold."""

Values = Callable[[Any], Any]


class Unpackable(Exception):  # noqa: N818  # no error, but the other way to go
    """A call that has to be read and recorded the long way."""


class Form(NamedTuple):
    """How values of one look are packed: as one row of single values (`codes`) or as an array of rows (`dtype`)."""

    names: tuple[str, ...] | None
    """None where the values came without names."""
    codes: str
    dtype: str
    width: int
    values: Values
    """What is packed of a value: one for each code, or the bytes of an array of rows x columns."""
    came_as: CameAs = "f"
    """What the numbers of an array were before they became floats."""

    @property
    def row_bytes(self) -> int:
        """Of a row of an array."""
        return self.width * np.dtype(self.dtype).itemsize

    def only(self, places: Sequence[int], names: tuple[str, ...]) -> Form:
        """Some of the columns."""
        if len(places) == self.width:
            return self._replace(names=names)
        values = self.values
        if self.dtype:
            kept, width, dtype = list(places), self.width, self.dtype
            return self._replace(
                names=names,
                width=len(kept),
                values=lambda given: np.frombuffer(values(given), dtype).reshape(-1, width)[:, kept].tobytes(),
            )
        codes = "".join(self.codes[place] for place in places)
        pick = _picker(places)
        return self._replace(
            names=names, codes=codes, width=len(places), values=lambda given: pick(tuple(values(given)))
        )


class Part(NamedTuple):
    """One table of a shape: where its values are found, and how they are packed."""

    name: str
    form: Form


def form_of(given: object, array: Array | None = None, *, flat_is_row: bool) -> Form:
    """The form of a value that has a look, or of the array whose bytes it is.

    Raises:
        Unpackable: there is none, and the value has to be read the long way.

    """
    if array is not None:
        return _array(*array, flat_is_row=flat_is_row)
    if isinstance(given, np.ndarray):
        return _array(given.dtype, given.shape, flat_is_row=flat_is_row)
    if isinstance(given, Columns):
        return Form(given.names, "", "<f8", given.width, _matrix, given.came_as)
    if isinstance(given, dict):
        names = tuple(given)
        if not all(type(name) is str for name in names):
            raise Unpackable
        return Form(cast("tuple[str, ...]", names), _codes(list(given.values())), "", len(names), _values)
    if isinstance(given, list):
        if flat_is_row or len(given) == 1:
            return Form(None, _codes(given), "", len(given), _itself)
        if {*map(type, given)} != {float}:
            raise Unpackable
        return Form(None, "", "<f8", 1, _column)
    return Form(None, _codes([given]), "", 1, alone)


def _array(given: np.dtype[np.generic], shape: Sequence[int], *, flat_is_row: bool) -> Form:
    if given.kind not in "fiub" or given.itemsize > 8:
        raise Unpackable
    width = shape[1] if len(shape) == 2 else shape[0] if flat_is_row else 1
    # As columns have it: numbers of any kind are float64, of which float32 is a part.
    packed = np.dtype("<f4" if given.newbyteorder("<") == np.dtype("<f4") else "<f8")

    def converted(array: NDArray[np.generic] | bytes) -> bytes:
        return np.frombuffer(content(array), given).astype(packed).tobytes()

    return Form(None, "", packed.str, width, content if given == packed else converted, came_as(given))


def _codes(values: Sequence[object]) -> str:
    if not 0 < len(values) <= MAX_COLUMNS:
        raise Unpackable
    try:
        return "".join(CODES[type(value)] for value in values)
    except KeyError:
        raise Unpackable from None


def _values(given: dict[str, object]) -> tuple[object, ...]:
    return tuple(given.values())


def _matrix(given: Columns) -> bytes:
    assert given.matrix is not None
    return content(given.matrix)


def _itself(given: list[object]) -> list[object]:
    return given


def alone(given: object) -> tuple[object]:
    """A single value as a row."""
    return (given,)


def content(array: NDArray[np.generic] | bytes) -> bytes:
    """The bytes of an array, which may be all that is left of it."""
    if isinstance(array, bytes):
        return array
    if array.nbytes > MAX_ARRAY_BYTES:
        raise Unpackable
    return array.tobytes()


def _column(given: list[float]) -> bytes:
    return np.array(given, "<f8").tobytes()


def _picker(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(places) == 1:
        place = places[0]
        return lambda values: (values[place],)
    return itemgetter(*places) if places else lambda _values: ()


def texts_form(given: Mapping[str, str]) -> Form:
    """The form of slices or tags: each value is text."""
    return Form(tuple(given), "s" * len(given), "", len(given), _values)
