from __future__ import annotations

import numpy as np
import pytest

from driftmeter.drift import Reference

RNG = np.random.default_rng(3)
DATA = {
    "x": RNG.normal(size=900),
    "z": RNG.normal(size=900),
    "city": RNG.choice(["a", "b"], 900),
    "y": RNG.normal(size=900),
}


def _part(start, stop, **options):
    part = {name: column[start:stop] for name, column in DATA.items()}
    return Reference.from_data(part, model="m", outputs=["y"], **options)


def test_halves_merged_are_the_whole():
    """Sums and tables to the count; a projection that both share stays, its law adds up."""
    whole = _part(0, 900)
    merged = _part(0, 400, like=whole).merge(_part(400, 900, like=whole)).multivariate
    known = _part(0, 900, like=whole).multivariate
    assert merged.sums == known.sums
    assert all(np.array_equal(counts, known.tables[names]) for names, counts in merged.tables.items())
    assert merged.tables.keys() == known.tables.keys()
    assert (merged.law.mean, merged.law.std) == pytest.approx((known.law.mean, known.law.std), rel=1e-9)
    assert (merged.law.rows, merged.rows) == (900, 900)


def test_merging_does_not_depend_on_the_order():
    whole = _part(0, 900)
    first, second = _part(0, 400, like=whole), _part(400, 900, like=whole)
    one, other = first.merge(second).multivariate, second.merge(first).multivariate
    assert one.sums == other.sums
    assert one.law == pytest.approx(other.law, rel=1e-12)


def test_different_projections_are_dropped_with_the_reason():
    """Where the graders are the same but the components are not."""
    first = _part(0, 400)
    again = Reference.from_dict(first.to_dict())
    section = _part(400, 900, like=first).multivariate
    turned = type(section.projection)(
        section.projection.standardiser, section.projection.components[::-1], section.projection.variances
    )
    merged = again.multivariate.merge(
        type(section)(
            section.graders, section.sums, section.natural, turned, section.law, None, section.tables, None, 500
        )
    )
    assert merged.projection is None
    assert "like=" in merged.no_projection
    assert merged.sums.rows[0, 0] == 900


def test_samples_are_thinned_to_the_same_share():
    """So that the merged sample is one of all rows."""
    first = _part(0, 300, sample_rows=200)
    merged = first.merge(_part(300, 900, sample_rows=60, like=first)).multivariate
    assert len(merged.sample) == 30 + 60
    assert first.merge(_part(300, 900, like=first)).multivariate.sample is None


def test_columns_graded_differently_do_not_add_up():
    """Then nothing is known of them together."""
    first = Reference.from_data({"x": [1, 2, 2, 3], "y": [1, 1, 2, 3]}, model="m")
    second = Reference.from_data({"x": [1, 2, 3, 3], "y": [1, 1, 2, 3]}, model="m")
    assert first.merge(second).multivariate is None


def test_another_order_of_columns_adds_up_the_same():
    first = _part(0, 400, sample_rows=100)
    turned = {name: DATA[name][400:] for name in ("city", "y", "z", "x")}
    options = {"model": "m", "sample_rows": 100, "like": first}
    one = first.merge(Reference.from_data(turned, columns=list(turned), **options)).multivariate
    other = first.merge(_part(400, 900, sample_rows=100, like=first)).multivariate
    assert one == other
