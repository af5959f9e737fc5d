from __future__ import annotations

import json

import numpy as np
import pytest

from driftmeter.drift import Reference
from driftmeter.drift.storing import hash_of

RNG = np.random.default_rng(4)
REFERENCE = Reference.from_data(
    {
        "x": RNG.normal(size=300),
        "z": np.where(RNG.random(300) < 0.1, np.nan, RNG.normal(size=300)),
        "city": RNG.choice(["a", "b", "\ud800"], 300).tolist(),
        "y": RNG.normal(size=300),
    },
    model="m",
    outputs=["y"],
    sample_rows=20,
)


def _stored(**changes):
    stored = json.loads(json.dumps(REFERENCE.to_dict(), allow_nan=False))
    stored["multivariate"] |= changes
    return {**stored, "hash": hash_of(stored)}


def test_a_stored_section_comes_back_as_it_was():
    back = Reference.from_dict(_stored())
    assert back == REFERENCE
    assert back.hash == REFERENCE.hash


def test_a_reference_without_one_still_loads():
    """Files of before have none."""
    stored = {key: value for key, value in _stored().items() if key not in {"multivariate", "hash"}}
    assert Reference.from_dict({**stored, "hash": hash_of(stored)}).multivariate is None


def test_unknown_keys_of_a_later_version_are_left_alone():
    assert Reference.from_dict(_stored(later=[1])) == REFERENCE


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": "x"},
        {"columns": [{"name": "x", "knots": [2.0, 1.0], "levels": [0.0, 1.0]}]},
        {"columns": [{"name": "gone", "knots": [1.0], "levels": [0.0]}]},
        {"sums": [[1]]},
        {"sums": [[0.5] * 9] * 9},
        {"sums": [[2**70] * 9] * 9},
        {"natural": [1.0]},
        {"natural": [None] * 9},
        {"projection": {}},
        {"law": [1, 2]},
        {"law": [1.0, -1.0, 5, 0.0]},
        {"tables": [{"input": "x", "output": "y", "counts": [[1, 2]]}]},
        {"tables": [{"input": "x", "output": "y", "counts": [[-1]]}]},
        {"tables": [{"input": "x", "output": "gone", "counts": [[1]]}]},
        {"tables": 7},
        {"sample": {"rows": 2, "grades": [[1, 2]], "places": []}},
        {"sample": {"rows": 1, "grades": [[500], [0], [0]], "places": [[0]]}},
        {"sample": {"rows": 1, "grades": [[1], [0], [0]], "places": []}},
        {"rows": "many"},
    ],
)
def test_a_section_that_does_not_fit_is_refused(changes):
    """Even when the hash fits, since anyone can compute a hash."""
    with pytest.raises(ValueError, match=r"multivariate part cannot be read.*build the reference again"):
        Reference.from_dict(_stored(**changes))


@pytest.mark.parametrize("section", [None, [], 5])
def test_a_section_that_is_no_object_is_refused(section):
    stored = {**_stored(), "multivariate": section}
    with pytest.raises(ValueError, match="multivariate part"):
        Reference.from_dict({**stored, "hash": hash_of(stored)})
