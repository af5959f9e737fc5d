"""A batch held against the multivariate part of a reference."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from driftmeter.columns import Columns
from driftmeter.drift.multivariate.coding import CodedRows, RowCoder
from driftmeter.drift.multivariate.section import MultivariateReference
from driftmeter.drift.reference import Reference
from driftmeter.stats.multivariate import (
    MixedRows,
    PairSums,
    association_change,
    correlation_change,
    domain_classifier,
    reconstruction_drift,
)
from driftmeter.stats.multivariate.correlation import sidak

MAX_ROWS: Final = 10_000
"""Rows of a batch that are looked at; more are sampled at random."""

_NAMED: Final = 10
"""Contributions named in a report, the largest."""


def compare_together(reference: Reference, table: Columns, alpha: float) -> dict[str, object]:
    """The multivariate part of a report, as plain values; empty where the reference has no such part.

    The classifier, and associations with categories, have no measure of how the reference varies by itself: their
    p-values are those of independent rows. Where the reference was built with its times, so that the others do have it,
    these are marked with `evidence`: to look into, not to be woken by.

    Args:
        reference: what to compare with.
        table: the batch, its columns named as the reference's.
        alpha: probability that one of the statistics raises an alarm without drift.

    """
    section = reference.multivariate
    if section is None:
        return {}
    in_order, table = reference.variation is not None, _sampled(table)
    tabled = {name for names in section.tables for name in names}
    coder = RowCoder(tuple(reference.columns.values()), section.graders, tabled)
    rows = coder(table)
    return {
        "rows": len(rows),
        "reconstruction": _reconstruction(section, coder, table, rows, alpha),
        "correlation": _correlation(section, rows, alpha),
        "classifier": _classifier(section, coder, table, rows, alpha, in_order=in_order),
        "association": _association(section, coder, table, rows, alpha, in_order=in_order),
    }


def _reconstruction(
    section: MultivariateReference, coder: RowCoder, table: Columns, rows: CodedRows, alpha: float
) -> dict[str, object]:
    if section.projection is None or section.law is None:
        return {"left_out": section.no_projection}
    absent = [column.name for column in coder.graded if column.name not in table]
    if absent:
        return {"left_out": f"columns {absent[:8]} are not in the data"}
    errors = section.projection.reconstruction_error(rows.grades)
    found = reconstruction_drift(float(errors.mean()), len(rows), section.law)
    return {
        "components": len(section.projection.components),
        "error_reference": _finite(section.law.mean),
        "error_live": _finite(found.error),
        "z": _finite(found.z),
        "pvalue": _finite(found.pvalue),
        "alarm": found.pvalue < alpha,
    }


def _correlation(section: MultivariateReference, rows: CodedRows, alpha: float) -> dict[str, object]:
    found = correlation_change(section.sums, PairSums.of(rows.grades), natural=section.natural)
    if found.pair is None:
        return {"left_out": "no pair of numeric columns varies on both sides"}
    names = list(section.graders)
    return {
        "pair": [names[place] for place in found.pair],
        "reference": _finite(found.reference),
        "live": _finite(found.live),
        "z": _finite(found.z),
        "pvalue": _finite(found.pvalue),
        "pairs": found.pairs,
        "alarm": found.pvalue < alpha,
    }


def _classifier(
    section: MultivariateReference, coder: RowCoder, table: Columns, rows: CodedRows, alpha: float, *, in_order: bool
) -> dict[str, object]:
    if section.sample is None:
        return {"left_out": "the reference keeps no sample of rows; build it with sample_rows=5000"}
    graded, labelled = (
        np.array([column.name in table for column in columns], np.bool_) for columns in (coder.graded, coder.categories)
    )
    sides = [
        MixedRows(side.numbers[:, graded], side.places[:, labelled])
        for side in (section.sample, MixedRows(rows.grades, rows.places))
    ]
    found = domain_classifier(*sides)
    names = [column.name for column in (*coder.graded, *coder.categories) if column.name in table]
    largest = np.argsort(-np.nan_to_num(found.contributions), kind="stable")[:_NAMED].tolist()
    return {
        "auc": _finite(found.auc),
        "pvalue": _finite(found.pvalue),
        "contributions": {names[place]: _finite(found.contributions[place]) for place in largest},
        "rows_reference": found.rows_reference,
        "rows_live": found.rows_live,
        "alarm": found.pvalue < alpha,
        "evidence": in_order,
    }


def _association(
    section: MultivariateReference, coder: RowCoder, table: Columns, rows: CodedRows, alpha: float, *, in_order: bool
) -> dict[str, object]:
    """By output and input; the alarm stays within `alpha` over all of them (Sidak)."""
    graded = {name: place for place, name in enumerate(section.graders)}
    seen = {names: counts for names, counts in section.tables.items() if set(names) <= set(table.names)}
    found: dict[str, dict[str, object]] = {}
    for (of_input, of_output), counts in seen.items():
        ordered = of_input in graded and of_output in graded
        change = association_change(
            counts,
            coder.table(rows, of_input, of_output),
            ordered_input=of_input in graded,
            ordered_output=of_output in graded,
            natural=float(section.natural[graded[of_input], graded[of_output]]) if ordered else 0.0,
        )
        plain = {key: _finite(value) if isinstance(value, float) else value for key, value in change._asdict().items()}
        alarm = not math.isnan(change.pvalue) and sidak(change.pvalue, len(seen)) < alpha
        found.setdefault(of_output, {})[of_input] = {**plain, "alarm": alarm, "evidence": in_order and not ordered}
    return dict(found)


def _sampled(table: Columns) -> Columns:
    if table.rows <= MAX_ROWS:
        return table
    rows = np.sort(np.random.default_rng(0).choice(table.rows, MAX_ROWS, replace=False))
    columns = [table[name] for name in table.names]
    taken = [c[rows] if isinstance(c, np.ndarray) else [c[row] for row in rows.tolist()] for c in columns]
    return Columns(table.names, MAX_ROWS, arrays=taken)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
