"""Ids of predictions: UUIDs of version 7 (RFC 9562), in two steps, of which the caller's thread takes the shorter."""

from __future__ import annotations

import random
from typing import Final

from driftmeter.forking import in_child

_RANDOM: Final = (1 << 76) - 1 & ~(3 << 62)
_VERSION_AND_VARIANT: Final = 7 << 76 | 2 << 62

# Not the `random` module's own generator: a user's `random.seed(0)` must not repeat prediction ids. A forked child
# would repeat its parent's.
_random = random.Random()  # noqa: S311  # ids need to be unique, not secret
in_child(_random.seed)

random_bits: Final = _random.getrandbits
"""Takes a number of bits; an id needs `ID_BITS`."""
ID_BITS: Final = 76


def uuid_bytes(created_ns: int, bits: int) -> bytes:
    """The 16 bytes of an id, always the same for the same time and the same random bits.

    >>> import uuid
    >>> uuid.UUID(bytes=uuid_bytes(1_700_000_000_000_000_000, 5))
    UUID('018bcfe5-6800-7000-8000-000000000005')

    """
    return (created_ns // 1_000_000 << 80 | bits & _RANDOM | _VERSION_AND_VARIANT).to_bytes(16)
