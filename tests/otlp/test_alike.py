"""Long lists are written as their items would be one by one."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from driftmeter.otlp.alike import FEW
from driftmeter.otlp.wire import ARRAY, ITEM, any_value, sized

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KINDS = [st.floats(), st.integers(-(2**63), 2**63 - 1), st.booleans(), TEXT]
LISTS = st.one_of(*(st.lists(kind, min_size=FEW - 1, max_size=4 * FEW) for kind in [*KINDS, st.one_of(*KINDS)]))


def one_by_one(items):
    return ARRAY + sized(b"".join(ITEM + sized(any_value(item)) for item in items))


@given(LISTS)
def test_a_list_is_its_items_one_after_the_other(items):
    written = any_value(items)
    assert written == one_by_one(items) == any_value(tuple(items))
    assert len(AnyValue.FromString(written).array_value.values) == len(items)


def test_what_is_equal_but_of_another_type_or_sign_is_kept_apart():
    for items in ([1, True, 1.0] * FEW, [0.0, -0.0] * FEW, [float("nan")] * 2 * FEW):
        assert any_value(items) == one_by_one(items)


def test_a_subclass_is_written_as_what_it_is_underneath():
    class Metres(float):
        pass

    items = [Metres(1.5)] * 2 * FEW
    assert any_value(items) == one_by_one(items) == any_value([1.5] * 2 * FEW)
