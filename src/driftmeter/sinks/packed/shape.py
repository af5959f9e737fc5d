"""All that calls of one kind share, settled at the first of them: names, layout, what may be stored."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from driftmeter.otlp import Layout
from driftmeter.pipeline import Guard
from driftmeter.plain import MAX_VALUES_BYTES
from driftmeter.record import Prediction, Predictions
from driftmeter.sinks.packed.forms import Part
from driftmeter.sinks.packed.packing import packing
from driftmeter.sinks.packed.unpacking import read_together


class Stored(NamedTuple):
    """What may be stored of calls of a shape, where that is not all that was packed for the worker."""

    layout: Layout
    parts: tuple[Part, ...]


class Shape:
    """Packs calls of one kind, and reads them again.

    Args:
        alike: what the calls have in common, without values.
        layout: of all that the worker needs.
        parts: the layout's tables, in its order.
        stored: what is stored as an event; None where nothing is. Of the same parts if all may be stored.

    Attributes:
        pack: a call's payload for the worker.
        pack_stored: the one to be stored, if that is another. Both raise exceptions of any kind where the values are
            not quite what they looked like, or too many to be stored together: the long way cuts them.

    """

    def __init__(self, alike: Prediction, layout: Layout, parts: Sequence[Part], stored: Stored | None) -> None:
        self.alike = alike
        self.stream = alike.model, alike.version
        self.layout = layout
        self.parts = tuple(parts)
        self.definition = b"" if stored is None else stored.layout.to_bytes()
        same = stored is None or stored.parts == self.parts
        self.pack = packing(layout, self.parts, MAX_VALUES_BYTES if same and stored is not None else inf)
        self.pack_stored = None if same or stored is None else packing(stored.layout, stored.parts, MAX_VALUES_BYTES)

    def read(self, payloads: Sequence[bytes], guard: Guard) -> Sequence[Predictions]:  # noqa: ARG002  # the contract's
        """Calls of this shape, read in one piece."""
        return [read_together(self.alike, self.layout, self.parts, payloads)]
