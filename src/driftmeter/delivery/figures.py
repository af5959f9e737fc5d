"""What the sender has done so far, as numbers for metrics and for whoever asks."""

from __future__ import annotations

from dataclasses import dataclass, field

from driftmeter.pipeline import Tally


@dataclass(frozen=True, slots=True)
class Status:
    """The sender at one moment; counts since the process began."""

    batches: int
    """Requests that were accepted."""
    records: int
    """Records in them that were stored."""
    gaps: int
    """Reports of lost records among them."""
    retries: dict[str, int]
    """Requests that will be sent again, by reason."""
    rejected: int
    """Records that an accepting backend did not store."""
    buried: dict[str, int]
    """Records in the dead letters, by reason."""
    resent: int
    """Records that were sent again after no answer came: as many duplicates at most."""
    failing_s: float
    """How long the backend has accepted nothing, in seconds; 0 while it is well."""
    lag_s: float
    """How long ago everything was delivered, in seconds; 0 while nothing waits."""
    compressed: bool
    """Whether requests are compressed if the endpoint says so."""
    request_bytes: int
    """The most bytes of one request, before compression."""


@dataclass(slots=True)
class Figures:
    """The counts behind it, written by the sender's thread alone."""

    batches: int = 0
    records: int = 0
    gaps: int = 0
    rejected: int = 0
    resent: int = 0
    retries: Tally = field(default_factory=Tally)
    buried: Tally = field(default_factory=Tally)
