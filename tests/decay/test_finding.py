import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.decay import finding
from driftmeter.decay.finding import Finder
from driftmeter.decay.ring import Ring

keys = st.integers(0, 5) | st.sampled_from([2**63, 2**64 - 1])


@given(st.lists(st.lists(keys, min_size=1, max_size=9) | keys, max_size=60), st.integers(1, 40))
def test_all_items_of_a_key_are_found_the_latest_first(steps, most):
    """Sorted or not yet, and none that was overwritten; keys are compared to the last bit."""
    least, finding.LEAST_UNSORTED = finding.LEAST_UNSORTED, 4
    try:
        ring, kept = Ring(most, key="u8"), []
        finder = Finder(ring, "key")
        for step in steps:
            if isinstance(step, list):
                ring.append(len(step), key=np.array(step, np.uint64))
                kept += step
            else:
                known = [number for number, key in enumerate(kept) if key == step and number >= len(kept) - most]
                assert list(finder.find(step)) == known[::-1]
    finally:
        finding.LEAST_UNSORTED = least
