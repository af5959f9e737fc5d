"""From the journal to the backend: lanes, batches, retries, and what becomes of records that nobody takes."""

from driftmeter.delivery.courier import Pace
from driftmeter.delivery.figures import Status
from driftmeter.delivery.sender import Sender

__all__ = ["Pace", "Sender", "Status"]
