from hypothesis import given
from hypothesis import strategies as st

from driftmeter.resources.devices import busiest, is_whole_disk

DEVICES = st.sampled_from(["sda", "sdb", "sdc", "sdd", "sde"])
TOTALS = st.dictionaries(DEVICES, st.integers(0, 10))


@given(chosen=st.frozensets(DEVICES, max_size=3), totals=TOTALS, limit=st.integers(3, 5))
def test_who_has_a_place_keeps_it_while_present(chosen, totals, limit):
    """Never more than the limit, never one that is gone, never a place taken away, no place left empty."""
    now = busiest(chosen, totals, limit)
    assert len(now) <= limit
    assert chosen & totals.keys() <= now <= totals.keys()
    waiting = {name for name in totals.keys() - now if totals[name] > 0}
    assert not waiting or len(now) == limit
    assert busiest(now, totals, limit) == now


def test_device_that_never_moved_a_byte_gets_no_place():
    """A host has a dozen loop devices."""
    assert busiest(frozenset(), {"loop0": 0, "vda": 1}, 8) == {"vda"}


def test_partition_is_no_whole_disk(monkeypatch):
    """Its bytes are in its disk's."""
    monkeypatch.setattr("pathlib.Path.exists", lambda path: str(path) == "/sys/class/block/sda1/partition")
    assert is_whole_disk("sda")
    assert not is_whole_disk("sda1")
