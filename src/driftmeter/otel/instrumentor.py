"""Zero code: what `opentelemetry-instrument` finds, in every process that it starts.

Most of those never predict anything: forks, resource trackers, a server's supervisors. So nothing happens here but the
registering of import hooks and of a signal's disposition. The pipeline is built when the first watched library is
imported: before the first request, so that its HTTP span exists even where only we set up the providers, and early
enough that a reference that cannot be read shows at start-up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, make_dataclass

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]  # opted out of types

from driftmeter.aloud import say_off
from driftmeter.otel.sigterm import flush_on_sigterm, let_sigterm_be
from driftmeter.settings import Settings
from driftmeter.sources.instrument import instrument_after, uninstrument

PROVIDERS = frozenset({"tracer_provider", "meter_provider", "logger_provider"})


class DriftmeterInstrumentor(BaseInstrumentor):  # type: ignore[misc]
    """Watches every model library that is installed; `instrument` takes settings and providers, all optional.

    Nothing is raised: a program must start whatever its telemetry is told. What is wrong is said aloud, and then
    nothing is watched.

    >>> from driftmeter.otel.instrumentor import DriftmeterInstrumentor
    >>> DriftmeterInstrumentor().instrument(windows="2000rows")
    >>> DriftmeterInstrumentor().uninstrument()

    """

    configuration = make_dataclass("Configuration", [(row.name, object, None) for row in fields(Settings)])
    """The options under `instrumentation/development: python: driftmeter:` of OpenTelemetry's configuration file."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """None: which libraries are there shows when they are imported."""
        return ()

    def _instrument(self, **kwargs: object) -> None:
        try:
            settings = Settings.resolve({key: value for key, value in kwargs.items() if _is_setting(key, value)})
            if settings.flush_on_sigterm:
                flush_on_sigterm()
            instrument_after(_Configured(kwargs))
        except Exception as fault:  # noqa: BLE001  # one that fails takes every later instrumentation down with it
            say_off(fault)

    def _uninstrument(self, **kwargs: object) -> None:  # noqa: ARG002  # the base class's contract
        uninstrument()
        let_sigterm_be()


class _Configured:
    """Whether the pipeline could be built; built when first asked."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given
        self._answer: bool | None = None

    def __call__(self) -> bool:
        if self._answer is None:
            self._answer = self._configure()
        return self._answer

    def _configure(self) -> bool:
        import driftmeter  # noqa: PLC0415  # its public face imports on demand what this module must not

        try:
            driftmeter.configure(**self._given)
        except Exception as fault:  # noqa: BLE001  # a model library must import whatever telemetry is told
            say_off(fault)
            return False
        return True


def _is_setting(key: str, value: object) -> bool:
    """References may be given as objects; those, and providers, are read when the pipeline is built."""
    return key not in PROVIDERS and not (key == "reference" and not isinstance(value, str))
