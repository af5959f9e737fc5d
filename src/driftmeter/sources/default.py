"""Which model a record speaks of when it does not say."""

from __future__ import annotations

from typing import NamedTuple

from driftmeter.pipeline import catalogue
from driftmeter.record import UNNAMED


class Default(NamedTuple):
    """The model, and its version, that a source was configured with."""

    model: str | None = None
    version: str | None = None

    def named(self, model: str | None, version: str | None) -> tuple[str, str | None]:
        """Model and version: the record's own, else the source's, else that of the only reference, else a setting's.

        A prediction that nobody names is recorded as `unnamed`: its values count all the same. The source's version is
        never given to another model.

        >>> Default("air-time", "7").named(None, None), Default("air-time", "7").named("other", None)
        (('air-time', '7'), ('other', None))

        """
        if model is None:
            model = self.model or _only_model() or UNNAMED
        if version is None and self.model in {None, model}:
            version = self.version
        return model, version


def _only_model() -> str | None:
    known = catalogue.known()
    return known[0].name if len(known) == 1 else catalogue.defaults().model_name
