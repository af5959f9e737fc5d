"""The plots, drawn by the environment that has the means."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environments import HERE, interpreter, surroundings


def draw(numbers: Mapping[str, Any], folder: Path) -> None:
    """Every plot that there are numbers for, see `workers/plots.py`.

    Raises:
        AbsentError: where matplotlib is not to be had.

    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as stored:
        json.dump(numbers, stored)
        stored.flush()
        command = [str(interpreter("river")), str(HERE / "workers" / "plots.py"), stored.name, str(folder)]
        subprocess.run(command, check=True, env=surroundings())  # noqa: S603
