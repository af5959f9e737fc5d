"""The multivariate part of a reference as JSON, read with distrust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Floats
from driftmeter.drift.column import ColumnReference
from driftmeter.drift.multivariate.coding import RowCoder
from driftmeter.drift.multivariate.section import MultivariateReference
from driftmeter.stats.multivariate import Grader, MixedRows, PairSums, PcaProjection, ReconstructionLaw
from driftmeter.stats.multivariate.grades import HIGHEST
from driftmeter.stats.multivariate.pair_sums import POWERS

_REBUILD: Final = "build the reference again (driftmeter reference build, or Reference.from_data)"


def section_to_dict(section: MultivariateReference) -> dict[str, object]:
    """Plain lists and numbers."""
    return {
        "rows": section.rows,
        "columns": [
            {"name": name, "knots": list(grader.knots), "levels": list(grader.levels)}
            for name, grader in section.graders.items()
        ],
        "sums": [matrix.ravel().tolist() for matrix in section.sums.sums],
        "natural": section.natural.ravel().tolist(),
        "projection": section.projection.to_dict() if section.projection is not None else None,
        "law": list(section.law) if section.law is not None else None,
        "no_projection": section.no_projection,
        "tables": [
            {"input": names[0], "output": names[1], "counts": counts.tolist()}
            for names, counts in section.tables.items()
        ],
        "sample": None if section.sample is None else _sample_to_dict(section.sample),
    }


def section_from_dict(stored: object, columns: Mapping[str, ColumnReference]) -> MultivariateReference:
    """Read what `section_to_dict` gave; keys that this version does not know are left alone.

    Args:
        stored: JSON of any shape.
        columns: of the reference that it is part of.

    Raises:
        ValueError: something else than was stored: shapes that do not fit, values that are no counts.

    """
    try:
        section = _read(stored)
        _check_columns(section, columns)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ValueError(f"the multivariate part cannot be read: {error!r}; {_REBUILD}") from error
    return section


def _check_columns(section: MultivariateReference, columns: Mapping[str, ColumnReference]) -> None:
    """Raise KeyError or ValueError unless rows coded by these columns fit what is stored."""
    coder = RowCoder(tuple(columns.values()), section.graders)
    if not all(column.numeric for column in coder.graded):
        raise ValueError(f"graded columns {list(section.graders)[:8]} are not all numeric columns of the reference")
    for names, counts in section.tables.items():
        expected = tuple(coder.line_count(name) for name in names)
        if counts.shape != expected:
            raise ValueError(f"the table of {names} has shape {counts.shape}, its columns' bins need {expected}")
    if section.sample is not None and section.sample.places.shape[1] != len(coder.categories):
        raise ValueError("the sample has other categories than the reference")


def _read(stored: Any) -> MultivariateReference:  # JSON of unknown shape: every step checks
    graders = {str(column["name"]): _grader(column) for column in stored["columns"]}
    columns = len(graders)
    projection = None if stored["projection"] is None else PcaProjection.from_dict(stored["projection"])
    if projection is not None and projection.components.shape[1] != columns:
        raise ValueError(f"the projection has {projection.components.shape[1]} columns, the reference grades {columns}")
    return MultivariateReference(
        graders,
        PairSums(_counts(stored["sums"]).reshape(len(POWERS), columns, columns)),
        _floats(stored["natural"]).reshape(columns, columns),
        projection,
        None if stored["law"] is None else _law(stored["law"]),
        None if stored["no_projection"] is None else str(stored["no_projection"]),
        {(str(table["input"]), str(table["output"])): _table(table["counts"]) for table in stored["tables"]},
        None if stored["sample"] is None else _sample(stored["sample"], columns),
        int(_counts([stored["rows"]])[0]),
    )


def _grader(stored: Mapping[str, Any]) -> Grader:
    knots, levels = _floats(stored["knots"]), _floats(stored["levels"])
    if not knots.size or knots.shape != levels.shape or (knots[1:] <= knots[:-1]).any() or np.abs(levels).max() > 1:
        raise ValueError(f"column {stored['name']!r} is graded by knots that do not rise or levels outside [-1, 1]")
    return Grader(tuple(knots.tolist()), tuple(levels.tolist()))


def _law(stored: object) -> ReconstructionLaw:
    mean, std, rows, natural = _floats(stored).tolist()
    if min(std, rows, natural) < 0:
        raise ValueError(f"the law of the reconstruction error is {stored!r}; spread, rows and variance are 0 or more")
    return ReconstructionLaw(mean, std, int(rows), natural)


def _table(stored: object) -> NDArray[np.int64]:
    counts = _counts(stored)
    if counts.ndim != 2 or (counts < 0).any():
        raise ValueError(f"a table has shape {counts.shape}; it holds counts from 0, input bins x output bins")
    return counts


def _sample_to_dict(sample: MixedRows) -> dict[str, object]:
    """By column; a missing grade is null."""
    return {
        "rows": len(sample),
        "grades": [[None if x != x else int(x) for x in column] for column in sample.numbers.T.tolist()],  # noqa: PLR0124
        "places": sample.places.T.tolist(),
    }


def _sample(stored: Mapping[str, Any], columns: int) -> MixedRows:
    rows = int(_counts([stored["rows"]])[0])
    grades = np.array([[np.nan if x is None else x for x in column] for column in stored["grades"]], np.float64)
    places = _counts(stored["places"]).reshape(len(stored["places"]), rows)
    grades = grades.reshape(columns, rows)
    if np.abs(np.nan_to_num(grades)).max(initial=0) > HIGHEST:
        raise ValueError("the sample holds values that are no grades")
    return MixedRows(grades.T, places.T)


def _floats(stored: object) -> Floats:
    found = np.array(stored, np.float64)
    if not np.isfinite(found).all():
        raise ValueError("a value is not finite")
    return found


def _counts(stored: object) -> NDArray[np.int64]:
    found = np.array(stored)
    if found.size and found.dtype.kind != "i":
        raise ValueError(f"counts are whole numbers, these are {found.dtype}")
    return found.astype(np.int64)
