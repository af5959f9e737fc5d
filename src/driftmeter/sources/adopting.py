"""Taking over the settings that a source was built with."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module


def adopt(settings: Mapping[str, object]) -> None:
    """Check settings now, and use them for the pipeline; without one, from the first prediction on.

    Logging is configured before servers fork and before providers are set, so nothing is started here.

    Raises:
        ValueError: for an unknown setting, a value that a setting does not take, a reference that cannot be read.

    """
    given = {name: value for name, value in settings.items() if value is not None}
    if not given:
        return
    # By name: what puts everything together stands above the sources.
    import_module("driftmeter.runtime").adopt(**given)
