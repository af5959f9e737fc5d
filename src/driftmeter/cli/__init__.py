"""The command line. Nothing here imports click until a command is asked for, so a missing extra can say so."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the `driftmeter` command."""
    try:
        from driftmeter.cli.group import driftmeter  # noqa: PLC0415  # click may be missing
    except ModuleNotFoundError as missing:
        if missing.name not in {"click", "rich"}:
            raise
        sys.exit("driftmeter: the command line needs its extra: pip install 'driftmeter[cli]'")
    driftmeter(prog_name="driftmeter")
