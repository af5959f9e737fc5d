from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.drift import Reference
from driftmeter.drift.storing import hash_of

DATA = {"x": [1.5, 2.25, 2.5, None], "city": ["a", "ø", "\ud800", None], "ok": [True, False, None, True]}


@pytest.fixture
def stored():
    return json.loads(json.dumps(Reference.from_data(DATA, model="m", version="7", outputs=["x"]).to_dict()))


def _rehashed(stored):
    return {**stored, "hash": hash_of(stored)}


@given(st.lists(st.one_of(st.none(), st.floats(), st.text(), st.integers()), min_size=1, max_size=20))
def test_a_stored_reference_comes_back_as_it_was(values):
    """Through JSON text, for any mix of values."""
    reference = Reference.from_data({"x": values}, model="m", trained_at="2026-01-01")
    back = Reference.from_dict(json.loads(json.dumps(reference.to_dict())))
    assert back.to_dict() == reference.to_dict()
    assert back.hash == reference.hash


def test_files_are_the_same_bytes_every_time(tmp_path):
    """So that a reference can be kept under version control; no part of a file is left beside it."""
    for name in ("one.json", "two.json", "one.json"):
        Reference.from_data(DATA, model="m").save(tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.json", "two.json"]
    assert Reference.load(tmp_path / "one.json") == Reference.from_data(DATA, model="m")


def test_a_failed_save_leaves_the_old_file(tmp_path):
    """And nothing else."""
    target = tmp_path / "one.json"
    target.mkdir()
    with pytest.raises(OSError, match=r"one.json"):
        Reference.from_data(DATA, model="m").save(target)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("contents", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000])
def test_what_is_no_reference_is_refused_with_its_path(tmp_path, contents):
    """Not by a traceback from the JSON reader."""
    path = tmp_path / "broken.json"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=r"reference.*broken\.json"):
        Reference.load(path)


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path):
    """It says how to make one."""
    with pytest.raises(ValueError, match=r"No such file.*reference build"):
        Reference.load(tmp_path / "none.json")
    with pytest.raises(ValueError, match="cannot be read"):
        Reference.load(tmp_path)


def test_unknown_keys_of_a_later_version_are_left_alone(stored):
    """A reference with more facts in it still loads."""
    later = _rehashed({**stored, "seasons": {"hours": [1, 2]}})
    assert Reference.from_dict(later).version == "7"


def test_another_schema_version_is_refused(stored):
    """With both versions and the way out."""
    with pytest.raises(ValueError, match=r"schema version is 2, this driftmeter reads 1.*build the reference again"):
        Reference.from_dict(_rehashed({**stored, "schema": 2}))


def test_an_altered_reference_is_refused(stored):
    """Also where the alteration makes sense by itself."""
    with pytest.raises(ValueError, match="altered"):
        Reference.from_dict({**stored, "version": "8"})
    with pytest.raises(ValueError, match="altered"):
        Reference.from_dict({key: value for key, value in stored.items() if key != "hash"})


def _first(stored, **changes):
    first, *rest = stored["columns"]
    return {**stored, "columns": [{**first, **changes}, *rest]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edges": [1.5, 1.5, 2.5]}, "do not rise: 1.5 is followed by 1.5"),
        ({"edges": [2.5, 1.5]}, "do not rise"),
        ({"edges": ["1", "2"]}, "not a list of numbers"),
        ({"edges": []}, "at least 2"),
        ({"counts": [1, 2]}, "has 2 counts"),
        ({"counts": [-1]}, "counts are whole numbers"),
        ({"counts": [1.5]}, "counts are whole numbers"),
        ({"counts": None}, "no list of counts"),
        ({"n": 99}, "add up to 4, but it has 99 rows"),
        ({"fine": [0]}, "grid has 512 cells"),
        ({"kind": "colour"}, "colour"),
        ({"role": "label"}, "label"),
        ({"mean": "high"}, "moments"),
        ({"mean": 10**400}, "no float"),
        ({"edges": [1, 10**400]}, "no float"),
        ({"deviations": -1.0}, "add up to -1.0"),
        ({"name": "city"}, "twice"),
    ],
)
def test_a_column_that_cannot_be_counted_by_is_refused(stored, changes, message):
    """Even when the hash fits, since anyone can compute a hash."""
    with pytest.raises(ValueError, match=message):
        Reference.from_dict(_rehashed(_first(stored, **changes)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "format is 'other'"),
        ({"model": ""}, "names its model"),
        ({"model": 7}, "names its model"),
        ({"version": 7}, "text or null"),
        ({"trained_at": "yesterday"}, "trained_at is 'yesterday'; give an ISO 8601 time"),
        ({"columns": {}}, "list of objects"),
        ({"columns": [{}]}, "list of objects"),
    ],
)
def test_a_wrong_envelope_is_refused(stored, changes, message):
    """With the key and what it should hold."""
    with pytest.raises(ValueError, match=message):
        Reference.from_dict(_rehashed({**stored, **changes}))


def test_labels_that_repeat_are_refused(stored):
    """Two bins of one label would split its count."""
    columns = [dict(column) for column in stored["columns"]]
    columns[1]["labels"] = ["a", "a", "b"]
    with pytest.raises(ValueError, match="repeat"):
        Reference.from_dict(_rehashed({**stored, "columns": columns}))
