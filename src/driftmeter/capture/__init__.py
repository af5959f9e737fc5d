"""What of a prediction may be stored, and in which form: settled once, asked for every layout of columns."""

from driftmeter.capture.capture import Capture, read_capture
from driftmeter.capture.keys import Key, check_key_reference
from driftmeter.capture.names import DENIED_BY_DEFAULT
from driftmeter.capture.policies import read_policies
from driftmeter.capture.retention import Retention
from driftmeter.capture.rules import DROP, KEEP, Bucket, Hash, Rule
from driftmeter.capture.subjects import Subjects

__all__ = [
    "DENIED_BY_DEFAULT",
    "DROP",
    "KEEP",
    "Bucket",
    "Capture",
    "Hash",
    "Key",
    "Retention",
    "Rule",
    "Subjects",
    "check_key_reference",
    "read_capture",
    "read_policies",
]
