from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from driftmeter.decay.outputs import Kind, decoded, encoded, scalar


def again(column):
    """What comes out."""
    kind, bits, objects = encoded(column)
    return [
        decoded(int(kind), 0 if objects is not None else int(bits[n]), None if objects is None else objects[n])
        for n in range(len(column))
    ]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (np.array([1.5, -0.0, np.inf]), Kind.FLOAT),
        (np.array([1.5, 2.0], np.float32), Kind.FLOAT),
        (np.array([-1, 2**62]), Kind.INTEGER),
        (np.array([255], np.uint8), Kind.INTEGER),
        (np.array([True, False]), Kind.BOOLEAN),
        ([1.5, 2.5], Kind.FLOAT),
        ([True, False], Kind.BOOLEAN),
        ([1, 2**500], Kind.OBJECT),
        (np.array([2**64 - 1], np.uint64), Kind.OBJECT),
        (np.array(["yes", "no"]), Kind.OBJECT),
        ([1, 1.0, True, None, "yes"], Kind.OBJECT),
        ([], Kind.OBJECT),
    ],
    ids=str,
)
def test_values_come_back_as_they_were(column, kind):
    """Numbers in eight bytes, all else as it is; types included."""
    expected = column.tolist() if isinstance(column, np.ndarray) else column
    assert encoded(column).kind is kind
    assert again(column) == expected
    assert [type(value) for value in again(column)] == [type(value) for value in expected]


def test_vectors_are_no_evidence():
    """An embedding is nothing that a label is compared with."""
    assert again(np.ones((2, 3))) == [None, None]


def test_equal_texts_are_one_object():
    """A hundred classes in a hundred thousand answers are a hundred texts."""
    texts = encoded([str(n % 1).replace("0", "yes") for n in range(10)]).objects
    assert len({id(text) for text in texts}) == 1


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1, 1), (1.5, 1.5), (True, True), ("AA", "AA"), (np.float32(1.5), 1.5), (np.int64(3), 3), (np.array([2]), 2),
        (Decimal("2.50"), 2.5), (Fraction(1, 4), 0.25), (Fraction(10**400), None), (Decimal("sNaN"), None),
        ("x" * 10_000_000, "x" * 256), (10**5000, None), ({"a": 1}, None), (object(), None), (np.ones(3), None),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_only_scalars_and_short_texts_are_kept(value, kept):
    """What is remembered is small, whatever a model returns."""
    assert scalar(value) == kept
