"""uWSGI loads a program in its master, and forks the workers in C, without a word to Python and without its lock."""

from __future__ import annotations

import sys


def before_workers() -> bool:
    """Whether this is that master, or was its only process so far; not where it has Python's hooks called.

    A thread that runs at such a fork may hold Python's lock, and the worker then waits for it for ever: before it
    answers anything. So what begins threads waits until the program has been forked.

    """
    uwsgi = sys.modules.get("uwsgi")  # made by the server itself; there is none to install
    if uwsgi is None or uwsgi.worker_id() or uwsgi.mule_id():
        return False
    spooler = getattr(uwsgi, "i_am_the_spooler", None)
    return not ((spooler is not None and spooler()) or uwsgi.opt.get("py-call-uwsgi-fork-hooks"))
