"""References of vectors and text, built, kept, and held against live rows."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftmeter.columns import Columns, read_inputs
from driftmeter.drift import DriftMonitor, Reference, ReferenceBuilder, WindowByRows, compare
from driftmeter.drift.binning import Binning
from driftmeter.drift.deriving.learning_texts import KNOWN_TOKENS, TextLearner
from driftmeter.drift.deriving.learning_vectors import halves
from driftmeter.drift.deriving.texts import token_hashes

WORDS = np.array([f"w{n}" for n in range(3000)])
ODDS = 1 / np.arange(1, 3001) / (1 / np.arange(1, 3001)).sum()
MIXING = np.random.default_rng(9).normal(size=(4, 12))


def _vectors(n, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 4)) @ MIXING + 0.2 * rng.normal(size=(n, 12)) + shift


def _texts(n, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(5, 25), p=ODDS)) for _ in range(n)]


def _data(n, seed, **other):
    x = np.random.default_rng(seed).normal(size=n)
    return {"e": _vectors(n, seed), "note": _texts(n, seed), "x": x, **other}


REFERENCE = Reference.from_data(_data(3000, 1), model="m")
DERIVED = ("e.norm", "e.pc0", "e.pc1", "e.pc2", "e.pc3")
OF_TEXT = ("note.length", "note.tokens", "note.non_ascii", "note.digits", "note.unseen_tokens")


def test_vectors_and_text_are_found_and_stand_under_derived_names():
    """In the data's order; the names that a call must use are those of the data."""
    assert tuple(REFERENCE.columns) == (*DERIVED, *OF_TEXT, "x")
    assert REFERENCE.input_names == ("e", "note", "x")


def test_a_reference_with_derived_columns_is_kept_whole():
    """The same hash, the same counts, the same numbers for the same rows."""
    again = Reference.from_dict(json.loads(json.dumps(REFERENCE.to_dict())))
    assert again.hash == REFERENCE.hash
    live = _data(500, 2)
    assert compare(again, live).to_dict() == compare(REFERENCE, live).to_dict()


@pytest.mark.parametrize("kinds", [{"e": "vector", "note": "text"}, {"note": "text", "e": "vector", "x": "numeric"}])
def test_kinds_may_be_asked_for(kinds):
    """As those of other columns, in the order asked for."""
    data = {**_data(200, 1), "note": ["short"] * 200}
    reference = Reference.from_data(data, model="m", columns=kinds)
    assert reference.input_names == tuple(kinds)
    assert reference.columns["note.length"].shares["5"] == 1.0


@pytest.mark.parametrize(
    "column",
    [["a short text"] * 300, [f"label {n % 7} of a long name" for n in range(300)], [f"{n}" for n in range(300)],
     _texts(99, 1)],
)  # fmt: skip
def test_categories_stay_categories(column):
    """Few different ones, short ones, too few to tell."""
    assert tuple(Reference.from_data({"c": column}, model="m").columns) == ("c",)


@pytest.mark.slow
def test_undrifted_rows_raise_nothing_and_drifted_ones_do():
    """New words, and embeddings of another place."""
    quiet = compare(REFERENCE, _data(2000, 3)).features
    assert not any(found["alarm"] for found in quiet.values())
    other = {
        **_data(2000, 4),
        "e": _vectors(2000, 4, shift=1.5),
        "note": [text.replace("w", "v") for text in _texts(2000, 4)],
    }
    drifted = {name for name, found in compare(REFERENCE, other).features.items() if found["alarm"]}
    assert "note.unseen_tokens" in drifted
    assert drifted & set(DERIVED)
    assert not drifted & {"x", "note.length", "note.tokens", "note.digits"}


@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda n, s: np.random.default_rng(s).normal(size=(n, 24)), _texts])
def test_the_reference_is_not_flattered_by_what_was_learnt_of_it(make):
    """Over many small references p-values are as without learning: with axes or words fitted to it they were not."""
    p_values = [
        [found["psi_pvalue"] for name, found in compare(reference, {"c": make(400, 1000 + seed)}).features.items()
         if name in {"c.pc0", "c.pc1", "c.unseen_tokens"}]
        for seed in range(40)
        for reference in [Reference.from_data({"c": make(400, seed)}, model="m")]
    ]  # fmt: skip
    assert np.mean(np.array(p_values) < 0.01) < 0.06
    assert np.mean(p_values) > 0.38


