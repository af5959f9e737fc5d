import enum
import json
import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.text import MAX_CHARACTERS, as_text


class Colour(enum.StrEnum):
    RED = "red"

    def __str__(self):
        raise RuntimeError("foreign code")


class Number(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("air-time", "air-time"), (7, "7"), (1.5, "1.5"), (True, "True"), (np.int64(7), "7"), (np.float32(1.5), "1.5"),
        (np.str_("a"), "a"), (uuid.UUID(int=7), str(uuid.UUID(int=7))), (Colour.RED, "red"), (Number.ONE, "1"),
    ],
)  # fmt: skip
def test_short_scalars_are_names(given, text):
    """And come out as plain text, without asking foreign code."""
    assert as_text(given) == text
    assert type(as_text(given)) is str


@pytest.mark.parametrize(
    "given", [None, object(), b"x", ["x"], {}, np.array(["a", "b"]), 10**5000, np.longdouble(1)], ids=type
)
def test_anything_else_is_no_name(given):
    """Its `__str__` is not called."""
    assert as_text(given) is None


@given(st.text(st.characters(exclude_categories=())))
def test_names_can_be_encoded_and_are_short(given):
    """Lone surrogates included: what an encoder refuses costs a whole export."""
    text = as_text(given + "\ud800" + given * 100)
    assert text.encode().decode() == text
    assert len(text) <= MAX_CHARACTERS
    assert as_text(text) == text


def test_encodable_names_stay_as_they_are():
    """In any script."""
    assert as_text("vol-transatlantique-é-飛行") == "vol-transatlantique-é-飛行"
    assert json.loads(json.dumps(as_text("\U0001f6eb"))) == "\U0001f6eb"
