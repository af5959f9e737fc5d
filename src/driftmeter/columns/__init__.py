"""One columnar view of whatever a model takes or returns.

Models are fed mappings, lists of rows, arrays, pandas, polars or Arrow tables. Everything downstream wants the same
thing of them: names, a row count and one sequence per column.
"""

from driftmeter.columns.caller import NUMBERS, rows_of, snapshot, weight_of
from driftmeter.columns.frames import laid_open
from driftmeter.columns.reading import read_inputs, read_outputs
from driftmeter.columns.table import SNAPSHOT_BYTES, CameAs, Column, Columns, Floats, as_floats, came_as, stack

__all__ = [
    "NUMBERS",
    "SNAPSHOT_BYTES",
    "CameAs",
    "Column",
    "Columns",
    "Floats",
    "as_floats",
    "came_as",
    "laid_open",
    "read_inputs",
    "read_outputs",
    "rows_of",
    "snapshot",
    "stack",
    "weight_of",
]
