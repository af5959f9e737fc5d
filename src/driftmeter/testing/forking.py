"""Children of a fork that do one thing and say how it went."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable


def fork(child: Callable[[], object]) -> int:
    """Call `child` in a forked process that leaves as if killed; its process id.

    It leaves with status 0, or with 1 and a traceback on standard error if `child` raises.

    """
    if pid := os.fork():
        return pid
    status = 1
    try:
        child()
        status = 0
    except BaseException:  # noqa: BLE001  # whatever it is, it must not go on as a second parent
        traceback.print_exc()
    finally:
        os._exit(status)
