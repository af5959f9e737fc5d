"""Reading a batch that somebody hands over to be counted: there, unlike in flight, a doubtful column is an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from os import PathLike

import numpy as np

from driftmeter.columns import Columns, read_outputs
from driftmeter.columns.caller import NO_VECTORS


def read_batch(data: object, wanted: Collection[str] | None, vectors: Mapping[str, int] = NO_VECTORS) -> Columns:
    """The columns of a batch; a flat list, array or nameless series is one column, since a single row is no batch.

    Args:
        data: anything with columns, as `read_inputs` takes.
        wanted: names of the columns that will be looked at, None for all.
        vectors: as for `read_inputs`.

    Raises:
        TypeError: when `data` has no columns, such as a single value or the path of a file.
        ValueError: columns of different lengths, or two that are wanted under one name.

    >>> read_batch({"age": [31, 64]}, None).names
    ('age',)
    >>> read_batch([31, 64], None)
    Columns(1 columns, 2 rows)

    """
    if data is None or isinstance(data, str | bytes | int | float | np.generic | PathLike):
        raise TypeError(f"{type(data).__name__} has no columns; give a data frame, or a mapping of names to values")
    table = read_outputs(data, vectors=vectors)
    times = Counter(table.names)
    if len(times) < table.width:
        twice = [name for name, n in times.items() if n > 1 and (wanted is None or name in wanted)]
        if twice:
            raise ValueError(f"the data has {times[twice[0]]} columns called {twice[0]!r}; give each a name of its own")
    return table
