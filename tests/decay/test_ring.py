import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.decay.ring import FIRST_SIZE, Ring

appends = st.lists(st.tuples(st.integers(0, 700), st.booleans(), st.integers(0, 300)), max_size=30)


@given(st.sampled_from([1, 5, FIRST_SIZE, 1000]), appends)
def test_it_keeps_the_latest_in_their_order(most, appends):
    """However many come at once, one value for all or one for each, and whatever is let go of early."""
    ring, kept = Ring(most, number="i8", name="O"), []
    for count, alike, let_go in appends:
        names = [f"{len(kept)}" if alike else f"{place}" for place in range(count)]
        given = np.empty(count, object)
        given[:] = names
        ring.append(count, number=np.arange(len(kept), len(kept) + count), name=f"{len(kept)}" if alike else given)
        kept += zip(range(len(kept), len(kept) + count), names, strict=True)
        ring.oldest = min(ring.next, ring.oldest + let_go)
        assert ring.next == len(kept)
        assert ring.next - ring.oldest <= most
        assert ring.since("number", ring.oldest).tolist() == list(range(ring.oldest, ring.next))
        for number in {ring.oldest, (ring.oldest + ring.next) // 2, ring.next - 1} & set(range(ring.oldest, ring.next)):
            assert (ring.at("number", number), ring.at("name", number)) == kept[number]


def test_it_grows_no_further_than_what_is_kept():
    """Memory follows the use, not the limit."""
    ring = Ring(1_000_000, number="i8")
    for _ in range(10_000):
        ring.append(10, number=1)
        ring.oldest = ring.next - 10
    assert ring._size == FIRST_SIZE
