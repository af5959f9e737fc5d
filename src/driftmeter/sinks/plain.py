"""Where `Plain` was before it had a room of its own."""

from __future__ import annotations

from driftmeter.plain import MAX_DEPTH, MAX_ITEMS, MAX_STRING_CHARACTERS, Plain

__all__ = ["MAX_DEPTH", "MAX_ITEMS", "MAX_STRING_CHARACTERS", "Plain"]
