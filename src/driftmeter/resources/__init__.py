"""What this process and this machine use: CPU, memory, disk, network, threads, descriptors, uptime."""

from driftmeter.resources.catalogue import CATALOGUE, GROUPS, SCHEMA_URL, Group, known_groups
from driftmeter.resources.point import Point
from driftmeter.resources.snapshot import Snapshot

__all__ = ["CATALOGUE", "GROUPS", "SCHEMA_URL", "Group", "Point", "Snapshot", "known_groups"]
