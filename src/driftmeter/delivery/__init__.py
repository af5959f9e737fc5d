"""From the journal to the backend: lanes, batches, retries, and what becomes of records that nobody takes."""

from driftmeter.delivery.figures import Status
from driftmeter.delivery.outbox import Outbox, close_outboxes, open_outbox, outbox_of
from driftmeter.delivery.pace import Pace
from driftmeter.delivery.places import default_directory, default_root
from driftmeter.delivery.sender import Sender

__all__ = [
    "Outbox",
    "Pace",
    "Sender",
    "Status",
    "close_outboxes",
    "default_directory",
    "default_root",
    "open_outbox",
    "outbox_of",
]
