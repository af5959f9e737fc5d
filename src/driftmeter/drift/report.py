"""A batch of data held against a reference, as one report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from driftmeter.columns import Columns
from driftmeter.drift.batches import read_batch
from driftmeter.drift.binning import Binning
from driftmeter.drift.budget import FixedChance
from driftmeter.drift.deriving.derivation import expand
from driftmeter.drift.evaluation import Evaluation, Evaluator
from driftmeter.drift.exactness import Values, bounds_on_cells, from_samples
from driftmeter.drift.limits import Limits
from driftmeter.drift.multivariate.comparing import compare_together
from driftmeter.drift.multivariate.gathering import MAX_SAMPLE
from driftmeter.drift.multivariate.summary import summary_lines
from driftmeter.drift.natural import NaturalLaw
from driftmeter.drift.reference import Reference
from driftmeter.drift.report_html import report_html
from driftmeter.drift.rhythm.expectation import Expectation, Steady, expectation
from driftmeter.drift.ring import Counts
from driftmeter.drift.rule import BudgetRule, Verdict
from driftmeter.drift.time_panes import read_times
from driftmeter.drift.variation import Variation
from driftmeter.text import printable

_BESIDE = ("_pvalue", "_threshold", "_exact", "_error_bound")
"""What stands beside a statistic, by the end of its name."""

_END_S = 2**63 / 1e9
"""So many seconds before and after 1970 can be told in nanoseconds."""

_NAME_CHARACTERS = 60
"""Of a name in the readable table; longer ones would make every line as long."""


@dataclass(frozen=True)
class DriftReport:
    """What distinguishes some data from a reference, column by column.

    Attributes:
        model: name of the model.
        rows: rows of the data.
        features: per column name its statistics, p-values, rates on both sides and `alarm`; a statistic that the
            column does not have (KS of categories) is None. `ks_exact` and `wasserstein_exact` say whether these were
            computed from the samples; `ks_error_bound` and `wasserstein_error_bound` by how much they may be off.
        multivariate: what no column shows by itself: `reconstruction`, `correlation`, `classifier`, `association`, each
            with p-value and `alarm`, or with the reason why it was `left_out`; empty where the reference knows nothing
            of its columns together, or nothing was asked for.

    """

    model: str
    rows: int
    features: Mapping[str, Mapping[str, float | bool | None]]
    multivariate: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        features = {name: MappingProxyType(dict(values)) for name, values in self.features.items()}
        object.__setattr__(self, "features", MappingProxyType(features))
        object.__setattr__(self, "multivariate", MappingProxyType(dict(self.multivariate)))

    def __reduce__(self) -> tuple[object, ...]:  # a frozen mapping cannot be pickled as it is
        return DriftReport, tuple(self.to_dict().values())

    def to_dict(self) -> dict[str, object]:
        """The report as plain values: `{"model": …, "rows": …, "features": {name: {"psi": …, …}}, …}`."""
        return {
            "model": self.model,
            "rows": self.rows,
            "features": {name: dict(values) for name, values in self.features.items()},
            "multivariate": dict(self.multivariate),
        }

    def to_rows(self) -> list[dict[str, object]]:
        """The report as tidy rows, for data frames: one per column and statistic that the column has.

        >>> reference = Reference.from_data({"age": list(range(100)) * 10}, model="demo")
        >>> compare(reference, {"age": [90] * 300}).to_rows()[0]["statistic"]
        'psi'

        """
        return [
            {
                "model": self.model,
                "column": name,
                "statistic": statistic,
                "value": value,
                "p_value": values.get(f"{statistic}_pvalue"),
                "threshold": values.get(f"{statistic}_threshold"),
                "error_bound": values.get(f"{statistic}_error_bound"),
                "alarm": values["alarm"],
            }
            for name, values in self.features.items()
            for statistic, value in values.items()
            if value is not None and not statistic.endswith(_BESIDE) and statistic != "alarm"
        ]

    def _repr_html_(self) -> str:
        return report_html(self._title(), self.features, self._below())

    def __str__(self) -> str:
        """A table, one line per column, the drifted ones marked; below it what the columns show together."""
        shown = ("psi", "psi_threshold", "js", "ks", "wasserstein", "missing_live", "out_of_range_live", "unseen_live")
        shorts = {name: printable(name, _NAME_CHARACTERS) for name in self.features}
        width = max(len("column"), *map(len, shorts.values()))
        head = f"{'column':{width}} drift " + " ".join(f"{name:>17}" for name in shown)
        lines = [self._title(), head]
        for name, values in self.features.items():
            mark = "DRIFT" if values["alarm"] else "-"
            lines.append(f"{shorts[name]:{width}} {mark:5} " + " ".join(f"{_shown(values[key]):>17}" for key in shown))
        return "\n".join(lines + self._below())

    def _title(self) -> str:
        return f"{printable(self.model)}: {self.rows} rows against the reference"

    def _below(self) -> list[str]:
        return [printable(line) for line in (*self._exactness(), *summary_lines(self.multivariate))]

    def _exactness(self) -> list[str]:
        bounds = {
            name: float(values["ks_error_bound"] or 0.0)
            for name, values in self.features.items()
            if "ks_exact" in values
        }
        worst = max(bounds, key=lambda name: bounds[name], default=None)
        if worst is None:
            return []
        if not bounds[worst]:
            return ["KS and Wasserstein are those of the samples"]
        return [f"KS is from cells, and too small by at most {bounds[worst]:.2g} (of {worst})"]


def compare(reference: object, data: object, *, alpha: float = 1e-6, multivariate: bool = True) -> DriftReport:
    """Hold a batch of data against a reference, or two batches against each other.

    With two batches KS, its p-value and Wasserstein are exact; with a `Reference` they come from its fine cells, within
    the bounds that the report states. All else is counted by the reference's bins in either case.

    Args:
        reference: what to compare with: a `Reference`, or data as below.
        data: anything with columns, as `Reference.from_data` takes; columns that the reference lacks are left out,
            and so are columns of the reference that the data lacks. Where the reference has a profile and the data its
            time column, bins are held against what the reference shows for these hours or months.
        alpha: probability that any column raises an alarm though none has drifted, see `BudgetRule`; and likewise for
            each of the multivariate statistics.
        multivariate: whether the report also tells what columns show together, from up to 10,000 rows of the data;
            without, it takes about half the time.

    Raises:
        TypeError: when `data` has no columns.
        ValueError: no rows, no column of the reference or two of its name, or times of the profile that are none.

    >>> reference = Reference.from_data({"age": list(range(100)) * 10}, model="demo")
    >>> report = compare(reference, {"age": [90] * 300})
    >>> report.features["age"]["alarm"]
    True

    >>> compare({"age": [1.0, 2.0, 4.0]}, {"age": [2.0, 4.0]}).features["age"]["wasserstein"]
    0.6666666666666666

    """
    if isinstance(reference, str | PathLike):
        raise TypeError(f"{str(reference)!r} is a path; give Reference.load(path), or data")
    if isinstance(reference, Reference):
        return _report(reference, data, alpha, None, multivariate=multivariate)
    sample = read_batch(reference, None)
    counted = Reference.from_data(sample, model="data", sample_rows=MAX_SAMPLE)
    return _report(counted, data, alpha, sample, multivariate=multivariate)


def _report(
    reference: Reference, data: object, alpha: float, sample: Columns | None, *, multivariate: bool
) -> DriftReport:
    table = read_batch(data, (*reference.input_names, *reference.output_names), reference.vectors)
    binning = Binning(reference)
    in_order = table.positional and table.width == len(reference.input_names)
    inputs = table.named(reference.input_names) if in_order else table
    batch = binning.read(inputs, inputs.only(frozenset(reference.output_names)), table.rows)
    arrived = [place for place in range(len(binning.columns)) if place not in set(batch.absent)]
    if not table.rows or not arrived:
        raise ValueError(
            f"the data has {table.rows} rows of {list(table.names)[:20]}; give at least one row of one of the"
            f" reference's columns {list(reference.columns)[:20]}"
        )
    expected, times_ns = _expected(reference, table, binning)
    total = expected.counting(times_ns).count(batch, slice(None))
    counts, own_counts, evaluator = total[expected.ahead :], binning.reference_counts(), expected.evaluator(total)
    live, own = evaluator.evaluate(counts), expected.whole.evaluate(own_counts)
    verdict = _judged(expected.variation, evaluator, binning, counts, alpha)
    names = {binning.columns[place].name: _line(live, own, verdict, place) for place in arrived}
    for name, bounds in bounds_on_cells(binning, own_counts, counts).items():
        if name in names:
            at_hand = sample is not None and name in sample and sample
            names[name] |= _plain(from_samples(at_hand, inputs, name) if at_hand else bounds)
    ordered = {name: names[name] for name in reference.columns if name in names}
    together = compare_together(reference, expand(inputs, reference.derivations), alpha) if multivariate else {}
    return DriftReport(reference.model, table.rows, ordered, together)


def _line(live: Evaluation, own: Evaluation, verdict: Verdict, place: int) -> dict[str, float | bool | None]:
    values = {name: _finite(found[place]) for name, found in live.values.items()}
    p_values = {f"{name}_pvalue": _finite(found[place]) for name, found in live.p_values.items()}
    rates: dict[str, float | bool | None] = {}
    for rate in ("missing", "out_of_range", "unseen"):
        rates[f"{rate}_reference"] = _finite(own.values[rate][place])
        rates[f"{rate}_live"] = values.pop(rate)
    judged = {"psi_threshold": _finite(verdict.limits[place]), "alarm": bool(verdict.beyond[place])}
    return {**values, **p_values, **rates, **judged}


def _expected(reference: Reference, table: Columns, binning: Binning) -> tuple[Expectation, NDArray[np.int64]]:
    """What to hold the data against, by the profile if the data has times; and these, in nanoseconds."""
    times_ns, evaluator = np.zeros(table.rows, np.int64), Evaluator(binning)
    if reference.profile is None or reference.profile.time not in table:
        return Steady(reference, binning, evaluator), times_ns
    times_s, clock = read_times(table[reference.profile.time], reference.profile.time)
    if table.rows and not clock:
        raise ValueError(
            f"the times in column {reference.profile.time!r} are numbers; write dates or date-times, or leave"
            " the column out to compare with the whole reference"
        )
    if (np.abs(times_s) >= _END_S).any():
        raise ValueError(
            f"the times in column {reference.profile.time!r} lie before 1678 or after 2261; drop such rows"
        )
    return expectation(reference, binning, evaluator), (times_s * 1e9).astype(np.int64)


def _judged(
    variation: Variation | None, evaluator: Evaluator, binning: Binning, counts: Counts, alpha: float
) -> Verdict:
    """One look by the rule of the alarms, without the patience that it has with windows to come."""
    seen = evaluator.glance(counts)
    limits = Limits()
    if variation is not None:
        natural = NaturalLaw(binning, variation)
        limits = Limits(natural, natural.length_of_rows(int(seen.rows.max())))
    rule = BudgetRule(limits, FixedChance(alpha))
    return rule.look(seen, evaluator.n_reference, seen.rows > 0, rows=0)


def _plain(values: Values) -> Values:
    return {name: value if value is None or math.isfinite(value) else None for name, value in values.items()}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