def test_words_are_known_to_a_text_only_from_other_texts():
    """A word of one text alone is new to that text, as it would be to a live one."""
    learner = TextLearner("c")
    learner.scan(["common rare", "common other", "common"])
    live, own, sample = learner.fitted()
    assert live.known == set(token_hashes("common rare other"))
    assert own.known == set(token_hashes("common"))
    assert sorted(sample["c.unseen_tokens"]) == [0.0, 0.5, 0.5]


def test_the_most_frequent_words_are_known():
    """As many as are kept, by the number of texts that have them."""
    learner = TextLearner("c")
    learner.scan([" ".join(f"t{n}" for n in range(start, start + 200)) for start in range(0, 3000, 200)] * 2)
    learner.scan([f"t{n}" for n in range(2000, 2600)] * 3)
    live, own, _ = learner.fitted()
    frequent = {each for n in range(2000, 2600) for each in token_hashes(f"t{n}")}
    assert len(live.known) == KNOWN_TOKENS
    assert frequent <= own.known <= live.known


def test_what_is_held_of_a_text_column_is_bounded():
    """However many words there are."""
    learner = TextLearner("c")
    for start in range(0, 120_000, 1000):
        learner.scan([" ".join(f"t{n}" for n in range(at, at + 100)) for at in range(start, start + 1000, 100)])
    assert len(learner._texts_with) <= 100_000


def test_halves_are_told_by_contents_alone():
    """About equal, the same in any order and form."""
    rows = np.random.default_rng(0).normal(size=(4000, 7))
    found = halves(rows)
    assert 0.45 < found.mean() < 0.55
    assert (halves(rows[::-1]) == found[::-1]).all()
    assert (halves(np.array([[0.0, 1.0]])) == halves(np.array([[-0.0, 1.0]]))).all()
    integers = np.array(list(itertools.product(range(8), repeat=3)), np.float64)
    assert 0.4 < halves(integers).mean() < 0.6


@settings(max_examples=settings.default.max_examples // 10)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=4))
def test_chunks_of_any_size_give_the_same_reference(sizes):
    """As long as the first of them tells what the columns are."""
    sizes = [300, *sizes]
    data = _data(sum(sizes), 5)
    ends = [0, *itertools.accumulate(sizes)]
    chunks = [{name: column[a:b] for name, column in data.items()} for a, b in itertools.pairwise(ends)]
    builder = ReferenceBuilder("m", sample=None)
    for chunk in chunks:
        builder.scan(chunk)
    for chunk in chunks:
        builder.count(chunk)
    found, expected = builder.build(), Reference.from_data(data, model="m")
    assert found.derivations[1].to_dict() == expected.derivations[1].to_dict()
    assert [(c.name, c.edges, c.counts, c.fine) for c in found.columns.values()] == [
        (c.name, c.edges, c.counts, c.fine) for c in expected.columns.values()
    ]


def test_references_of_derived_columns_merge_and_others_are_refused():
    """Rows of a second reference are derived as live rows are."""
    second = Reference.from_data(_data(700, 6), model="m", like=REFERENCE)
    assert tuple(second.columns) == tuple(REFERENCE.columns)
    merged = REFERENCE.merge(second)
    assert merged.columns["e.norm"].n == 3700
    assert merged.derivations == REFERENCE.derivations
    stranger = Reference.from_data({**_data(700, 7), "e": _vectors(700, 7)[:, ::-1]}, model="m")
    with pytest.raises(ValueError, match="derive columns in different ways"):
        REFERENCE.merge(stranger)


def test_a_part_of_the_columns_may_be_built_like_another():
    """Named as they arrive."""
    second = Reference.from_data(_data(300, 6), model="m", like=REFERENCE, columns=["e", "x"])
    assert tuple(second.columns) == (*DERIVED, "x")


def test_only_rows_that_the_axes_have_not_seen_are_counted_along_them():
    """Missing vectors keep their share of what is counted; the panes of time add up to it."""
    e = [None if n % 4 == 0 else row for n, row in enumerate(_vectors(2000, 8))]
    reference = Reference.from_data({"e": e, "t": np.arange(2000.0)}, model="m", time="t")
    norm, along = reference.columns["e.norm"], reference.columns["e.pc0"]
    assert norm.n == 2000
    assert 900 < along.n < 1100
    assert norm.shares["missing"] == 0.25
    assert along.shares["missing"] == pytest.approx(0.25, abs=0.02)
    assert Reference.from_dict(reference.to_dict()).hash == reference.hash


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ({"e": [1.0, 2.0]}, {"columns": {"e": "vector"}}, "first value is no sequence of numbers"),
        ({"e": [None, None]}, {"columns": {"e": "vector"}}, "of vectors but has none"),
        ({"x": [1.0]}, {"columns": {"e": "vector"}}, "not in the data"),
        ({"e": [[1, 2]], "e.norm": [1]}, {}, "called as derived columns are"),
        ({"e": [1]}, {"columns": {"e": "embedding"}}, "text, vector"),
    ],
)
def test_what_cannot_be_built_is_refused(data, options, message):
    """With the column and the way out."""
    with pytest.raises(ValueError, match=message):
        Reference.from_data(data, model="m", **options)


