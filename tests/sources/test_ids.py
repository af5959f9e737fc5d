"""Ids of predictions are UUIDs of version 7, whoever works them out."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from driftmeter.sources.ids import ID_BITS, uuid_bytes

TIMES_NS = st.integers(0, 2**63 - 1)
BITS = st.integers(0, 2**ID_BITS - 1)


@given(created_ns=TIMES_NS, bits=BITS)
def test_id_is_a_uuid_of_version_7(created_ns, bits):
    """RFC 9562, section 5.7: 48 bits of milliseconds, the version, the variant."""
    made = uuid.UUID(bytes=uuid_bytes(created_ns, bits))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == created_ns // 1_000_000


@given(created_ns=TIMES_NS, bits=BITS, place=st.integers(0, ID_BITS - 1))
def test_id_tells_random_bits_apart(created_ns, bits, place):
    """All but the two in whose place the variant stands."""
    differs = uuid_bytes(created_ns, bits) != uuid_bytes(created_ns, bits ^ 1 << place)
    assert differs == (place not in {62, 63})
