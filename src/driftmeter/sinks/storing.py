"""What may be said of predictions in events, whichever way these go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftmeter.capture import Capture, Retention, Subjects


@dataclass(frozen=True, slots=True)
class Storing:
    """The rules that all doors have in common.

    Args:
        capture: which columns, and in which form.
        hashes: of the references, by model.
        subjects: whom a prediction is about, as a pseudonym.
        retention: until when an event is to be kept.

    """

    capture: Capture = field(default_factory=Capture)
    hashes: Mapping[str, str] = field(default_factory=dict)
    subjects: Subjects = field(default_factory=Subjects)
    retention: Retention = field(default_factory=lambda: Retention(None))
