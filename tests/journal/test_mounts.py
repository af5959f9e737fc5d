import pytest

from driftmeter.journal.mounts import file_system, warn_if_remote

MOUNTINFO = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw,nosuid shared:5 - proc proc rw
40 22 0:35 / /srv/nfs rw,relatime shared:2 master:3 - nfs4 server:/export rw,vers=4.2
41 40 8:2 / /srv/nfs/local rw,relatime - xfs /dev/sdb1 rw
42 22 0:36 / /mnt/my\\040share rw - cifs //server/share rw
43 22 0:37 / /home/me/far rw - fuse.sshfs me@server: rw
44 22 8:3 / /twice rw - nfs server:/old rw
45 44 8:3 / /twice rw - ext4 /dev/sdc1 rw
a line that says nothing
"""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/var/lib/journal", "ext4"),
        ("/", "ext4"),
        ("/srv/nfs", "nfs4"),
        ("/srv/nfs/journal", "nfs4"),
        ("/srv/nfsx/journal", "ext4"),
        ("/srv/nfs/local/journal", "xfs"),
        ("/mnt/my share/journal", "cifs"),
        ("/home/me/far/journal", "fuse.sshfs"),
        ("/twice/journal", "ext4"),
        ("relative", None),
    ],
)
def test_longest_mount_point_decides(path, found):
    """By whole names, escapes undone, and the last of several at one point."""
    assert file_system(path, MOUNTINFO) == found


@pytest.mark.parametrize("place", ["far", "near"])
def test_one_warning_says_what_why_and_the_way_out(tmp_path, caplog, place):
    """Where the journal is on a network, and only there."""
    told = tmp_path / "mountinfo"
    told.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 22 0:35 / {tmp_path}/far rw - nfs server:/export rw\n")
    warn_if_remote(tmp_path / place / "journal", told)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == (place == "far")
    for message in messages:
        assert str(tmp_path / "far" / "journal") in message
        assert "(nfs)" in message
        assert "set DRIFTMETER_JOURNAL_DIR" in message


def test_a_system_that_does_not_tell_is_no_reason_to_fail(tmp_path, caplog):
    """Nothing is known, so nothing is said."""
    warn_if_remote(tmp_path, tmp_path / "no such file")
    assert caplog.records == []
