"""The peers' own code, each in an environment of its own outside the repository, made once and kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent

MODULES: Final = {
    "evidently": ("evidently.presets",),
    "nannyml": ("nannyml",),
    "alibi": ("alibi_detect.cd",),
    "whylogs": ("whylogs", "whylogs.viz.drift.column_drift_algorithms"),
    "river": ("river.drift", "matplotlib.pyplot"),
}
"""What each environment must be able to import before it is taken for ready."""

QUIET: Final = {
    "NML_DISABLE_USAGE_LOGGING": "1",
    "WHYLOGS_NO_ANALYTICS": "True",
    "DO_NOT_TRACK": "1",
    "MPLBACKEND": "Agg",
}
"""Some peers report their use to their makers unless told not to."""
ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Idle threads of a linear algebra library spin, which would be counted as work."""


class AbsentError(Exception):
    """A peer that does not install or import here; the message is its own last line."""


def surroundings() -> dict[str, str]:
    """The environment variables that peers run with."""
    return {**{name: value for name, value in os.environ.items() if name != "PYTHONPATH"}, **QUIET, **ONE_THREAD}


def interpreter(peer: str) -> Path:
    """The Python of a peer's environment, which is made if it is not there.

    Raises:
        AbsentError: it does not install, or what was installed does not import.

    """
    requirements = HERE / f"requirements-{peer}.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(requirements.read_bytes() + version.encode()).hexdigest()[:12]
    folder = _tools_dir() / f"peers-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    python, ready = folder / "bin" / "python", folder / ".ready"
    with (folder.parent / f"peers-{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            print(f"making the environment of {peer} (once, a minute or two)", file=sys.stderr, flush=True)
            _run(peer, sys.executable, "-m", "venv", "--clear", str(folder))
            _run(peer, str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(requirements))
            _run(peer, str(python), "-c", "; ".join(f"import {module}" for module in MODULES[peer]))
            ready.touch()
    return python


def _tools_dir() -> Path:
    named = os.environ.get("DRIFTMETER_TOOLS_DIR")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftmeter" / "tools"


def _run(peer: str, *command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings())  # noqa: S603
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
        raise AbsentError(f"{peer}: {lines[-1]}")
