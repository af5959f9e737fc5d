"""Bytes on disk that outlive the process: append-only segments, read until acknowledged, with every loss counted."""

from driftmeter.journal.directory import UnsafeDirectoryError
from driftmeter.journal.erasing import erase
from driftmeter.journal.files import Files
from driftmeter.journal.frames import Kind
from driftmeter.journal.inspecting import Sighting, inspect
from driftmeter.journal.journal import Journal
from driftmeter.journal.limits import Limits
from driftmeter.journal.losses import Loss, Losses
from driftmeter.journal.reading import Batch, Entry, Reader
from driftmeter.journal.status import Status

__all__ = [
    "Batch",
    "Entry",
    "Files",
    "Journal",
    "Kind",
    "Limits",
    "Loss",
    "Losses",
    "Reader",
    "Sighting",
    "Status",
    "UnsafeDirectoryError",
    "erase",
    "inspect",
]
