"""Whole arrays of varints are those that protobuf's rules give, only longer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.otlp.decoding import _varint
from driftmeter.otlp.pieces import WIDTHS, width_of
from driftmeter.otlp.varints import varints, widths_of
from driftmeter.otlp.wire import varint


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 70).map(lambda bits: min(2**bits, 2**64) - 1), min_size=1))
def test_every_number_is_read_back_from_its_varint(numbers):
    array = np.array(numbers, np.uint64)
    width = int(widths_of(array.max()))
    content = varints(array, width).tobytes()
    for place, number in enumerate(numbers):
        one = content[place * width : (place + 1) * width]
        assert _varint(one, 0) == (number, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_as_long_as_its_width_is_the_usual_varint(width):
    number = min(2 ** (7 * width), 2**64) - 1
    assert varints(np.array([number], np.uint64), width).tobytes() == varint(number)
    assert width_of(number) == widths_of(np.array([number], np.uint64))[0] == width
