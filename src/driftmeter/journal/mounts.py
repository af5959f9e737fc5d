"""Which file system a directory is on: a network's may not keep the locks that tell the living from the dead."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
"""Linux tells here what is mounted where; see proc(5)."""

REMOTE = frozenset({
    "9p", "afs", "ceph", "cifs", "coda", "fuse.ceph", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs",
    "fuse.sshfs", "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs",
})  # fmt: skip

_ESCAPED = re.compile(r"\\([0-7]{3})")

_log = logging.getLogger("driftmeter")


def warn_if_remote(directory: Path, mounts: Path = MOUNTS) -> None:
    """Log one warning if a directory, which need not exist yet, is on a network's file system; never raises."""
    try:
        found = file_system(os.path.realpath(directory), mounts.read_text("utf-8", "surrogateescape"))
    except (OSError, ValueError):  # another system than Linux, or one that hides it: nothing is known
        return
    if found in REMOTE:
        _log.warning(
            "the journal is in %s, on a file system of the network (%s): where locks do not hold between its machines, "
            "one may send what another still writes, so that records come twice or are lost; "
            "set DRIFTMETER_JOURNAL_DIR to a directory on a disk of this machine",
            directory,
            found,
        )


def file_system(path: str, mountinfo: str) -> str | None:
    """The type of the file system that an absolute path without symlinks is on; None if no mount holds it.

    >>> file_system("/srv/nfs/journal", '''
    ... 22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
    ... 40 22 0:35 / /srv/nfs rw,relatime shared:2 - nfs4 server:/export rw
    ... ''')
    'nfs4'

    """
    longest, found = -1, None
    for line in mountinfo.splitlines():
        place, _, source = line.partition(" - ")
        fields = place.split(" ")
        if not source or len(fields) < 5:
            continue
        point = _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), fields[4])
        if (path == point or path.startswith(point.rstrip("/") + "/")) and len(point) >= longest:
            longest, found = len(point), source.split(" ")[0]  # of several at one point the last is on top
    return found
