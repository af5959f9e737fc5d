"""Ids of predictions: UUIDs of version 7 (RFC 9562), in two steps, of which the caller's thread takes the shorter."""

from __future__ import annotations

import os
import random
import struct
from typing import Final

LOW_BITS: Final = (1 << 62) - 1
VARIANT: Final = 1 << 63
TWO_WORDS: Final = struct.Struct(">QQ")

# Not the `random` module's own generator: a user's `random.seed(0)` must not repeat prediction ids. A forked child
# would repeat its parent's.
_random = random.Random()  # noqa: S311  # ids need to be unique, not secret
os.register_at_fork(after_in_child=_random.seed)

random_bits: Final = _random.getrandbits
"""Takes a number of bits; 74 make an id."""


def uuid_bytes(created_ns: int, bits: int) -> bytes:
    """The 16 bytes of an id, always the same for the same time and the same 74 random bits.

    >>> import uuid
    >>> uuid.UUID(bytes=uuid_bytes(1_700_000_000_000_000_000, 5))
    UUID('018bcfe5-6800-7000-8000-000000000005')

    """
    return TWO_WORDS.pack(created_ns // 1_000_000 << 16 | 0x7000 | bits >> 62, bits & LOW_BITS | VARIANT)