@pytest.mark.parametrize(
    "column", [[[1.0, 2.0]], [[1.0, 2.0], None], [[0.0, 0.0]] * 5, [[1.0, 2.0], [1.0]], [None, [1e308, 1e308]]]
)
def test_little_and_odd_vectors_make_a_reference(column):
    """With a norm, and with no more axes than there are rows to learn them from."""
    reference = Reference.from_data({"e": column}, model="m")
    assert reference.columns["e.norm"].n == len(column)
    assert Reference.from_dict(reference.to_dict()).columns == reference.columns
    assert compare(reference, {"e": column}).rows == len(column)


@pytest.mark.parametrize(
    "column",
    [
        ["text"] * 5, [7.0] * 5, [None] * 5, [[1.0]] * 5, [[1.0] * 13] * 5, np.zeros((5, 3)), np.zeros(5),
        [[math.nan] * 12] * 5, [["x" * 10**6] * 12] * 5,
    ],
)  # fmt: skip
def test_live_vectors_of_another_kind_are_unseen_or_missing(column):
    """Never raised over; every row is counted in every derived column."""
    binning = Binning(REFERENCE)
    batch = binning.read(read_inputs({"e": column, "x": [0.0] * 5}), None, 5)
    counts = binning.by_column(binning.count(batch, slice(None)))
    missing, unseen = counts["e.norm"][-2:]
    assert missing + unseen == 5
    assert all(counts[name].sum() == 5 for name in DERIVED)
    assert batch.unknown == 0


def test_a_monitor_derives_what_comes():
    """A batch of rows in a list, a table; a column that does not come is absent under its derived names."""
    monitor = DriftMonitor(REFERENCE, windows=[WindowByRows(1000, 2)])
    live = _data(500, 8)
    rows = [dict(zip(live, values, strict=True)) for values in zip(*live.values(), strict=True)]
    monitor.observe(read_inputs(rows), None, 0)
    monitor.observe(read_inputs(live), None, 0)
    monitor.observe(Columns(["x", "note"], 500, arrays=[live["x"], [7] * 500]), None, 0)
    assert {reading.name for reading in monitor.readings().readings} >= {*DERIVED, *OF_TEXT, "x"}
    assert monitor.absent["e.pc0"] == 500
    assert monitor.unknown == 0
    unseen = [seen.rows for seen in monitor.observations() if (seen.name, seen.bin) == ("note.tokens", "unseen")]
    assert unseen == [500]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: 7, "a list of objects"),
        (lambda d: [{**d[0], "kind": "picture"}], "known are text and vector"),
        (lambda d: [{**d[0], "name": None}], "no name"),
        (lambda d: [d[0], d[0]], "repeat themselves"),
        (lambda d: [{**d[0], "name": "f"}], "no counts of the derived columns"),
        (lambda d: [{**d[0], "axes": [[1.0]]}], "no list of 12 numbers"),
        (lambda d: [{**d[0], "dimension": -1}], "no axes that fit"),
        (lambda d: [{**d[1], "known_tokens": ["late"]}], "32-bit"),
    ],
)
def test_altered_derivations_are_refused(change, message):
    """A reference file is read with distrust."""
    from driftmeter.drift import storing

    stored = {**REFERENCE.to_dict()}
    stored["derived"] = change(stored["derived"])
    stored["hash"] = storing.hash_of(stored)
    with pytest.raises(ValueError, match=message):
        Reference.from_dict(stored)
