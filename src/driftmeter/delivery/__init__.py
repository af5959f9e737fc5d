"""From the journal to the backend: lanes, batches, retries, and what becomes of records that nobody takes."""

from driftmeter.delivery.figures import Status
from driftmeter.delivery.outbox import Outbox, close_outboxes, default_directory, open_outbox, outbox_of
from driftmeter.delivery.pace import Pace
from driftmeter.delivery.sender import Sender

__all__ = ["Outbox", "Pace", "Sender", "Status", "close_outboxes", "default_directory", "open_outbox", "outbox_of"]
